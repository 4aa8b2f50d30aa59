"""What the tests of the library in a real browser share: a page with helpers, and a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

Opener = Callable[..., Page]


STRICT = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src {}; connect-src 'self'; "
    "img-src 'self' blob:"
)


_HELP = """
  const load = (options = {}, model = 'stand-in/') =>
    Halfsize.load(model, { backend: 'wasm', ...options });
  const picture = (width, height) => {
    const image = new ImageData(width, height);
    let seed = 1;
    for (let i = 0; i < image.data.length; i++) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      image.data[i] = i % 4 === 3 ? 255 : seed >> 16;
    }
    return image;
  };
  const problem = async (promise) => {
    try { await promise; } catch (error) {
      return { code: error.code, typed: error instanceof Halfsize.HalfsizeError,
               message: error.message };
    }
    return null;
  };
  /** Where a result is not the picture with every pixel repeated; -1: nowhere. */
  const wrongAt = (image, result) => {
    const from = new Uint32Array(image.data.buffer);
    const to = new Uint32Array(result.data.buffer);
    for (let y = 0; y < result.height; y++)
      for (let x = 0; x < result.width; x++)
        if (to[y * result.width + x] !== from[(y >> 1) * image.width + (x >> 1)])
          return y * result.width + x;
    return -1;
  };
"""


def run(page: Page, script: str, argument: object = None) -> Any:  # noqa: ANN401 (it is JSON)
    """Run the body of an async function on a page with the library."""
    return page.evaluate(f"async (argument) => {{ {_HELP} {script} }}", argument)
