"""Find a Chromium and start it headless."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserType, Error, Playwright, sync_playwright

from plumbing.command import UserError

NO_BROWSER = (
    "no Chromium was found: install one (`apt-get install chromium`, or `playwright install "
    "chromium`), or set the environment variable HALFSIZE_CHROMIUM to its path"
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_QUIET = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# GPU backends run on software renderers, so that any machine can check them.
_SOFTWARE_GPU = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",  # shared with WebGPU, whose canvases end the GPU process without
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


def find_browser(chromium: BrowserType) -> Path | None:
    """Find a Chromium: $HALFSIZE_CHROMIUM, one on the PATH, or playwright's own download."""
    named = os.environ.get("HALFSIZE_CHROMIUM")
    if named:
        return Path(named)
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    own = Path(chromium.executable_path)
    return own if own.is_file() else None


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start a headless Chromium with every graphics backend on.

    Raises:
        UserError: No Chromium is installed, or it does not start.
    """
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        try:
            yield browser
        finally:
            browser.close()


def launch_browser(playwright: Playwright) -> Browser:
    """Start a headless Chromium with every graphics backend on; the caller closes it.

    Raises:
        UserError: No Chromium is installed, or it does not start.
    """
    path = find_browser(playwright.chromium)
    if path is None:
        raise UserError(NO_BROWSER)
    # As root (in containers) Chromium starts only without its sandbox.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    try:
        return playwright.chromium.launch(
            executable_path=path, args=[*root, *_QUIET, *_SOFTWARE_GPU]
        )
    except Error as error:
        raise UserError(f"{path} does not start: {error.message.splitlines()[0]}") from error
