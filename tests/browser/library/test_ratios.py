"""Students of other scales than 2, alone and beside one of 2 on one page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Request
from skimage import data

from export.compact.file import FILE
from export.compact.form import write_compact
from tests.browser.library.pages import Opener
from tests.browser.stand_in import write_card
from tests.made.networks import RATIO

pytestmark = pytest.mark.browser

_PAIR = """
<half-size backend="wasm" always model="thirds/model.halfsize">
  <img src="thirds.png" width="100" height="61" alt="a"></half-size>
<half-size backend="wasm" always model="student/model.halfsize">
  <img src="photo.png" width="179" height="120" alt="b"></half-size>
<half-size backend="wasm" always model="thirds/model.halfsize">
  <img src="thirds.png?again" width="33" height="20" alt="c"></half-size>
<script src="dist/half-size.js"></script>
"""

_PAINTED = """
() => [...document.querySelectorAll('half-size')].map((one) => one.getAttribute('state'))
  .every((state) => state === 'upscaled' || state === 'error')
"""


@pytest.fixture
def page(opener: Opener, library_site: Path) -> Page:
    if not (library_site / "thirds").exists():
        (library_site / "thirds").mkdir()
        write_compact(library_site / "thirds" / FILE, RATIO, "float16")
        write_card(library_site / "thirds", margin_px=6, colour="luma", scale=RATIO.scale)
        # The photo of 100 x 61 is padded to 102 x 63.
        Image.fromarray(data.chelsea()[:42, :68]).save(library_site / "thirds.png")
        pair = f"<!doctype html><meta charset=utf-8><body>{_PAIR}</body>"
        (library_site / "pair.html").write_text(pair, encoding="utf-8")
    return opener()


def test_a_picture_becomes_half_as_large_again_and_is_cut_to_its_photo(page: Page) -> None:
    made = page.evaluate(
        """async () => {
          const halfsize = await Halfsize.load('thirds/model.halfsize', { backend: 'wasm' });
          const image = new Image();
          image.src = 'thirds.png';
          const at = async (options) => {
            const { width, height, data } = await halfsize.upscale(image, options);
            return [width, height, [...data]];
          };
          const problem = async (size) => {
            try { await halfsize.upscale(image, { size }); } catch (error) {
              return [error.name, error.message];
            }
          };
          const output = 'imagedata';
          return {
            scale: [halfsize.scale, halfsize.card.scale],
            checked: halfsize.checked,
            whole: await at({ output }),
            cut: await at({ output, size: { width: 100, height: 61 } }),
            wrong: [await problem({ width: 99, height: 63 }),
                    await problem({ width: 103, height: 63 }),
                    await problem({ width: 101.5, height: 63 })],
          };
        }"""
    )
    assert made["scale"] == [1.5, "3/2"]
    assert made["checked"]
    whole, cut = (
        np.array(values).reshape(height, width, 4)
        for width, height, values in (made["whole"], made["cut"])
    )
    assert whole.shape == (63, 102, 4)
    np.testing.assert_array_equal(cut, whole[:61, :100])
    assert [name for name, _ in made["wrong"]] == ["RangeError"] * 3
    assert "it becomes 102 × 63, and may be cut by up to 2 pixels" in made["wrong"][0][1]


def test_models_of_two_scales_share_the_scripts_of_a_page(page: Page) -> None:
    requests: list[str] = []

    def note(request: Request) -> None:
        requests.append(request.url.rsplit("/", 1)[-1].split("?")[0])

    page.context.on("request", note)
    page.goto(page.url.replace("blank.html", "pair.html"))
    page.wait_for_function(_PAINTED)
    sizes = page.evaluate(
        """() => Promise.all([...document.querySelectorAll('img')].map(async (img) => {
          const [, url] = /"(blob:[^"]*)"/.exec(getComputedStyle(img).content) ?? [];
          const shown = new Image();
          shown.src = url;
          await shown.decode();
          return [shown.naturalWidth, shown.naturalHeight];
        }))"""
    )
    # The first two are cut to what the img says; the third says something else altogether.
    assert sizes == [[100, 61], [179, 120], [102, 63]]
    assert requests.count("halfsize.js") == 1
    assert requests.count("model.halfsize") == 2
