"""Students in whole numbers: every engine of every browser gives the very bytes of the format."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Error

from export.compact.form import FILE, write_integer
from pixels.scale import padded_to_blocks
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.weights import IntegerChainWeights
from tests.browser.engines import EnginePage, open_engine
from tests.made.integer.whole_numbers import awkward_pictures, made_weights, word_by_word

pytestmark = pytest.mark.browser

ENGINES = ("wasm-integer", "webgl2-integer", "webgpu-integer")

# Of 7 bits, WebAssembly multiplies bytes; of 8 bits, pairs of 16-bit numbers.
SHAPES = {
    "luma, 7 bits": IntegerChainConfig(body=1, channels=6, bits=7),
    "luma, 8 bits": IntegerChainConfig(body=2, channels=16, bits=8),
    "luma, 3/2": IntegerChainConfig(body=1, channels=12, bits=7, scale=Fraction(3, 2)),
    "rgb": IntegerChainConfig(body=0, channels=5, bits=7, colour="rgb"),
    "rgb, 4/3": IntegerChainConfig(
        body=1, channels=4, bits=8, colour="rgb", scale=Fraction(4, 3), activation="relu"
    ),
    # More weights than a uniform block holds.
    "very wide": IntegerChainConfig(body=1, channels=460, bits=7, colour="rgb"),
}


def file_of(weights: IntegerChainWeights, folder: Path) -> bytes:
    write_integer(folder / FILE, weights)
    return (folder / FILE).read_bytes()


def wrong(page: EnginePage, weights: IntegerChainWeights, picture: NDArray[np.uint8]) -> int:
    """Count the bytes that are not those of the format."""
    scale = weights.config.scale
    blocks = padded_to_blocks(picture, scale).astype(np.float32) / np.float32(255)
    got = page.run(blocks.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    expected = word_by_word(weights, picture)
    height, width = expected.shape[:2]
    return int((np.rint(got[:height, :width] * 255) != expected).sum())


def noise(rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (*rng.integers(1, 40, 2), 3)).astype(np.uint8)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("shape", ["luma, 7 bits", "rgb, 4/3"])
def test_an_engine_gives_the_bytes_of_the_format(
    browser: Browser, site: Path, tmp_path: Path, engine: str, shape: str
) -> None:
    weights = made_weights(SHAPES[shape])
    page = open_engine(browser, site / "dist", engine)
    assert page.open(file_of(weights, tmp_path))  # which compares the file's own checks
    pictures = [*list(awkward_pictures().values())[3:], noise(np.random.default_rng(1))]
    assert [wrong(page, weights, picture) for picture in pictures] == [0] * len(pictures)
    page.page.close()


def test_an_engine_that_is_off_by_one_is_refused(
    browser: Browser, site: Path, tmp_path: Path
) -> None:
    model = bytearray(file_of(made_weights(SHAPES["rgb"]), tmp_path))
    model[-1] ^= 1  # of the last check's CRC
    page = open_engine(browser, site / "dist", "wasm-integer")
    with pytest.raises(Error, match="it computes wrongly"):
        page.open(bytes(model))
    page.page.close()


@pytest.mark.heavy
@pytest.mark.parametrize("engine", ENGINES)
def test_a_very_wide_network(browser: Browser, site: Path, tmp_path: Path, engine: str) -> None:
    weights = made_weights(SHAPES["very wide"])
    page = open_engine(browser, site / "dist", engine)
    assert page.open(file_of(weights, tmp_path))
    picture = awkward_pictures()["noise 11x7"]
    assert wrong(page, weights, picture) == 0
    page.page.close()


@pytest.mark.heavy
@pytest.mark.browsers("chromium", "firefox-gpu")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "very wide"])
def test_200_sizes(browser: Browser, site: Path, tmp_path: Path, engine: str, shape: str) -> None:
    weights = made_weights(SHAPES[shape], seed=2)
    page = open_engine(browser, site / "dist", engine)
    assert page.open(file_of(weights, tmp_path))
    rng = np.random.default_rng(3)
    pictures = [*awkward_pictures().values(), *(noise(rng) for _ in range(200))]
    assert [wrong(page, weights, picture) for picture in pictures] == [0] * len(pictures)
    page.page.close()
