"""The demo page in WebKit: from a file to the screen and back to a file."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Reference
from tests.made.photos import photo
from tools.mini_browser import MiniBrowser

pytestmark = pytest.mark.browser

_STATE = "document.documentElement.dataset.state"

_RESULT = """
  const canvas = document.getElementById('result');
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  let text = '';
  for (let at = 0; at < data.length; at += 0x6000)
    text += btoa(String.fromCharCode(...data.subarray(at, at + 0x6000)));
  return [height, width, text];
"""


@pytest.fixture
def page(webkit: MiniBrowser, pictures: Path) -> MiniBrowser:
    """The demo page, opened from disk as `make demo` names it."""
    webkit.open(f"{(pictures / 'index.html').as_uri()}?backend=wasm")
    return webkit


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.png"
    Image.fromarray(photo(100, 150)).save(path)
    return path


def enlarge(page: MiniBrowser, path: Path) -> NDArray[np.uint8]:
    """Choose a picture; give the bytes of the result, (height, width, 4)."""
    page.choose("#file", path)
    page.wait_for(f"['done', 'error'].includes({_STATE})")
    assert page.run(f"return {_STATE}") == "done", page.run("return error.textContent")
    height, width, text = page.run(_RESULT)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)


def test_the_result_is_that_of_onnx_runtime(
    page: MiniBrowser, small: Path, reference: Reference
) -> None:
    expected = reference(photo(100, 150)).astype(int)
    result = enlarge(page, small)
    assert np.abs(result[..., :3] - expected).max() <= 1  # one step: the order of sums
    assert (result[..., 3] == 255).all()


def test_pictures_are_still_there_after_tabs_and_compare(
    page: MiniBrowser, small: Path, tmp_path: Path
) -> None:
    big = tmp_path / "big.png"
    Image.fromarray(photo(400, 640)).save(big)
    enlarge(page, big)
    before = page.screen("#frame")
    assert before.std() > 10  # there is a picture
    page.click("#tab-motion")
    page.click("#tab-photo")
    # Painted anew, some pixels are a few steps off; where a canvas has vanished, most are by tens.
    assert np.abs(page.screen("#frame") - before).mean() < 0.5
    left = (slice(None), slice(0, before.shape[1] // 2 - 30))
    page.run("against.value = 'original'; against.dispatchEvent(new Event('change'))")
    page.wait_for("!document.getElementById('original').hidden")
    original = page.screen("#frame")
    # The photo itself: sharper than what the browser scales, and nowhere empty.
    assert 1 < np.abs(original - before)[left].mean() < 30
    page.run("against.value = 'browser'; against.dispatchEvent(new Event('change'))")
    assert np.abs(page.screen("#frame") - before).mean() < 0.5


def test_files_of_the_same_quality_are_compared(page: MiniBrowser, tmp_path: Path) -> None:
    big = tmp_path / "big.png"
    Image.fromarray(photo(400, 640)).save(big)
    page.run("target.value = '40'; target.dispatchEvent(new Event('change'))")
    enlarge(page, big)
    page.wait_for("document.documentElement.dataset.account === 'done'")
    costs = page.run(
        """return [...document.querySelectorAll('[data-cost]')].map((it) =>
            [it.dataset.cost, it.querySelector('.bytes').textContent])"""
    )
    # A canvas of WebKit writes no WebP, and the page says so.
    assert [name for name, _ in costs] == ["JPEG 1/1", "JPEG 2/1"]
    assert costs[0][1].endswith("KB")
    assert costs[1][1].endswith("KB") or costs[1][1] == "not this good"
    assert "writes no WebP and no AVIF" in page.run(
        "return document.getElementById('meter-notes').textContent"
    )
    account = page.run("return account.textContent")
    assert re.match("Sent at half size as JPEG|Nothing is saved|No smaller picture", account)


def test_after_a_drag_the_arrow_keys_move_the_slider(page: MiniBrowser, small: Path) -> None:
    enlarge(page, small)
    frame = page.driver.find_element("id", "frame")
    ActionChains(page.driver).click_and_hold(frame).move_by_offset(60, 0).release().perform()
    dragged = float(page.run("return split.value"))
    assert dragged > 52
    ActionChains(page.driver).send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT).perform()
    moved = float(page.run("return split.value"))
    assert moved < dragged
    share = page.run("return frame.style.getPropertyValue('--split')")
    assert float(share.removesuffix("%")) == pytest.approx(moved)


def test_the_result_is_saved_as_it_is(page: MiniBrowser, small: Path) -> None:
    result = enlarge(page, small)
    page.click("#save")
    with Image.open(page.downloaded("small-2x.png")) as saved:
        assert saved.format == "PNG"
        assert np.array_equal(np.asarray(saved.convert("RGBA")), result)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("moving.gif", "2 frames."),
        ("moving.webp", "one frame. This browser cannot read more of an animation like this."),
        ("moving.png", "one frame. This browser cannot read more of an animation like this."),
        ("photo.png", "one frame: it does not move."),
    ],
)
def test_the_sentence_on_an_animation_is_true(
    page: MiniBrowser, pictures: Path, name: str, words: str
) -> None:
    page.click("#tab-motion")
    page.choose("#motion-file", pictures / name)
    page.wait_for("['done', 'error'].includes(motion.dataset.state)")
    assert page.run("return document.getElementById('motion-status').textContent") == (
        f"“{name}” is enlarged: {words}"
    )


def test_an_animation_is_saved_by_the_button_that_works(page: MiniBrowser, pictures: Path) -> None:
    page.click("#tab-motion")
    page.choose("#motion-file", pictures / "moving.gif")
    page.wait_for("motion.dataset.state === 'done'")
    assert page.run("return document.getElementById('motion-save-webp').hidden")
    page.click("#motion-save")
    with Image.open(page.downloaded("moving-2x.gif")) as saved:
        assert (saved.format, saved.size) == ("GIF", (180, 120))
        assert getattr(saved, "n_frames", 1) == 2
