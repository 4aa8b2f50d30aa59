"""Exports as other libraries load them, unmodified: TF.js itself, UpscalerJS, onnxruntime-web."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Route

from export.check.local_runtimes import run_onnx
from export.check.pictures import to_batch
from export.pipeline.golden import read_golden
from tests.made.photos import photo
from tests.made.runs import ROOT, MadeChain

pytestmark = pytest.mark.browser

_MODULES = ROOT / "web_demo" / "node_modules"
_SCRIPTS = ("@tensorflow/tfjs/dist/tf.min.js", "upscaler/dist/browser/umd/upscaler.min.js")
_LOAD_GRAPH_MODEL = """
async ([pixels, height, width]) => {
  await tf.setBackend('cpu');
  const model = await tf.loadGraphModel('http://localhost/model/model.json');
  const output = model.predict(tf.tensor4d(pixels, [1, height, width, 3]).div(255));
  return { shape: output.shape.slice(1), values: Array.from(await output.data()) };
}
"""
_UPSCALER = """
async ([pixels, height, width, patch]) => {
  await tf.setBackend('cpu');
  const upscaler = new Upscaler({
    model: {
      path: 'http://localhost/model/model.json',
      modelType: 'graph', scale: 2, inputRange: [0, 1], outputRange: [0, 1],
    },
  });
  const image = tf.tensor3d(pixels, [height, width, 3]);
  const output = await upscaler.upscale(image, { output: 'tensor' });
  return { shape: output.shape, values: Array.from(await output.data()) };
}
"""


@pytest.fixture
def page(browser: Browser, chain: MadeChain) -> Iterator[Page]:
    """One page with both libraries, to which only the model's files are served."""

    def serve(route: Route) -> None:
        address = route.request.url
        name = address.rpartition("/")[2]
        if address == "http://localhost/":
            route.fulfill(content_type="text/html", body="")
        elif (chain.student_tfjs / name).is_file():
            route.fulfill(body=(chain.student_tfjs / name).read_bytes())
        else:
            route.abort()

    page = browser.new_page()
    page.route("**/*", serve)
    page.goto("http://localhost/")
    for script in _SCRIPTS:
        page.add_script_tag(path=_MODULES / script)
    yield page
    page.close()


def answer(page: Page, program: str, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width, _ = image.shape
    got = page.evaluate(program, [image.ravel().tolist(), height, width])
    return np.asarray(got["values"], np.float32).reshape(got["shape"])


def reference(chain: MadeChain, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    run = run_onnx(chain.folder / "student-onnx" / "model.onnx")
    return run(to_batch(image))[0].transpose(1, 2, 0)


def test_tensorflow_js_loads_the_folder(page: Page, chain: MadeChain) -> None:
    image = photo(19, 23)
    output = answer(page, _LOAD_GRAPH_MODEL, image)
    np.testing.assert_allclose(output, reference(chain, image), rtol=0, atol=1e-5)


def test_upscalerjs_gives_the_same_pixels(page: Page, chain: MadeChain) -> None:
    image = photo(19, 23)
    output = answer(page, _UPSCALER, image)
    expected = reference(chain, image) * 255
    # It answers on the scale of bytes, not rounded.
    np.testing.assert_allclose(output, expected, rtol=0, atol=0.01)


def test_the_golden_vectors_hold_in_the_page(page: Page, chain: MadeChain) -> None:
    path = chain.student_tfjs / "golden.json"
    assert path.stat().st_size < 10_000
    cases, tolerance = read_golden(path.read_text())
    for _, picture, expected in cases:
        image = (picture[0].transpose(1, 2, 0) * 255).round().astype(np.uint8)
        output = answer(page, _LOAD_GRAPH_MODEL, image)
        np.testing.assert_allclose(output, expected[0].transpose(1, 2, 0), rtol=0, atol=tolerance)
