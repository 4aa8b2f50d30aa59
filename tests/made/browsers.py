"""One browser of each kind for all tests of a process."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from export.check.browser import launch_browser
from export.install_browser import (
    NO_FIREFOX,
    NO_RENDERER,
    NO_XVFB,
    find_firefox,
    find_software_vulkan,
)
from plumbing.command import UserError

Preferences = dict[str, str | float | bool]

# One process for all sites. A process for each is most of what opening a page takes.
_FIREFOX: Preferences = {
    "fission.autostart": False,
    "dom.ipc.processCount": 1,
    "browser.tabs.remote.separatePrivilegedContentProcess": False,
    "browser.newtab.preload": False,
}


class SharedBrowsers:
    """Starts a browser when a test first needs one, and again after it was closed."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._playwright: Playwright | None = None
        self._display: str | None = None
        self._open: dict[str, Browser] = {}

    def get(self, kind: str) -> Browser:
        """Give the browser of a kind, one of `KINDS`.

        Raises:
            UserError: There is no such browser on this machine.
        """
        browser = self._open.get(kind)
        if browser is None or not browser.is_connected():
            browser = self._open[kind] = KINDS[kind](self)
            self._stack.callback(browser.close)
        return browser

    def close(self) -> None:
        """Close what is open."""
        self._open.clear()
        self._playwright = self._display = None
        self._stack.close()

    def chromium(self) -> Browser:
        """Start a Chromium with every graphics backend on."""
        return launch_browser(self._started_playwright())

    def firefox(self, preferences: Preferences, display: str | None = None) -> Browser:
        """Start a Firefox, headless or on an X display."""
        path = find_firefox()
        if path is None:
            raise UserError(NO_FIREFOX)
        try:
            return self._started_playwright().firefox.launch(
                channel="moz-firefox",  # as it is distributed
                executable_path=path,
                firefox_user_prefs={**_FIREFOX, **preferences},
                headless=display is None,
                env={**os.environ, **({"DISPLAY": display} if display else {})},
            )
        except Error as error:
            raise UserError(f"{path} does not start: {error.message.splitlines()[0]}") from error

    def firefox_with_gpu(self) -> Browser:
        """Start a Firefox with WebGL and WebGPU, which the CPU draws."""
        if find_software_vulkan() is None:
            raise UserError(NO_RENDERER)
        webgpu: Preferences = {"dom.webgpu.enabled": True, "gfx.webgpu.ignore-blocklist": True}
        return self.firefox(webgpu, self.display())

    def display(self) -> str:
        """Give the name of an X display that nobody sees.

        Raises:
            UserError: There is no Xvfb on this machine.
        """
        if self._display is None:
            program = shutil.which("Xvfb")
            if program is None:
                raise UserError(NO_XVFB)
            read, write = os.pipe()
            command = (program, "-displayfd", str(write), "-screen", "0", "1280x1024x24")
            process = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
            os.close(write)
            self._stack.callback(process.wait)
            self._stack.callback(process.terminate)
            with os.fdopen(read) as number:
                self._display = f":{number.readline().strip()}"
        return self._display

    def _started_playwright(self) -> Playwright:
        if self._playwright is None:
            self._playwright = self._stack.enter_context(sync_playwright())
        return self._playwright


# The browsers that tests may name. Headless Firefox has no WebGL.
KINDS: dict[str, Callable[[SharedBrowsers], Browser]] = {
    "chromium": lambda shared: shared.chromium(),
    "firefox": lambda shared: shared.firefox({}),
    "firefox-gpu": lambda shared: shared.firefox_with_gpu(),
    "firefox-resisting": lambda shared: shared.firefox({"privacy.resistFingerprinting": True}),
}

SHARED = SharedBrowsers()
