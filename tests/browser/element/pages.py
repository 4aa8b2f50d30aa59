"""What the tests of the element share: pages with elements, and what happens on them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

IMG = (
    '<half-size backend="wasm" always>'
    '<img src="photo.png" width="180" height="120" alt="A cat"></half-size>'
)

# What the img paints instead of its file; `normal` if nothing.
CONTENT = "getComputedStyle(document.querySelector('img')).content"

EACH = "[...document.querySelectorAll('img')].map"

LISTEN = """
  window.events = [];
  for (const type of ['upscaled', 'skipped', 'error'])
    document.addEventListener(type, (event) =>
      window.events.push([type, event.detail?.reason ?? event.detail?.width ?? event.detail?.code]),
      true);
"""

LISTEN_BY_TITLE = """
  window.reasons = [];
  for (const type of ['upscaled', 'skipped', 'error'])
    document.addEventListener(type, ({ target, detail }) =>
      window.reasons.push([target.title, detail?.reason ?? type]), true);
"""


def show(
    page: Page,
    element_site: Path,
    body: str,
    *,
    head: str = "",
    model: str = "stand-in/",
    late: bool = False,
) -> None:
    """Open a page with `body`, and with the element's one script tag unless that comes late."""
    script = "" if late else f'<script src="/dist/half-size.js" data-model="{model}"></script>'
    text = f"<!doctype html><html><head>{head}</head><body>{body}{script}</body></html>"
    name = f"page-{len(list(element_site.glob('page-*.html')))}.html"  # never one that is cached
    (element_site / name).write_text(text, encoding="utf-8")
    page.goto(f"{page.url.rsplit('/', 1)[0]}/{name}")


def start_element(page: Page) -> None:
    """Start the element on a page that has loaded without it."""
    page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.src = 'dist/half-size.js';
          script.onload = () => { HalfSizeElement.model = 'stand-in/'; };
          document.head.append(script);
        }"""
    )


def wait_for_state(page: Page, state: str, selector: str = "half-size") -> None:
    page.wait_for_function(
        "([selector, state]) => document.querySelector(selector)?.getAttribute('state') === state",
        arg=[selector, state],
    )


def shown(page: Page) -> NDArray[np.int64]:
    """What is on the screen where the img is."""
    return np.asarray(Image.open(BytesIO(page.locator("img").screenshot())).convert("RGB"), int)
