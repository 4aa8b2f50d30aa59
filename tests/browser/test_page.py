"""How the page behaves while and after it works."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from skimage import data

from tests.browser.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]


@pytest.fixture
def opened(demo: Driver, site: Path) -> Driver:
    return demo.open((site / "index.html").as_uri())


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.png"
    Image.fromarray(data.astronaut()[:40, 200:260]).save(path)
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.png"
    Image.fromarray(data.astronaut()[:260, :260]).save(path)
    return path


def test_a_second_picture_ends_the_first(opened: Driver, small: Path, large: Path) -> None:
    opened.page.select_option("#backend", "tfjs-cpu")
    opened.choose(large)
    opened.page.wait_for_function("document.getElementById('progress').position > 0")
    opened.choose(small)
    opened.wait_for("done")
    assert opened.fact("from") == "60 x 40"
    # What the first may still have been doing does not come through later.
    opened.page.wait_for_timeout(1500)
    assert (opened.state, opened.fact("from")) == ("done", "60 x 40")


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_two_pictures_at_once_show_the_later_one(opened: Driver, small: Path, large: Path) -> None:
    opened.choose(large, small)
    opened.wait_for("done")
    assert opened.fact("from") == "60 x 40"
    assert opened.pixels("result").shape == (80, 120, 4)


def test_cancel_goes_back_to_the_start(opened: Driver, small: Path, large: Path) -> None:
    opened.page.select_option("#backend", "tfjs-cpu")
    opened.choose(large)
    opened.page.wait_for_function("document.getElementById('progress').position > 0")
    opened.page.get_by_role("button", name="Cancel").press("Enter")
    assert opened.state == "idle"
    # The keyboard is not lost with the button that has gone.
    assert opened.page.evaluate("document.activeElement.id") == "file"
    opened.enlarge(small)


@pytest.mark.alone
def test_progress_paints_while_the_page_stays_alive(opened: Driver, large: Path) -> None:
    opened.page.select_option("#backend", "tfjs-cpu")
    opened.page.evaluate(
        """() => {
          window.seen = new Set();
          window.longest = 0;
          let last = performance.now();
          const look = (now) => {
            const { position } = document.getElementById('progress');
            if (document.documentElement.dataset.state === 'working') {
              window.seen.add(position);
              window.longest = Math.max(window.longest, now - last);
            }
            last = now;
            requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }"""
    )
    opened.enlarge(large)
    assert opened.page.evaluate("window.seen.size") >= 4
    assert opened.page.evaluate("window.longest") < 2000  # a frozen page shows one frame in all


def test_the_keyboard_moves_the_slider(opened: Driver, small: Path) -> None:
    opened.enlarge(small)
    slider = opened.page.get_by_role("slider", name="Compare")
    expect(slider).to_have_attribute("aria-valuetext", "50 % of the picture shown by halfsize")
    slider.focus()
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "100 % of the picture shown by halfsize")
    slider.press("ArrowRight")
    assert 0 < float(slider.input_value()) <= 10
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "0 % of the picture shown by halfsize")


def test_after_dragging_the_arrow_keys_move_the_slider(opened: Driver, small: Path) -> None:
    opened.enlarge(small)
    box = opened.page.locator("#frame").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.page.mouse.move(x, y)
    opened.page.mouse.down()
    opened.page.mouse.move(x + box["width"] / 4, y, steps=3)
    opened.page.mouse.up()
    slider = opened.page.get_by_role("slider", name="Compare")
    expect(slider).to_be_focused()
    dragged = float(slider.input_value())
    assert dragged > 60
    opened.page.keyboard.press("ArrowLeft")
    assert float(slider.input_value()) < dragged


def test_the_slider_shows_what_it_says(opened: Driver, small: Path) -> None:
    opened.enlarge(small)
    for value, wanted in (("0", "result"), ("100", "before")):
        opened.page.evaluate(
            """(value) => {
              const slider = document.getElementById('split');
              slider.value = value;
              slider.dispatchEvent(new Event('input'));
              document.querySelectorAll('.tag, .handle').forEach((it) => it.remove());
            }""",
            value,
        )
        frame = opened.page.locator("#frame")
        seen = np.asarray(Image.open(BytesIO(frame.screenshot())).convert("RGB"), dtype=float)
        height, width, _ = seen.shape
        means = {}
        for canvas in ("before", "result"):
            whole = Image.fromarray(opened.pixels(canvas)).convert("RGB").resize((width, height))
            middle = (slice(20, -20), slice(20, -20))
            means[canvas] = np.abs(np.asarray(whole, dtype=float)[middle] - seen[middle]).mean()
        assert min(means, key=means.__getitem__) == wanted, means


def test_the_result_is_saved_as_it_is(opened: Driver, small: Path) -> None:
    result = opened.enlarge(small)
    name, saved = opened.save("Save as PNG")
    assert name == "small-2x.png"
    assert (np.asarray(Image.open(BytesIO(saved)).convert("RGBA")) == result).all()


def test_where_no_webp_is_written_the_button_that_works_stays(
    opened: Driver, tmp_path: Path
) -> None:
    opened.page.add_init_script(
        """
        const { toBlob } = HTMLCanvasElement.prototype;
        window.Worker = undefined;
        HTMLCanvasElement.prototype.toBlob = function (done, type, quality) {
          return toBlob.call(this, done, 'image/png', quality);
        };
        delete window.ImageDecoder;
        """
    )
    opened.page.reload()
    frame = Image.fromarray(data.chelsea()[:20, :30])
    path = tmp_path / "moving.gif"
    frame.save(path, save_all=True, append_images=[frame.rotate(180)], duration=50)
    opened.page.get_by_role("tab", name="Animation").click()
    opened.page.set_input_files("#motion-file", path)
    status = opened.page.locator("#motion-status")
    expect(status).to_have_text("“moving.gif” is enlarged: 2 frames.", timeout=60_000)
    expect(opened.page.get_by_role("button", name="Save as WebP")).to_be_hidden()
    expect(opened.page.get_by_role("button", name="Save as GIF")).to_be_visible()


def change_part(page: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change the value of a script that the build leaves for the page, such as its models."""
    script = page / "dist" / f"{name}.js"
    found = re.fullmatch(r"(.*? = )(\[.*\]);\n", script.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    changed = json.dumps(change(json.loads(found[2])))
    script.write_text(f"{found[1]}{changed};\n", encoding="utf-8")


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_tampered_model_is_refused(demo: Driver, site: Path, small: Path, tmp_path: Path) -> None:
    page = shutil.copytree(site, tmp_path / "page")
    tampered = ""

    def tamper(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
        nonlocal tampered
        (tampered,) = (name for name in models[0]["files"] if name.endswith(".halfsize"))
        content = bytearray(base64.b64decode(models[0]["files"][tampered]))
        content[len(content) // 2] ^= 1
        models[0]["files"][tampered] = base64.b64encode(content).decode()
        return models

    change_part(page, "models", tamper)
    demo.open((page / "index.html").as_uri())
    sentence = demo.error_for(small)
    assert "altered" in sentence and tampered in sentence


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_one_of_several_models_can_be_chosen(
    demo: Driver, site: Path, small: Path, tmp_path: Path
) -> None:
    page = shutil.copytree(site, tmp_path / "page")

    def twice(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**models[0], "folder": name} for name in ("one", "two")]

    for part in ("models", "catalogue"):
        change_part(page, part, twice)
    demo.open((page / "index.html").as_uri(), model="two")
    select = demo.page.get_by_label("Model")
    expect(select).to_have_value("two")
    demo.enlarge(small)
    demo.page.evaluate("document.getElementById('result').width = 1")
    select.select_option("one")  # the picture that is there is enlarged again
    demo.page.wait_for_function("document.getElementById('result').width > 1")
    demo.wait_for("done")


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_without_a_build_the_page_says_what_to_do(demo: Driver, site: Path, tmp_path: Path) -> None:
    for name in ("index.html", "page.css"):
        shutil.copy(site / name, tmp_path)
    demo.open((tmp_path / "index.html").as_uri())
    notice = demo.page.locator("#unbuilt")
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("make demo")
    for controls in demo.page.locator(".controls").all():
        expect(controls).to_be_hidden()


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_without_a_model_the_page_says_what_to_do(demo: Driver, site: Path, tmp_path: Path) -> None:
    page = shutil.copytree(site, tmp_path / "page")
    change_part(page, "catalogue", lambda _: [])
    demo.open((page / "index.html").as_uri())
    expect(demo.page.get_by_role("alert")).to_contain_text("make demo")
    expect(demo.page.locator("#unbuilt")).to_be_hidden()


def test_all_controls_have_names_and_an_order(opened: Driver, small: Path) -> None:
    page = opened.page
    assert page.title() and page.locator("html").get_attribute("lang") == "en"
    opened.enlarge(small)
    order = []
    for _ in range(7):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id"))
    assert order == ["tab-photo", "split", "zoom-in", "file", "save", "treat", "backend"]
    assert page.get_by_label("Choose a photo").count() == 1
    assert page.get_by_label("Runs on").count() == 1
