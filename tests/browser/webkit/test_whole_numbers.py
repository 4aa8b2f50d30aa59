"""Students in whole numbers in WebKit: the very bytes of the format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from teacher.networks.integer.config import IntegerChainConfig
from tests.browser.integer.student import write_student
from tests.made.integer.whole_numbers import awkward_pictures, made_weights, word_by_word
from tools.mini_browser import MiniBrowser
from tools.serving import served

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("bits", [7, 8])
def test_webassembly_gives_the_bytes_of_the_format(
    webkit: MiniBrowser, pictures: Path, bits: int
) -> None:
    weights = made_weights(IntegerChainConfig(body=1, channels=12, bits=bits))
    write_student(pictures / f"whole-{bits}", weights)
    made = awkward_pictures()
    rng = np.random.default_rng(6)
    shown = [made["white 5x4"], made["extremes 16x19"], rng.integers(0, 256, (33, 21, 3))]
    sent = [
        [*np.insert(picture, 3, 255, axis=2).ravel().tolist(), picture.shape[1]]
        for picture in shown
    ]
    with served(pictures) as address:
        webkit.open(f"{address}blank.html")
        got = webkit.run(
            """
            const [address, pictures] = args[0];
            const halfsize = await Halfsize.load(address, { backend: 'wasm' });
            const all = [];
            for (const values of pictures) {
              const width = values.pop();
              const small = new ImageData(Uint8ClampedArray.from(values), width);
              all.push([...(await halfsize.upscale(small, { output: 'imagedata' })).data]);
            }
            return all""",
            [f"whole-{bits}/model.halfsize?integer", sent],
        )
    for picture, values in zip(shown, got, strict=True):
        height, width = picture.shape[:2]
        bytes_ = np.array(values, np.uint8).reshape(2 * height, 2 * width, 4)
        expected = word_by_word(weights, picture.astype(np.uint8))
        np.testing.assert_array_equal(bytes_[..., :3], expected)
