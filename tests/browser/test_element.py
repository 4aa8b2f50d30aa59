"""`<half-size>`: everything that an img does, it still does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page
from skimage import data

from tests.browser.library.pages import STRICT
from tests.browser.stand_in import write_stand_in
from tests.made.runs import MadeChain
from tools.serving import served

pytestmark = pytest.mark.browser

_IMG = (
    '<half-size backend="wasm" always>'
    '<img src="photo.png" width="180" height="120" alt="A cat"></half-size>'
)

_LISTEN = """
  window.events = [];
  for (const type of ['upscaled', 'skipped', 'error'])
    document.addEventListener(type, (event) =>
      window.events.push([type, event.detail?.reason ?? event.detail?.width ?? event.detail?.code]),
      true);
"""


@pytest.fixture(scope="module")
def element_site(site: Path, chain: MadeChain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("element") / "site"
    shutil.copytree(site, folder)
    write_stand_in(folder / "stand-in")
    photo = Image.fromarray(data.chelsea()[:60, :90])
    photo.save(folder / "photo.png")
    photo.save(folder / "moving.gif")
    frames = {"save_all": True, "append_images": [photo.rotate(180)], "duration": 100}
    photo.save(folder / "moving.webp", **frames)
    photo.save(folder / "moving.png", **frames)
    photo.resize((180, 120)).save(folder / "wide.png")
    shutil.copytree(chain.page_model, folder / "real")
    Image.fromarray(np.full((60, 90, 3), 200, np.uint8)).save(folder / "grey.png")
    return folder


@pytest.fixture
def page(browser: Browser, element_site: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 800, "height": 600})
    with served(element_site) as address:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.add_init_script(_LISTEN)
        page.goto(f"{address}photo.png")  # any document of this origin
        yield page
    context.close()


def show(page: Page, element_site: Path, body: str, head: str = "") -> None:
    """Open a page with `body`, and with the element's one script tag."""
    script = '<script src="dist/half-size.js" data-model="stand-in/"></script>'
    text = f"<!doctype html><html><head>{head}</head><body>{body}{script}</body></html>"
    name = f"page-{len(list(element_site.glob('page-*.html')))}.html"  # never one that is cached
    (element_site / name).write_text(text, encoding="utf-8")
    page.goto(f"{page.url.rsplit('/', 1)[0]}/{name}")


def wait_for_state(page: Page, state: str, selector: str = "half-size") -> None:
    page.wait_for_function(
        "([selector, state]) => document.querySelector(selector)?.getAttribute('state') === state",
        arg=[selector, state],
    )


def test_the_img_paints_the_result_and_stays_an_img(page: Page, element_site: Path) -> None:
    show(page, element_site, _IMG)
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
    show(page, element_site, _IMG)
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
        '<img srcset="photo.png 90w" sizes="300px" alt="">',
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


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("navigator.connection, 'saveData'", "save-data"),
        ("navigator, 'deviceMemory'", "low-memory"),
    ],
)
def test_a_poor_device_is_left_alone(
    page: Page, element_site: Path, override: str, reason: str
) -> None:
    value = "true" if reason == "save-data" else "1"
    page.add_init_script(f"Object.defineProperty({override}, {{ value: {value} }});")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    show(page, element_site, _IMG)
    wait_for_state(page, "skipped")
    assert page.evaluate("window.events") == [["skipped", reason]]
    assert not any("engine" in url or "stand-in" in url for url in requests)
    assert not any(url.endswith("/halfsize.js") for url in requests)  # not even the library


@pytest.mark.parametrize(
    ("img", "reason"),
    [
        ('<img src="moving.gif" width="180" alt="">', "animated"),
        ('<img src="moving.webp" width="180" alt="">', "animated"),
        ('<img src="moving.png" width="180" alt="">', "animated"),
        ('<img src="photo.png" width="90" alt="">', "shown-small"),
    ],
)
def test_what_gains_nothing_is_left_alone(
    page: Page, element_site: Path, img: str, reason: str
) -> None:
    show(page, element_site, f"<half-size backend=wasm>{img}</half-size>")
    wait_for_state(page, "skipped")
    assert page.evaluate("window.events") == [["skipped", reason]]
    if reason == "shown-small":
        page.evaluate("document.querySelector('img').width = 180")  # larger: now it is worth it
        page.wait_for_function("window.events.length === 2")
        # Where the machine is too busy for the img, that is now the reason.
        assert page.evaluate("window.events[1]") in (["upscaled", 180], ["skipped", "slow"])


def test_a_slow_backend_leaves_the_img_alone(page: Page, element_site: Path) -> None:
    # Plain JavaScript needs seconds for a megapixel, wherever it runs.
    img = '<img src="photo.png" width="180" alt="">'
    show(page, element_site, f'<half-size backend="cpu" model="real/">{img}</half-size>')
    wait_for_state(page, "skipped")
    assert page.evaluate("window.events") == [["skipped", "slow"]]


