"""One visit: the page is opened in Chromium, scrolled, and seen."""

from __future__ import annotations

import gzip
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Response

from tools.serving import served

Kind = Literal["photos", "scripts", "students"]
_KINDS: dict[str, Kind] = {
    **dict.fromkeys((".avif", ".webp", ".jpg", ".png"), "photos"),
    **dict.fromkeys((".js", ".mjs"), "scripts"),
    **dict.fromkeys((".halfsize", ".json", ".bin"), "students"),
}
_WAIT_MS = 300_000
_DONE = """() => [...document.images].every(({ complete }) => complete)
  && [...document.querySelectorAll('half-size')].every((one) =>
    ['upscaled', 'skipped', 'error'].includes(one.getAttribute('state')))"""
_BOXES = """() => [...document.images].map((image) => {
  const { left, top, right, bottom } = image.getBoundingClientRect();
  return [left + scrollX, top + scrollY, right + scrollX, bottom + scrollY]
    .map((one) => Math.round(one * devicePixelRatio));
})"""
_STATES = (
    """() => [...document.querySelectorAll('half-size')].map((one) => one.getAttribute('state'))"""
)


@dataclass(frozen=True)
class Viewport:
    """A reader's browser window."""

    name: str
    """What it is."""
    width: int
    """In CSS pixels."""
    height: int
    """In CSS pixels."""
    density: float
    """Device pixels to a CSS pixel."""
    pixels_per_degree: float
    """Device pixels within one degree of the reader's view."""


VIEWPORTS = (
    Viewport("phone, 3", 390, 844, 3, 95),
    Viewport("phone, 2.6", 405, 900, 2.6, 95),
    Viewport("tablet, 2", 810, 1080, 2, 72),
    Viewport("laptop, 2", 1440, 900, 2, 77),
    Viewport("laptop, 1", 1440, 900, 1, 38),
)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What was downloaded and seen."""

    bytes_: dict[Kind, int]
    """Bytes by kind; scripts and students as servers send them, compressed."""
    seen: list[NDArray[np.uint8]]
    """The photos at device pixels, (height, width, 3), in the order of the page."""
    states: list[str]
    """What the elements did, in the order of the page."""


def visit(browser: Browser, folder: Path, viewport: Viewport) -> Visit:
    """Open a page, scroll to its end, wait until all is done, and take its pictures.

    Args:
        browser: Chromium.
        folder: The page's folder.
        viewport: The reader's window.
    """
    asked: set[str] = set()

    def note(response: Response) -> None:
        asked.add(unquote(urlsplit(response.url).path).lstrip("/"))

    context = browser.new_context(
        viewport={"width": viewport.width, "height": viewport.height},
        device_scale_factor=viewport.density,
    )
    with served(folder) as address, context:
        opened = context.new_page()
        opened.on("response", note)
        opened.goto(address)
        opened.wait_for_load_state("networkidle")
        height = opened.evaluate("document.documentElement.scrollHeight")
        for top in (*range(0, height, viewport.height // 2), height, 0):
            opened.evaluate(f"scrollTo(0, {top})")
            opened.wait_for_timeout(200)
        opened.wait_for_function(_DONE, timeout=_WAIT_MS)
        opened.wait_for_load_state("networkidle")
        states = opened.evaluate(_STATES)
        boxes = opened.evaluate(_BOXES)
        picture = opened.screenshot(full_page=True, timeout=_WAIT_MS)
    return Visit(bytes_=_bytes(folder, asked), seen=_cut(picture, boxes), states=states)


def _bytes(folder: Path, asked: set[str]) -> dict[Kind, int]:
    sums: Counter[Kind] = Counter()
    for name in asked:
        path = folder / name
        kind = _KINDS.get(path.suffix)
        if kind is None or not path.is_file():
            continue
        content = path.read_bytes()
        sums[kind] += len(content if kind == "photos" else gzip.compress(content, 9, mtime=0))
    return dict(sums)


def _cut(picture: bytes, boxes: list[list[Any]]) -> list[NDArray[np.uint8]]:
    with Image.open(io.BytesIO(picture)) as image:
        whole = np.asarray(image.convert("RGB"))
    return [whole[top:bottom, left:right] for left, top, right, bottom in boxes]
