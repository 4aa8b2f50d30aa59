"""`<half-size>`: everything that an img does, it still does."""

from __future__ import annotations

import re
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from skimage import data

from tests.browser.element.pages import CONTENT, IMG, show, shown, wait_for_state
from tests.browser.library.pages import STRICT
from tools.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]


def test_the_img_paints_the_result_and_stays_an_img(page: Page, element_site: Path) -> None:
    show(page, element_site, IMG)
    wait_for_state(page, "upscaled")
    assert page.evaluate("window.events") == [["upscaled", 180]]
    img = page.get_by_role("img", name="A cat")  # the alt text still names it
    assert img.bounding_box() == {"x": 8, "y": 8, "width": 180, "height": 120}
    assert img.evaluate("(img) => img.currentSrc.endsWith('photo.png')")  # saved as it is
    # What is on the screen is the doubled picture: every pixel of the file twice each way.
    shown = np.asarray(Image.open(BytesIO(img.screenshot())).convert("RGB"), dtype=int)
    expected = data.chelsea()[:60, :90].repeat(2, 0).repeat(2, 1).astype(int)
    assert np.abs(shown - expected).max() <= 1


def test_without_script_the_plain_img_shows(
    browser: Browser, page: Page, element_site: Path
) -> None:
    show(page, element_site, IMG)
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(page.url)
    assert plain.get_by_role("img", name="A cat").bounding_box() is not None
    context.close()


def test_nothing_moves(page: Page, element_site: Path) -> None:
    sizes = (
        '<img src="photo.png" alt="">',  # its natural size
        '<img src="photo.png" alt="" style="width: 50%; object-fit: cover; height: 90px">',
        '<picture><source srcset="photo.png 1.5x"><img src="grey.png" alt=""></picture>',
        '<img srcset="photo.png 180w" sizes="300px" alt="">',
    )
    body = "".join(
        f"<p>{'x' * n}<half-size backend=wasm always>{img}</half-size>y</p>"
        for n, img in enumerate(sizes)
    )
    boxes = (
        "[...document.querySelectorAll('img, p')].map((it) => {"
        "const box = it.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })"
    )
    show(page, element_site, body.replace("half-size", "span"))
    page.wait_for_load_state("load")
    before = page.evaluate(boxes)
    show(page, element_site, body)
    page.wait_for_function("window.events.length === 4")
    assert page.evaluate("window.events.every(([type]) => type === 'upscaled')")
    assert page.evaluate(boxes) == pytest.approx(np.asarray(before), abs=0.02)


_CANDIDATES = """
  <half-size backend="wasm" always><picture>
    <source media="(prefers-color-scheme: dark)" srcset="grey.png">
    <source media="(min-width: 900px)" srcset="wide.png">
    <img src="photo.png" width="180" height="120" alt="">
  </picture></half-size>"""


@pytest.mark.lacks("firefox", "Playwright 1.63 cannot make its pages dark")
def test_the_dark_candidate_is_enlarged_when_it_is_its_turn(page: Page, element_site: Path) -> None:
    show(page, element_site, _CANDIDATES)
    wait_for_state(page, "upscaled")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("events.length === 2")
    assert (shown(page) == 200).all()
    page.emulate_media(color_scheme="light")
    page.wait_for_function("events.length === 3")
    assert page.evaluate("events.map(([type, width]) => width)") == [180, 180, 180]


def test_the_wide_candidate_is_enlarged_when_it_is_its_turn(page: Page, element_site: Path) -> None:
    show(page, element_site, _CANDIDATES)
    wait_for_state(page, "upscaled")
    page.set_viewport_size({"width": 1000, "height": 600})
    page.wait_for_function("events.length === 2")
    # Twice each pixel of the wide file, painted in half the space: the file itself.
    wide = np.asarray(Image.open(element_site / "wide.png").convert("RGB"), int)
    assert np.abs(shown(page) - wide).max() <= 2
    assert page.evaluate("events.map(([type, width]) => width)") == [180, 360]


