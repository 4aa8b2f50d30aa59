"""`<half-size>` in WebKit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from plumbing.paths import WEB_DEMO
from tests.browser.library.pages import STRICT
from tests.browser.webkit.conftest import Show
from tests.made.commands import command_here
from tests.made.photos import photo
from tests.made.published import MANY_PHOTOS
from tools.mini_browser import MiniBrowser

pytestmark = pytest.mark.browser

_EVENTS = "return window.events"


def img(src: str, *, attributes: str = "always", more: str = "") -> str:
    """An element with one img, shown at twice the size of the stand-in's photo."""
    return (
        f'<half-size backend="wasm" {attributes}>'
        f'<img src="{src}" width="180" height="120" alt="" {more}></half-size>'
    )


def test_the_result_is_on_the_screen(webkit: MiniBrowser, show: Show) -> None:
    show(img("photo.png"))
    webkit.wait_for("events.length")
    assert webkit.run(_EVENTS) == [["upscaled", 180, ""]]
    # Every pixel of the file twice each way: that is what the stand-in makes.
    expected = data.chelsea()[:60, :90].repeat(2, 0).repeat(2, 1).astype(int)
    assert np.abs(webkit.screen("img") - expected).max() <= 1


def test_the_pixels_of_the_file_decide_whatever_srcset_says(
    webkit: MiniBrowser, show: Show
) -> None:
    candidates = (
        '<img srcset="photo.png 180w" sizes="180px" width="180" alt="">'  # as if it had 180 pixels
    )
    show(
        f'<half-size backend="wasm" id="soft">{candidates}</half-size>'
        f'<half-size backend="wasm" id="sharp">{candidates.replace("photo", "wide")}</half-size>'
    )
    webkit.wait_for("events.length === 2")
    # Where the machine is too busy, that is the reason; the sharp file is never enlarged.
    told = {name: (kind, what) for kind, what, name in webkit.run(_EVENTS)}
    assert told["soft"] in (("upscaled", 180), ("skipped", "slow"))
    assert told["sharp"] == ("skipped", "shown-small")


def test_css_zoom_counts(webkit: MiniBrowser, show: Show) -> None:
    picture = (
        '<half-size backend="wasm" id="{}"><img src="photo.png" width="90" alt=""></half-size>'
    )
    show(f"<p style='zoom: 2'>{picture.format('large')}</p>{picture.format('small')}")
    webkit.wait_for("events.length === 2")
    told = {name: (kind, what) for kind, what, name in webkit.run(_EVENTS)}
    assert told["large"] in (("upscaled", 180), ("skipped", "slow"))
    assert told["small"] == ("skipped", "shown-small")


def test_the_candidate_for_the_window_is_enlarged(webkit: MiniBrowser, show: Show) -> None:
    show(
        '<half-size backend="wasm" always><picture>'
        '<source media="(min-width: 900px)" srcset="wide.png">'
        '<img src="photo.png" width="180" height="120" alt=""></picture></half-size>'
    )
    webkit.wait_for("events.length === 1")
    webkit.driver.set_window_size(800, 900)
    try:
        webkit.wait_for("events.length === 2")
    finally:
        webkit.driver.set_window_size(1200, 900)
    assert [width for _, width, _ in webkit.run(_EVENTS)] == [360, 180]


@pytest.mark.parametrize(
    "policy",
    [
        STRICT.format("'self'"),
        STRICT.format("'none'"),
        f"{STRICT.format('blob:')}; require-trusted-types-for 'script'; "
        "trusted-types half-size halfsize",
    ],
    ids=["worker", "no worker", "trusted types"],
)
def test_under_a_strict_policy(webkit: MiniBrowser, show: Show, policy: str) -> None:
    show(img("photo.png"), Content_Security_Policy=policy)
    webkit.wait_for("events.length")
    assert webkit.run(_EVENTS) == [["upscaled", 180, ""]]
    # The policy was in force: a style attribute written as text is refused.
    assert webkit.run(
        "const text = document.createElement('p'); document.body.append(text);"
        "text.setAttribute('style', 'color: rgb(1, 2, 3)');"
        "return getComputedStyle(text).color !== 'rgb(1, 2, 3)'"
    )


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_a_file_that_is_cut_off_gets_a_sentence(
    webkit: MiniBrowser, show: Show, suffix: str
) -> None:
    show(img(f"cut.{suffix}").replace("always", "always id=cut") + img(f"whole.{suffix}"))
    webkit.wait_for("events.length === 2")
    told = {name: (kind, what) for kind, what, name in webkit.run(_EVENTS)}
    assert told[""] == ("upscaled", 480)
    assert told["cut"] == ("error", "The picture cannot be read: nothing of it can be drawn.")
    assert webkit.run("return getComputedStyle(document.querySelector('img')).content") == "normal"


