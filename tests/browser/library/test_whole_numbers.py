"""Students in whole numbers: their page downloads the engines for them, and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Request

from teacher.networks.integer.config import IntegerChainConfig
from tests.browser.integer.student import write_student
from tests.browser.library.pages import Opener
from tests.made.integer.whole_numbers import made_weights, word_by_word

pytestmark = pytest.mark.browser

_WEIGHTS = made_weights(IntegerChainConfig(body=1, channels=6, bits=7))
_PICTURE = np.random.default_rng(4).integers(0, 256, (30, 41, 3)).astype(np.uint8)


@pytest.fixture
def page(opener: Opener, library_site: Path) -> Page:
    folder = library_site / "whole"
    if not folder.exists():
        write_student(folder, _WEIGHTS)
        Image.fromarray(_PICTURE).save(library_site / "whole.png")
    return opener()


@pytest.mark.parametrize(
    ("address", "engines"),
    [
        ("whole/", {"engine-wasm-integer.js"}),
        ("whole/model.halfsize?integer", {"engine-wasm-integer.js"}),
        # The address does not tell: the card does, when the other engine has been asked for.
        ("whole/model.halfsize", {"engine-wasm.js", "engine-wasm-integer.js"}),
    ],
)
def test_the_engine_follows_the_card(page: Page, address: str, engines: set[str]) -> None:
    requests: set[str] = set()

    def note(request: Request) -> None:
        requests.add(request.url.rsplit("/", 1)[-1].split("?")[0])

    page.context.on("request", note)
    made = page.evaluate(
        """async (address) => {
          const halfsize = await Halfsize.load(address, { backend: 'wasm', tilePx: 20 });
          const image = new Image();
          image.src = 'whole.png';
          const { width, height, data } = await halfsize.upscale(image, { output: 'imagedata' });
          return [halfsize.checked, height, width, [...data]];
        }""",
        address,
    )
    checked, height, width, values = made
    got = np.array(values, np.uint8).reshape(height, width, 4)
    assert checked
    np.testing.assert_array_equal(got[..., :3], word_by_word(_WEIGHTS, _PICTURE))
    assert {name for name in requests if name.startswith("engine-")} == engines
