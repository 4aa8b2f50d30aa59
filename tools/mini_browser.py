"""WebKitGTK's MiniBrowser on a screen of its own, driven by WebDriver."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from selenium import webdriver
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.file_detector import UselessFileDetector
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from plumbing.command import UserError

NO_WEBKIT = (
    "no WebKitGTK was found: install WebKitWebDriver with its MiniBrowser, Xvfb and openbox "
    "(`apt-get install webkit2gtk-driver xvfb openbox`)"
)

_STARTS_WITHIN_SECONDS = 30
_SCREEN = "1400x1000x24"

# Runs the body of an async function; what it returns or throws comes back as JSON.
_ASYNC = """
const done = arguments[arguments.length - 1];
const args = JSON.parse(arguments[0]);
(async () => { %s })().then(
  (value) => done(JSON.stringify({ value: value ?? null })),
  (error) => done(JSON.stringify({ error: String(error) })),
);
"""


def find_mini_browser() -> Path | None:
    """Find the MiniBrowser that belongs to the WebKitWebDriver on the PATH."""
    if shutil.which("WebKitWebDriver") is None:
        return None
    found = [*Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")]
    return max(found, default=None)


class MiniBrowser:
    """One window of the browser."""

    def __init__(self, driver: webdriver.Remote, downloads: Path) -> None:
        self.driver = driver
        self.downloads = downloads

    @property
    def version(self) -> str:
        """The version of WebKitGTK."""
        return self.driver.capabilities["browserVersion"]

    def open(self, address: str) -> None:
        """Open a page and wait until it has loaded."""
        self.driver.get(address)

    def run(self, body: str, *arguments: object) -> Any:  # noqa: ANN401 (it is JSON)
        """Run the body of an async function on the page.

        Args:
            body: Finds the arguments in the list `args`.
            *arguments: What JSON can hold.

        Returns:
            What the body returns.

        Raises:
            RuntimeError: The body threw an error.
        """
        got = json.loads(self.driver.execute_async_script(_ASYNC % body, json.dumps(arguments)))
        if "error" in got:
            raise RuntimeError(got["error"])
        return got["value"]

    def wait_for(self, condition: str, seconds: float = 60) -> None:
        """Wait until an expression is true on the page; fail if it does not become so."""
        end = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, f"{condition} is not true after {seconds} seconds"
            time.sleep(0.05)

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file through a real file input."""
        self.driver.find_element("css selector", selector).send_keys(str(file))

    def click(self, selector: str) -> None:
        """Press and release the pointer on an element."""
        self.driver.find_element("css selector", selector).click()

    def screen(self, selector: str) -> NDArray[np.int64]:
        """What is on the screen where an element is: (height, width, 3), 0 to 255.

        Cut out of a picture of the window: WebKitGTK gives a black one of an element alone.
        """
        # What was changed is painted by the next frame, and is there with the one after it.
        box = self.run(
            """
            const element = document.querySelector(args[0]);
            element.scrollIntoView({ block: 'nearest' });
            for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
            const { top, bottom, left, right } = element.getBoundingClientRect();
            return [top, bottom, left, right].map(Math.round)""",
            selector,
        )
        shot = Image.open(BytesIO(self.driver.get_screenshot_as_png())).convert("RGB")
        top, bottom, left, right = box
        return np.asarray(shot, dtype=int)[top:bottom, left:right]

    def downloaded(self, name: str, seconds: float = 30) -> Path:
        """Wait for a file that the page saves."""
        path = self.downloads / name
        end = time.monotonic() + seconds
        while not path.is_file() or path.stat().st_size == 0:
            found = [other.name for other in self.downloads.iterdir()]
            assert time.monotonic() < end, f"{name} was not saved; there are {found}"
            time.sleep(0.05)
        return path


@contextmanager
def open_mini_browser() -> Iterator[MiniBrowser]:
    """Start a browser with a fresh profile, on a screen that nobody sees.

    Raises:
        UserError: Something of it is not installed, or does not start.
    """
    path = find_mini_browser()
    if path is None or not shutil.which("Xvfb") or not shutil.which("openbox"):
        raise UserError(NO_WEBKIT)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        downloads = home / "downloads"
        downloads.mkdir()
        (home / "user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{downloads}"\n')
        environment = {
            **os.environ,
            "DISPLAY": stack.enter_context(_screen()),
            "XDG_CONFIG_HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
        }
        environment.pop("WAYLAND_DISPLAY", None)
        # Without a window manager no window has the focus, and keys go nowhere.
        stack.enter_context(_process("openbox", env=environment))
        options = Options()
        options.binary_location = str(path)
        options.add_argument("--automation")
        service = Service(shutil.which("WebKitWebDriver"), env=environment)
        service.start()
        stack.callback(service.stop)
        address = ClientConfig(remote_server_addr=service.service_url)
        driver = webdriver.Remote(RemoteConnection(client_config=address), options=options)
        stack.callback(driver.quit)
        driver.file_detector = UselessFileDetector()  # files are on this machine
        driver.set_script_timeout(120)
        driver.set_window_size(1200, 900)
        yield MiniBrowser(driver, downloads)


@contextmanager
def _screen() -> Iterator[str]:
    """Start an X server. Yields the name of its display."""
    read, write = os.pipe()
    arguments = ("-displayfd", str(write), "-screen", "0", _SCREEN, "-nolisten", "tcp")
    with _process("Xvfb", *arguments, pass_fds=[write]):
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip()  # empty if it ended
        if not number:
            raise UserError("Xvfb does not start")
        yield f":{number}"


@contextmanager
def _process(
    *command: str, pass_fds: Sequence[int] = (), env: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a program in the background while the context lasts."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, pass_fds=pass_fds, env=env)
    try:
        yield
    finally:
        process.terminate()
        process.wait(_STARTS_WITHIN_SECONDS)
