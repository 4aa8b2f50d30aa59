"""Find a Chromium for the browser checks, or install one; with `--tests` the tests' browsers too.

For Chromium this tries, in this order: an installed one, the system's package (if that needs no
password), and playwright's own download. What only the tests use is installed by apt-get alone;
elsewhere a sentence says what is missing.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from export.check.browser import NO_BROWSER, find_browser
from plumbing.command import UserError, run_command
from plumbing.progress import busy, console

NO_FIREFOX = (
    "no Firefox was found: install Firefox 153 or newer (`apt-get install firefox-esr` on Debian), "
    "or set the environment variable HALFSIZE_FIREFOX to its path"
)
NO_XVFB = "no Xvfb was found, which lets browsers draw without a screen: install it (`xvfb`)"
_NO_WEBKIT = (
    "no WebKitGTK with a driver was found: install WebKitWebDriver and the window manager openbox "
    "(`apt-get install webkit2gtk-driver openbox` on Debian and Ubuntu)"
)
NO_RENDERER = (
    "no Vulkan on the CPU was found, on which Firefox runs WebGPU: install Mesa's (`apt-get "
    "install mesa-vulkan-drivers libgl1-mesa-dri libegl1` on Debian and Ubuntu)"
)
# Each is tried if its program exists.
_SYSTEM_PACKAGES = (
    ("dnf", "install", "--assumeyes", "chromium"),
    ("apk", "add", "chromium"),
    ("pacman", "--sync", "--noconfirm", "chromium"),
)
_STARTS_WITHIN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class InstallConfig:
    """Settings of `python -m export.install_browser`."""

    tests: bool = False
    """Also find or install what only the tests use: Firefox, WebKitGTK, and what they draw on."""


@dataclass(frozen=True)
class _Need:
    """A program that is found or installed."""

    packages: tuple[str, ...]
    """Debian's."""
    find: Callable[[], Path | None]
    missing: str
    """The sentence for where it cannot be installed."""


def main(config: InstallConfig) -> None:
    """Run the command."""
    needs = [_CHROMIUM, *(_FOR_TESTS if config.tests else ())]
    found = {need: need.find() for need in needs}
    missing = [need for need in needs if found[need] is None]
    if missing:
        with busy("installing browsers from the system's packages"):
            _install_system_packages(missing)
        found |= {need: need.find() for need in missing}
    if found[_CHROMIUM] is None:
        with busy("downloading Chromium with playwright"):
            _run([sys.executable, "-m", "playwright", "install", "chromium"])
        found[_CHROMIUM] = _CHROMIUM.find()
    if found[_CHROMIUM] is None:
        raise UserError(NO_BROWSER)
    for need in needs:
        console.print(f"browser: {found[need] or need.missing}")


def find_firefox() -> Path | None:
    """Find a Firefox as it is distributed: $HALFSIZE_FIREFOX, or one on the PATH."""
    named = os.environ.get("HALFSIZE_FIREFOX")
    if named:
        return Path(named)
    return _on_path("firefox-esr", "firefox")


def find_software_vulkan() -> Path | None:
    """Find Mesa's Vulkan on the CPU, by its description."""
    return next(Path("/usr/share/vulkan/icd.d").glob("lvp_icd*.json"), None)


def _working_chromium() -> Path | None:
    with sync_playwright() as playwright:
        return _working(find_browser(playwright.chromium))


def _working(found: Path | None) -> Path | None:
    """Keep a browser that prints its version: a leftover launcher script does not."""
    return found if found and _run([str(found), "--version"]) else None


def _on_path(*names: str) -> Path | None:
    found = next(filter(None, map(shutil.which, names)), None)
    return None if found is None else Path(found)


def _all_on_path(*names: str) -> Path | None:
    """Find all of some programs: the first."""
    found = [_on_path(name) for name in names]
    return found[0] if all(found) else None


_CHROMIUM = _Need(("chromium",), _working_chromium, NO_BROWSER)
_FOR_TESTS = (
    _Need(("firefox-esr",), lambda: _working(find_firefox()), NO_FIREFOX),
    _Need(
        ("webkit2gtk-driver", "openbox"),
        lambda: _all_on_path("WebKitWebDriver", "openbox"),
        _NO_WEBKIT,
    ),
    _Need(("xvfb",), lambda: _on_path("Xvfb"), NO_XVFB),
    _Need(("mesa-vulkan-drivers", "libgl1-mesa-dri", "libegl1"), find_software_vulkan, NO_RENDERER),
)


def _install_system_packages(needs: Iterable[_Need]) -> None:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    sudo = [] if root else ["sudo", "--non-interactive"]
    if sudo and not shutil.which("sudo"):
        return
    if shutil.which("apt-get"):
        _run([*sudo, "apt-get", "update"])
        install = [*sudo, "apt-get", "install", "--yes", "--no-install-recommends"]
        packages = [[*need.packages] for need in needs]
        # Together it is quicker; one by one what the system does not know does not stop the rest.
        if not _run([*install, *itertools.chain(*packages)]):
            for some in packages:
                _run([*install, *some])
    if _CHROMIUM in needs:
        for command in _SYSTEM_PACKAGES:
            if shutil.which(command[0]):
                _run([*sudo, *command])


def _run(command: list[str]) -> bool:
    """Run a command silently; return whether it succeeded."""
    timeout = _STARTS_WITHIN_SECONDS if command[-1] == "--version" else None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        process = subprocess.run(
            command, env=environment, capture_output=True, timeout=timeout, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return process.returncode == 0


if __name__ == "__main__":
    run_command(InstallConfig, main)
