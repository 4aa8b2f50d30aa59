"""A page with TensorFlow.js and UpscalerJS as others load them, and a model folder served to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Route

from tests.made.runs import ROOT

_MODULES = ROOT / "web_demo" / "node_modules"
_SCRIPTS = ("@tensorflow/tfjs/dist/tf.min.js", "upscaler/dist/browser/umd/upscaler.min.js")
LOAD_GRAPH_MODEL = """
async ([pixels, height, width]) => {
  await tf.setBackend('cpu');
  const model = await tf.loadGraphModel('http://localhost/model/model.json');
  const output = model.predict(tf.tensor4d(pixels, [1, height, width, 3]).div(255));
  return { shape: output.shape.slice(1), values: Array.from(await output.data()) };
}
"""
_UPSCALER = """
async ([pixels, height, width]) => {
  await tf.setBackend('cpu');
  const upscaler = new Upscaler({
    model: {
      path: 'http://localhost/model/model.json',
      modelType: 'graph', scale: SCALE, inputRange: [0, 1], outputRange: [0, 1],
    },
  });
  const image = tf.tensor3d(pixels, [height, width, 3]);
  const output = await upscaler.upscale(image, { output: 'tensor' });
  return { shape: output.shape, values: Array.from(await output.data()) };
}
"""


def upscaler(scale: str) -> str:
    """Write the program that enlarges with UpscalerJS, which is told this scale."""
    return _UPSCALER.replace("SCALE", scale)


def tfjs_page(browser: Browser, folder: Path) -> Page:
    """Open a page with both libraries, to which only the folder's files are served."""

    def serve(route: Route) -> None:
        address = route.request.url
        name = address.rpartition("/")[2]
        if address == "http://localhost/":
            route.fulfill(content_type="text/html", body="")
        elif (folder / name).is_file():
            route.fulfill(body=(folder / name).read_bytes())
        else:
            route.abort()

    page = browser.new_page()
    page.route("**/*", serve)
    page.goto("http://localhost/")
    for script in _SCRIPTS:
        page.add_script_tag(path=_MODULES / script)
    return page


def answer(page: Page, program: str, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Run a program on a picture: (height, width, 3), on the program's own range."""
    height, width, _ = image.shape
    got = page.evaluate(program, [image.ravel().tolist(), height, width])
    return np.asarray(got["values"], np.float32).reshape(got["shape"])