def test_selection_context_menu_and_printing_are_those_of_an_img(
    page: Page, element_site: Path
) -> None:
    show(page, element_site, f"<p>Before</p>{IMG}<p>After</p>")
    wait_for_state(page, "upscaled")
    # Selected and copied it is the img with its file and its text, not a canvas.
    copied = page.evaluate(
        """() => {
          getSelection().selectAllChildren(document.body);
          const copy = getSelection().getRangeAt(0).cloneContents();
          const img = copy.querySelector('img');
          return [img.getAttribute('src'), img.alt, copy.querySelectorAll('canvas').length];
        }"""
    )
    assert copied == ["photo.png", "A cat", 0]
    # The context menu (save, copy, open) is that of an img: nothing lies over it.
    page.evaluate(
        "addEventListener('contextmenu', ({ target }) => { window.menu = target.localName; })"
    )
    page.get_by_role("img", name="A cat").click(button="right")
    assert page.evaluate("menu") == "img"
    # On paper it is the doubled picture.
    assert re.search(rb"/Width 180\b", page.pdf())
    page.evaluate("document.querySelector('half-size').remove()")
    page.evaluate("document.body.append(Object.assign(new Image(), { src: 'photo.png' }))")
    page.wait_for_function("document.querySelector('img').complete")
    assert not re.search(rb"/Width 180\b", page.pdf())


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_missing_model_is_requested_once_and_again_when_online(
    page: Page, element_site: Path
) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    lost = IMG.replace("always", "always model=lost/")
    show(page, element_site, "".join(lost.replace("photo.png", f"photo.png?{n}") for n in range(9)))
    page.wait_for_function("events.length === 9")
    assert sum("lost/" in url for url in requests) == 1
    shutil.copytree(element_site / "stand-in", element_site / "lost")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_function("events.length === 18")
    assert page.evaluate("events.slice(9)") == [["upscaled", 180]] * 9
    shutil.rmtree(element_site / "lost")


@pytest.mark.browsers("chromium")  # no matter of the browser
@pytest.mark.parametrize("late", [False, True])
def test_the_model_may_be_named_after_the_element_is_defined(
    page: Page, element_site: Path, late: bool
) -> None:
    name = "HalfSizeElement.model = 'stand-in/'"
    if late:
        name = f"addEventListener('load', () => setTimeout(() => {{ {name} }}, 300))"
    text = f'{IMG}<script src="dist/half-size.js"></script><script>{name}</script>'
    (element_site / "late.html").write_text(f"<!doctype html>{text}", encoding="utf-8")
    page.goto(f"{page.url.rsplit('/', 1)[0]}/late.html?{late}")
    wait_for_state(page, "upscaled")
    types = page.evaluate("events.map(([type]) => type)")
    assert types == (["error", "upscaled"] if late else ["upscaled"])


def test_an_img_that_is_slotted_into_a_component(page: Page, element_site: Path) -> None:
    inner = "<half-size backend=wasm always><slot></slot></half-size>"
    show(page, element_site, '<my-card><img src="photo.png" width="180" alt=""></my-card>')
    page.evaluate(
        """(inner) => {
          window.heard = [];
          document.addEventListener('upscaled', ({ target }) => heard.push(target.localName));
          document.querySelector('my-card').attachShadow({ mode: 'open' }).innerHTML = inner;
        }""",
        inner,
    )
    page.wait_for_function("heard.length === 1")
    assert page.evaluate("heard") == ["my-card"]  # the event left the shadow root
    assert "blob:" in page.evaluate(CONTENT)


def test_a_second_img_is_named_in_the_console(page: Page, element_site: Path) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    img = '<img src="photo.png" width="180" alt="">'
    show(page, element_site, f"<half-size backend=wasm always>{img}{img}</half-size>")
    wait_for_state(page, "upscaled")
    assert sum("takes one img" in text for text in messages) == 1
    painted = "[...document.querySelectorAll('img')].map((img) => getComputedStyle(img).content)"
    assert [("blob:" in content) for content in page.evaluate(painted)] == [True, False]


def test_in_shadow_dom_and_with_an_error(page: Page, element_site: Path) -> None:
    show(page, element_site, "<div></div>")
    page.evaluate(
        """(markup) => {
          const root = document.querySelector('div').attachShadow({ mode: 'open' });
          root.innerHTML = markup;
          window.inside = root.querySelector('half-size');
        }""",
        IMG,
    )
    page.wait_for_function("inside.getAttribute('state') === 'upscaled'")
    page.evaluate("inside.setAttribute('model', 'nowhere/')")
    page.wait_for_function("inside.getAttribute('state') === 'error'")
    assert page.evaluate("getComputedStyle(inside.querySelector('img')).content") == "normal"


def test_under_a_strict_content_security_policy(browser: Browser, element_site: Path) -> None:
    policy = STRICT.format("'self'")
    text = f'<!doctype html>{IMG}<script src="dist/half-size.js" data-model="stand-in/"></script>'
    (element_site / "strict.html").write_text(text, encoding="utf-8")
    with served(element_site, Content_Security_Policy=policy) as address:
        page = browser.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.goto(f"{address}strict.html")
        wait_for_state(page, "upscaled")
        page.close()
    assert not [text for text in problems if "Content Security Policy" in text]


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_every_script_is_named_by_its_build(page: Page, element_site: Path) -> None:
    """So that no cache mixes two builds: those that a page names itself are the page's business."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    show(page, element_site, IMG)
    wait_for_state(page, "upscaled")
    scripts = [url.rsplit("/", 1)[1] for url in requests if "/dist/" in url]
    ours = dict(name.split("?") for name in scripts if name != "half-size.js")
    assert {"halfsize.js", "engine-tfjs-wasm.js"} <= set(ours)
    (build,) = set(ours.values())
    assert re.fullmatch(r"\w{6,}", build)
