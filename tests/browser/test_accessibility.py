"""The page for everyone: an axe-core run without violations, the keyboard, the animation tab."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from plumbing.paths import WEB_DEMO
from tests.browser.driver import STATE_TIMEOUT_MS, Driver

pytestmark = pytest.mark.browser

_AXE = WEB_DEMO / "node_modules" / "axe-core" / "axe.min.js"


def violations(driver: Driver) -> list[str]:
    driver.page.add_script_tag(path=_AXE)
    found = driver.page.evaluate("axe.run()")["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 1280),
        ("dark", 390),
        pytest.param("light", 390, marks=pytest.mark.heavy),
        pytest.param("dark", 1280, marks=pytest.mark.heavy),
    ],
)
def test_axe_finds_nothing(browser: Browser, site: Path, scheme: str, width: int) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    driver = Driver(context.new_page()).open((site / "index.html").as_uri())
    assert violations(driver) == []
    driver.page.get_by_role("button", name="rocket").click()
    driver.wait_for("done")
    assert violations(driver) == []
    driver.page.get_by_role("tab", name="Animation").click()
    assert violations(driver) == []
    # Nothing is wider than the screen.
    assert driver.page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.mark.browsers("chromium", "firefox")
def test_a_large_photo_is_halved_first_and_weighed(demo: Driver, site: Path) -> None:
    demo.open((site / "index.html").as_uri(), treat="auto", target="40")
    demo.page.get_by_role("button", name="coffee").click()
    demo.wait_for("done")
    assert (demo.fact("from"), demo.fact("to")) == ("300 x 200", "600 x 400")
    demo.page.get_by_label("Compare with").select_option("original")
    assert demo.text("#before-tag") == "Original"
    demo.page.wait_for_selector(":root[data-account=done]", timeout=STATE_TIMEOUT_MS)
    # Whatever the browser writes, it writes JPEG; each form reaches the same score or says so.
    full, half = (demo.text(f'[data-cost="JPEG {scale}"] .bytes') for scale in ("1/1", "2/1"))
    assert full.endswith("KB") and (half.endswith("KB") or half == "not this good")
    account = demo.text("#account")
    assert re.match("Sent at half size as|Nothing is saved|No smaller picture", account)
    if account.startswith("Sent"):
        assert "pays for itself after" in account


def test_a_large_photo_is_decoded_off_the_page(demo: Driver, site: Path, tmp_path: Path) -> None:
    """An ImageBitmap is decoded when it is first drawn: WebKit stood still for a second."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 255, (171, 240, 3), dtype=np.uint8)
    path = tmp_path / "large.jpg"
    Image.fromarray(small).resize((2400, 1710), Image.Resampling.BICUBIC).save(path, quality=90)
    demo.page.add_init_script(
        """window.bitmaps = [];
        const { createImageBitmap } = window;
        window.createImageBitmap = async (source, ...rest) => {
          const bitmap = await createImageBitmap(source, ...rest);
          bitmaps.push(bitmap.width * bitmap.height);
          return bitmap;
        };"""
    )
    demo.open((site / "index.html").as_uri(), treat="auto")
    demo.choose(path)
    demo.wait_for("done")
    assert (demo.fact("from"), demo.fact("to")) == ("1200 x 855", "2400 x 1710")
    assert max(demo.page.evaluate("bitmaps")) < 1_000_000
    # The photo itself is drawn when it is looked at.
    assert demo.page.evaluate("original.width") == 300
    demo.page.get_by_label("Compare with").select_option("original")
    shown = demo.page.evaluate(
        """async () => {
          const canvas = document.getElementById('original');
          while (canvas.width < 2400) await new Promise(requestAnimationFrame);
          for (let i = 0; i < 20; i++) await new Promise(requestAnimationFrame);
          return [...canvas.getContext('2d').getImageData(2399, 1709, 1, 1).data];
        }"""
    )
    assert shown[3] == 255  # down to its last row


def test_another_photo_ends_the_comparison(demo: Driver, site: Path, tmp_path: Path) -> None:
    demo.open((site / "index.html").as_uri(), treat="auto")
    demo.page.get_by_role("button", name="coffee").click()
    demo.page.wait_for_selector(":root[data-account=comparing]", timeout=STATE_TIMEOUT_MS)
    path = tmp_path / "small.png"
    Image.new("RGB", (20, 12), "red").save(path)
    demo.enlarge(path)
    assert "Only the small picture is here" in demo.text("#account")
    demo.page.wait_for_timeout(1500)  # what was under way would come now
    assert demo.page.locator(".cost").count() == 0
    assert demo.fact("to") == "40 x 24"


def test_the_keyboard_zooms_and_chooses_tabs(demo: Driver, site: Path) -> None:
    demo.open((site / "index.html").as_uri())
    demo.page.get_by_role("button", name="cat").first.click()
    demo.wait_for("done")
    slider = demo.page.get_by_role("slider")
    slider.press("+")
    assert demo.text("#zoom-level") == "150 %"
    slider.press("Shift+ArrowRight")
    assert demo.page.evaluate("document.getElementById('frame').style.getPropertyValue('--x')")
    slider.press("0")
    assert demo.text("#zoom-level") == "100 %"
    demo.page.get_by_role("tab", name="Photo").press("ArrowRight")
    assert demo.page.evaluate("document.activeElement.id") == "tab-motion"
    assert demo.page.get_by_role("tabpanel", name="Animation").is_visible()


@pytest.mark.browsers("chromium", "firefox")
@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_an_animation_is_enlarged_played_and_saved(
    demo: Driver, site: Path, tmp_path: Path, suffix: str
) -> None:
    frames = [Image.new("RGB", (20, 12), colour) for colour in ("red", "lime", "blue")]
    path = tmp_path / f"three.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[50, 120, 200], loop=0)
    demo.open((site / "index.html").as_uri())
    demo.page.get_by_role("tab", name="Animation").click()
    demo.page.set_input_files("#motion-file", path)
    demo.page.wait_for_selector("#motion[data-state=done]")
    assert "3 frames" in demo.text("#motion-status")
    for form in ("GIF", "WebP"):
        name, file = demo.save(f"Save as {form}")
        assert name == f"three-2x.{form.lower()}"
        require_three_colours(file, form)


def require_three_colours(file: bytes, form: str) -> None:
    saved = Image.open(BytesIO(file))
    assert (saved.format, saved.size) == (form.upper(), (40, 24))
    assert (getattr(saved, "n_frames", 1), saved.info["loop"]) == (3, 0)
    shown = []
    for index in range(3):
        saved.seek(index)
        colour = saved.convert("RGB").getpixel((20, 12))
        shown.append((saved.info["duration"], colour))
    assert [duration for duration, _ in shown] == [50, 120, 200]
    for (_, colour), wanted in zip(shown, ((255, 0, 0), (0, 255, 0), (0, 0, 255)), strict=True):
        assert isinstance(colour, tuple)
        assert max(abs(a - b) for a, b in zip(colour, wanted, strict=True)) < 40
