"""Find a Chromium for the browser checks, or install one.

This tries, in this order: an installed Chromium, the system's package (if that needs no password),
and playwright's own download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from export.check.browser import NO_BROWSER, find_browser
from plumbing.command import UserError, run_command
from plumbing.progress import busy, console

# Each is tried if its program exists.
_SYSTEM_PACKAGES = (
    ("apt-get", "update"),
    ("apt-get", "install", "--yes", "--no-install-recommends", "chromium"),
    ("dnf", "install", "--assumeyes", "chromium"),
    ("apk", "add", "chromium"),
    ("pacman", "--sync", "--noconfirm", "chromium"),
)
_STARTS_WITHIN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class InstallConfig:
    """Settings of `python -m export.install_browser`."""


def main(config: InstallConfig) -> None:
    """Run the command."""
    found = _working_browser()
    if found is None:
        with busy("installing Chromium from the system's packages"):
            _install_system_package()
        found = _working_browser()
    if found is None:
        with busy("downloading Chromium with playwright"):
            _run([sys.executable, "-m", "playwright", "install", "chromium"])
        found = _working_browser()
    if found is None:
        raise UserError(NO_BROWSER)
    console.print(f"browser: {found}")


def _working_browser() -> Path | None:
    """Find a Chromium that prints its version: a leftover launcher script does not."""
    with sync_playwright() as playwright:
        found = find_browser(playwright.chromium)
    return found if found and _run([str(found), "--version"]) else None


def _install_system_package() -> None:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    sudo = [] if root else ["sudo", "--non-interactive"]
    if sudo and not shutil.which("sudo"):
        return
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
