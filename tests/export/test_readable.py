"""Exports as other libraries load them, unmodified: TF.js itself, UpscalerJS, onnxruntime-web."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from export.check.local_runtimes import run_onnx
from export.check.pictures import to_batch
from export.folder.golden import read_golden
from tests.export.tfjs.pages import LOAD_GRAPH_MODEL, answer, tfjs_page, upscaler
from tests.made.photos import photo
from tests.made.runs import MadeChain

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, chain: MadeChain) -> Iterator[Page]:
    """One page with both libraries, to which only the model's files are served."""
    page = tfjs_page(browser, chain.student_tfjs)
    yield page
    page.close()


def reference(chain: MadeChain, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    run = run_onnx(chain.folder / "student-onnx" / "model.onnx")
    return run(to_batch(image))[0].transpose(1, 2, 0)


def test_tensorflow_js_loads_the_folder(page: Page, chain: MadeChain) -> None:
    image = photo(19, 23)
    output = answer(page, LOAD_GRAPH_MODEL, image)
    np.testing.assert_allclose(output, reference(chain, image), rtol=0, atol=1e-5)


def test_upscalerjs_gives_the_same_pixels(page: Page, chain: MadeChain) -> None:
    image = photo(19, 23)
    output = answer(page, upscaler("2"), image)
    expected = reference(chain, image) * 255
    # It answers on the scale of bytes, not rounded.
    np.testing.assert_allclose(output, expected, rtol=0, atol=0.01)


def test_the_golden_vectors_hold_in_the_page(page: Page, chain: MadeChain) -> None:
    path = chain.student_tfjs / "golden.json"
    assert path.stat().st_size < 10_000
    cases, tolerance = read_golden(path.read_text())
    for _, picture, expected in cases:
        image = (picture[0].transpose(1, 2, 0) * 255).round().astype(np.uint8)
        output = answer(page, LOAD_GRAPH_MODEL, image)
        np.testing.assert_allclose(output, expected[0].transpose(1, 2, 0), rtol=0, atol=tolerance)
