"""Drives the demo page as a person does, and reads what it shows."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

STATE_TIMEOUT_MS = 120_000  # GPU backends run on software here

_READ_CANVAS = """
(id) => {
  const canvas = document.getElementById(id);
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  let text = '';
  for (let at = 0; at < data.length; at += 0x6000)
    text += btoa(String.fromCharCode(...data.subarray(at, at + 0x6000)));
  return { width, height, text };
}
"""

_OFFER = """
([kind, name, type, text]) => {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const event = kind === 'paste'
    ? new ClipboardEvent('paste', { bubbles: true, cancelable: true })
    : new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
  // Firefox empties what a paste is made with.
  if (kind === 'paste') Object.defineProperty(event, 'clipboardData', { value: transfer });
  document.body.dispatchEvent(event);
}
"""


# Playwright reports none of Firefox's downloads: what would be saved is read from its link.
_CATCH_DOWNLOADS = """
() => {
  window.downloads = [];
  HTMLAnchorElement.prototype.click = function () {
    const { download, href } = this; // an address of a blob, which the page takes back later
    const file = fetch(href).then((response) => response.arrayBuffer());
    file.then((buffer) => {
      const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte));
      window.downloads.push([download, btoa(letters.join(''))]);
    });
  };
}
"""


class Driver:
    """One open demo page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, address: str, *, backend: str = "wasm", **query: str) -> Driver:
        query = {"backend": backend, "treat": "half", **query}
        self.page.goto(f"{address}?{urlencode(query)}")
        return self

    def choose(self, *pictures: Path) -> None:
        """Choose pictures one right after another, through the real file input."""
        for picture in pictures:
            self.page.set_input_files("#file", picture)

    def offer(self, how: str, picture: Path) -> None:
        """Drop or paste a picture."""
        text = base64.b64encode(picture.read_bytes()).decode()
        self.page.evaluate(_OFFER, [how, picture.name, "image/png", text])

    @property
    def state(self) -> str | None:
        return self.page.locator("html").get_attribute("data-state")

    def wait_for(self, state: str) -> None:
        """Wait until the page is in `state`; fail with its message if it is not."""
        self.page.wait_for_function(
            "(state) => [state, 'error'].includes(document.documentElement.dataset.state)",
            arg=state,
            timeout=STATE_TIMEOUT_MS,
        )
        assert self.state == state, self.text("#error")

    def text(self, selector: str) -> str:
        """The text of an element, with a plain x between two sizes."""
        return self.page.inner_text(selector).replace("\N{MULTIPLICATION SIGN}", "x")

    def enlarge(self, picture: Path) -> NDArray[np.uint8]:
        self.choose(picture)
        self.wait_for("done")
        return self.pixels("result")

    def error_for(self, picture: Path) -> str:
        self.choose(picture)
        self.wait_for("error")
        return self.text("#error")

    def save(self, button: str) -> tuple[str, bytes]:
        """Press a button that saves a file: the file's name and contents."""
        press = self.page.get_by_role("button", name=button).click
        assert self.page.context.browser
        if self.page.context.browser.browser_type.name == "chromium":
            with self.page.expect_download() as download:
                press()
            return download.value.suggested_filename, download.value.path().read_bytes()
        self.page.evaluate(_CATCH_DOWNLOADS)
        press()
        self.page.wait_for_function("downloads.length > 0")
        name, text = self.page.evaluate("downloads[0]")
        return name, base64.b64decode(text)

    def pixels(self, canvas: str) -> NDArray[np.uint8]:
        """The RGBA bytes of a canvas."""
        got = self.page.evaluate(_READ_CANVAS, canvas)
        data = np.frombuffer(base64.b64decode(got["text"]), dtype=np.uint8)
        return data.reshape(got["height"], got["width"], 4)

    def fact(self, name: str) -> str:
        return self.text(f"#fact-{name}")