def test_who_prefers_reduced_data_is_left_alone(page: Page, element_site: Path) -> None:
    page.add_init_script(
        """
        const real = window.matchMedia.bind(window);
        window.matchMedia = (query) =>
          query.includes('prefers-reduced-data') ? { matches: true } : real(query);
        """
    )
    show(page, element_site, _IMG)
    wait_for_state(page, "skipped")
    assert page.evaluate("window.events") == [["skipped", "save-data"]]


def shown(page: Page) -> NDArray[np.int64]:
    """What is on the screen where the img is."""
    return np.asarray(Image.open(BytesIO(page.locator("img").screenshot())).convert("RGB"), int)


def test_the_dark_and_the_wide_candidate_are_enlarged_when_it_is_their_turn(
    page: Page, element_site: Path
) -> None:
    picture = """
      <half-size backend="wasm" always><picture>
        <source media="(prefers-color-scheme: dark)" srcset="grey.png">
        <source media="(min-width: 900px)" srcset="wide.png">
        <img src="photo.png" width="180" height="120" alt="">
      </picture></half-size>"""
    show(page, element_site, picture)
    wait_for_state(page, "upscaled")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("events.length === 2")
    assert (shown(page) == 200).all()
    page.emulate_media(color_scheme="light")
    page.wait_for_function("events.length === 3")
    page.set_viewport_size({"width": 1000, "height": 600})
    page.wait_for_function("events.length === 4")
    # Twice each pixel of the wide file, painted in half the space: the file itself.
    wide = np.asarray(Image.open(element_site / "wide.png").convert("RGB"), int)
    assert np.abs(shown(page) - wide).max() <= 2
    assert page.evaluate("events.map(([type, width]) => width)") == [180, 180, 180, 360]


def test_a_lazy_img_loads_when_it_comes_near(page: Page, element_site: Path) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    lazy = _IMG.replace("<img", '<img loading="lazy"')
    show(page, element_site, f'<div style="height: 9000px"></div>{lazy}')
    page.wait_for_timeout(300)
    assert not any("photo.png" in url for url in requests)
    page.evaluate("document.querySelector('img').scrollIntoView()")
    wait_for_state(page, "upscaled")


def test_selection_context_menu_and_printing_are_those_of_an_img(
    page: Page, element_site: Path
) -> None:
    show(page, element_site, f"<p>Before</p>{_IMG}<p>After</p>")
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


def test_far_away_it_waits(page: Page, element_site: Path) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    show(page, element_site, f'<div style="height: 5000px"></div>{_IMG}')
    page.wait_for_timeout(500)
    assert page.evaluate("window.events") == []
    scripts = {url.rsplit("/", 1)[1] for url in requests if url.endswith(".js")}
    assert scripts == {"half-size.js"}
    page.evaluate("document.querySelector('img').scrollIntoView()")
    wait_for_state(page, "upscaled")


def test_another_src_is_enlarged_and_a_move_starts_over(page: Page, element_site: Path) -> None:
    show(page, element_site, _IMG)
    wait_for_state(page, "upscaled")
    first = page.evaluate("document.querySelector('img').style.content")
    page.evaluate("document.querySelector('img').src = 'grey.png'")
    page.wait_for_function(
        "(first) => { const { content } = document.querySelector('img').style;"
        "return content && content !== first; }",
        arg=first,
    )
    # A framework moves it, takes the img out, and puts another in.
    page.evaluate(
        """() => {
          const main = document.body.appendChild(document.createElement('main'));
          main.append(document.querySelector('half-size'));
        }"""
    )
    wait_for_state(page, "upscaled", "main half-size")
    page.evaluate("window.old = document.querySelector('img'); old.remove()")
    assert page.evaluate("old.style.content") == ""
    page.evaluate("old.src = 'photo.png'; document.querySelector('half-size').append(old)")
    wait_for_state(page, "upscaled")
    # A framework that renders style anew does not undo it.
    page.evaluate("old.setAttribute('style', 'opacity: 0.9')")
    page.wait_for_function("old.style.content.includes('blob:')")
    page.evaluate("document.querySelector('half-size').remove()")
    assert page.evaluate("old.style.content") == ""


def test_in_shadow_dom_and_with_an_error(page: Page, element_site: Path) -> None:
    show(page, element_site, "<div></div>")
    page.evaluate(
        """(markup) => {
          const root = document.querySelector('div').attachShadow({ mode: 'open' });
          root.innerHTML = markup;
          window.inside = root.querySelector('half-size');
        }""",
        _IMG,
    )
    page.wait_for_function("inside.getAttribute('state') === 'upscaled'")
    page.evaluate("inside.setAttribute('model', 'nowhere/')")
    page.wait_for_function("inside.getAttribute('state') === 'error'")
    assert page.evaluate("inside.querySelector('img').style.content") == ""


def test_under_a_strict_content_security_policy(browser: Browser, element_site: Path) -> None:
    policy = STRICT.format("'self'")
    text = f'<!doctype html>{_IMG}<script src="dist/half-size.js" data-model="stand-in/"></script>'
    (element_site / "strict.html").write_text(text, encoding="utf-8")
    with served(element_site, Content_Security_Policy=policy) as address:
        page = browser.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.goto(f"{address}strict.html")
        wait_for_state(page, "upscaled")
        page.close()
    assert not [text for text in problems if "Content Security Policy" in text]