@pytest.mark.parametrize("name", ["moving.gif", "moving.webp", "moving.png"])
def test_what_moves_is_left_alone(webkit: MiniBrowser, show: Show, name: str) -> None:
    show(img(name))
    webkit.wait_for("events.length")
    assert webkit.run(_EVENTS) == [["skipped", "animated", ""]]


def test_scrolled_to_and_fro_each_picture_is_enlarged_once(webkit: MiniBrowser, show: Show) -> None:
    count = 12
    show("".join(f"<p style='height: 300px'>{img(f'photo.png?{n}')}" for n in range(count)))
    done = webkit.run(
        """
        const end = performance.now() + 60_000;
        while (events.length < args[0] && performance.now() < end) {
          scrollTo(0, (scrollY + 700) % (document.body.scrollHeight - innerHeight));
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
        return document.querySelectorAll('[state=upscaled]').length""",
        count,
    )
    assert done == count
    assert webkit.run(_EVENTS) == [["upscaled", 180, ""]] * count


def test_nothing_starts_in_a_hidden_tab(webkit: MiniBrowser, show: Show) -> None:
    show(img("photo.png"))
    webkit.wait_for("events.length")
    webkit.driver.minimize_window()
    try:
        webkit.wait_for("document.hidden")
        state = webkit.run(
            """
            const image = document.querySelector('img');
            await new Promise((resolve) => {
              image.onload = resolve;
              image.src = 'photo.png?2';
            });
            await new Promise((resolve) => setTimeout(resolve, 1500));
            return image.parentElement.getAttribute('state')"""
        )
        assert (state, len(webkit.run(_EVENTS))) == ("waiting", 1)
    finally:
        webkit.driver.set_window_size(1200, 900)
    webkit.wait_for("events.length === 2")
    assert webkit.run(_EVENTS) == [["upscaled", 180, ""]] * 2


def test_back_in_history_the_pictures_are_there(webkit: MiniBrowser, show: Show) -> None:
    link = "<a href=elsewhere.html>elsewhere</a>"
    show(img("photo.png") + link + "<p style='height: 4000px'></p>" + img("photo.png?2"))
    webkit.wait_for("events.length === 1")
    seen = webkit.screen("img")
    webkit.run("addEventListener('pageshow', (event) => { window.kept = event.persisted; })")
    webkit.click("a")
    webkit.wait_for("document.title === 'elsewhere'")
    webkit.driver.back()
    webkit.wait_for("window.kept")  # from memory, not loaded anew
    assert np.array_equal(webkit.screen("img"), seen)
    webkit.run("scrollTo(0, 5000)")
    webkit.wait_for("events.length === 2")
    assert [kind for kind, *_ in webkit.run(_EVENTS)] == ["upscaled", "upscaled"]


@pytest.mark.alone
def test_no_frame_waits_while_30_pictures_are_enlarged(
    webkit: MiniBrowser, show: Show, pictures: Path
) -> None:
    Image.fromarray(photo(300, 450)).save(pictures / "large.jpg", quality=90)
    show("".join(f"<div hidden>{img('large.jpg')}{img('whole.jpg') * 9}</div>" for _ in range(3)))
    waits = webkit.run(
        """
        const waits = [];
        HalfSizeElement.model = 'student/';
        for (const group of document.querySelectorAll('div')) {
          for (const img of group.querySelectorAll('img')) img.src += `?${Math.random()}`;
          group.hidden = false;
          const count = events.length + 10;
          let [longest, last] = [0, performance.now()];
          const end = last + 60_000;
          while (events.length < count && last < end) {
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            longest = Math.max(longest, now - last);
            last = now;
          }
          waits.push(longest);
        }
        return waits"""
    )
    assert [kind for kind, *_ in webkit.run(_EVENTS)] == ["upscaled"] * 30
    # What the page does itself comes in each group of ten; what else the machine does, does not.
    # Written on the page, the PNG of a large picture alone stops it for longer.
    assert min(waits) <= 100, waits


def test_the_sample_page_works_from_disk(webkit: MiniBrowser, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("chelsea", "rocket"):
        soft = Image.fromarray(getattr(data, name)()).resize((60, 50), Image.Resampling.BICUBIC)
        enlarged = soft.resize((181, 150), Image.Resampling.BICUBIC)
        enlarged.save(tmp_path / "photos" / f"{name}.png")
    student = WEB_DEMO / "models" / "small-fine"
    finished = command_here(
        *("export.publish", tmp_path / "photos", "--model", student, "--out", tmp_path / "a site"),
        *("--quality", "40", "--codecs", "WEBP", "JPEG", "--jobs", "1", *MANY_PHOTOS),
    )
    assert finished.status == 0, finished.errors
    for _ in range(3):  # the order in which scripts end varies
        webkit.open((tmp_path / "a site" / "sample.html").as_uri())
        webkit.wait_for("!document.querySelector('half-size:not([state=upscaled],[state=error])')")
        elements = "[...document.querySelectorAll('half-size')]"
        states = webkit.run(f"return {elements}.map((it) => it.getAttribute('state'))")
        assert states == ["upscaled", "upscaled"]
