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

from export.check.browser import find_browser
from tests.browser.library.pages import STRICT
from tests.browser.stand_in import write_stand_in
from tests.made.runs import MadeChain
from tools.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]

_IMG = (
    '<half-size backend="wasm" always>'
    '<img src="photo.png" width="180" height="120" alt="A cat"></half-size>'
)

# What the img paints instead of its file; `normal` if nothing.
_CONTENT = "getComputedStyle(document.querySelector('img')).content"

_LISTEN = """
  window.events = [];
  for (const type of ['upscaled', 'skipped', 'error'])
    document.addEventListener(type, (event) =>
      window.events.push([type, event.detail?.reason ?? event.detail?.width ?? event.detail?.code]),
      true);
"""


_LISTEN_BY_TITLE = """
  window.reasons = [];
  for (const type of ['upscaled', 'skipped', 'error'])
    document.addEventListener(type, ({ target, detail }) =>
      window.reasons.push([target.title, detail?.reason ?? type]), true);
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


@pytest.mark.browsers("chromium")  # no matter of the browser
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("connection", "{ saveData: true }", "save-data"),
        ("deviceMemory", "1", "low-memory"),
    ],
)
def test_a_poor_device_is_left_alone(
    page: Page, element_site: Path, name: str, value: str, reason: str
) -> None:
    page.add_init_script(f"Object.defineProperty(navigator, '{name}', {{ value: {value} }});")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    show(page, element_site, _IMG)
    wait_for_state(page, "skipped")
    assert page.evaluate("window.events") == [["skipped", reason]]
    assert not any("engine" in url or "stand-in" in url for url in requests)
    assert not any("/halfsize.js" in url for url in requests)  # not even the library


def test_what_gains_nothing_is_left_alone(page: Page, element_site: Path) -> None:
    page.add_init_script(_LISTEN_BY_TITLE)
    sizes = {"moving.gif": 180, "moving.webp": 180, "moving.png": 180, "photo.png": 90}
    body = "".join(
        # Where the machine is too busy for stills, nobody reads whether WebP and PNG move: always.
        f'<half-size backend=wasm title="{file}" {"always" if "moving" in file else ""}>'
        f'<img src="{file}" width="{width}" height="{width * 2 // 3}" alt=""></half-size>'
        for file, width in sizes.items()
    )
    show(page, element_site, body)
    page.wait_for_function("new Set(reasons.map(([title]) => title)).size === 4")
    expected = {file: "animated" if "moving" in file else "shown-small" for file in sizes}
    assert dict(page.evaluate("reasons")) == expected
    page.evaluate(  # larger: now it is worth it
        "const img = [...document.querySelectorAll('img')].at(-1); img.width *= 2; img.height *= 2;"
    )
    page.wait_for_function(
        "reasons.at(-1)[1] !== 'shown-small' && reasons.at(-1)[0] === 'photo.png'"
    )
    # Where the machine is too busy for the img, that is now the reason.
    assert page.evaluate("reasons.at(-1)") in (["photo.png", "upscaled"], ["photo.png", "slow"])


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_slow_backend_leaves_the_img_alone(page: Page, element_site: Path) -> None:
    # Plain JavaScript needs seconds for a megapixel, wherever it runs.
    img = '<img src="photo.png" width="180" alt="">'
    show(page, element_site, f'<half-size backend="cpu" model="real/">{img}</half-size>')
    wait_for_state(page, "skipped")
    assert page.evaluate("window.events") == [["skipped", "slow"]]


@pytest.mark.browsers("chromium")  # no matter of the browser
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


def test_a_lazy_img_loads_when_it_comes_near(page: Page, element_site: Path) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    lazy = _IMG.replace("photo.png", "grey.png").replace("<img", '<img loading="lazy"')
    show(page, element_site, f'<div style="height: 9000px"></div>{lazy}')
    page.wait_for_timeout(300)
    assert not any("grey.png" in url for url in requests)
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
    scripts = {url.rsplit("/", 1)[1] for url in requests if ".js" in url}
    assert scripts == {"half-size.js"}
    page.evaluate("document.querySelector('img').scrollIntoView()")
    wait_for_state(page, "upscaled")


def test_another_src_is_enlarged_and_a_move_changes_nothing(page: Page, element_site: Path) -> None:
    show(page, element_site, _IMG)
    wait_for_state(page, "upscaled")
    first = page.evaluate(_CONTENT)
    page.evaluate("document.querySelector('img').src = 'grey.png'")
    page.wait_for_function(
        f"(first) => {_CONTENT} !== first && {_CONTENT}.includes('blob:')", arg=first
    )
    # A slider moves its slide: the result is back before the next frame, and is not made again.
    moved = page.evaluate(
        f"""() => {{
          const before = {_CONTENT};
          const main = document.body.appendChild(document.createElement('main'));
          main.append(document.querySelector('half-size'));
          return [before === {_CONTENT}, document.querySelector('half-size').getAttribute('state')];
        }}"""
    )
    assert moved == [True, "upscaled"]
    # A framework takes the img out, and puts another in.
    page.evaluate("window.old = document.querySelector('img'); old.remove()")
    page.evaluate("document.body.append(old)")
    assert page.evaluate(_CONTENT) == "normal"
    page.evaluate("old.src = 'photo.png'; document.querySelector('half-size').append(old)")
    wait_for_state(page, "upscaled")
    assert page.evaluate("events.map(([type]) => type)") == ["upscaled"] * 3
    page.evaluate("const element = document.querySelector('half-size'); element.replaceWith(old)")
    assert page.evaluate(_CONTENT) == "normal"


def test_a_script_that_rewrites_style_does_not_undo_it(page: Page, element_site: Path) -> None:
    show(page, element_site, _IMG.replace("<img", "<img style='opacity: 1'"))
    wait_for_state(page, "upscaled")
    for script in (
        "setAttribute('style', 'opacity: 0.9')",
        "style.cssText = 'opacity: 0.8'",
        "removeAttribute('style')",
    ):
        same = f"(() => {{ const before = {_CONTENT}; document.querySelector('img').{script};"
        assert page.evaluate(f"{same} return before === {_CONTENT}; }})()"), script
    assert len(page.evaluate("events")) == 1


_OLD = 'style="content: image-set(url(&quot;blob:http://old/1&quot;) 2x)"'


def test_saved_html_holds_nothing_of_the_result(page: Page, element_site: Path) -> None:
    # With attributes: HTML that an earlier version of the element left behind.
    attributes = ("", f"{_OLD} ", f"loading=lazy {_OLD} ")
    show(page, element_site, "".join(_IMG.replace("<img", f"<img {it}") for it in attributes))
    page.wait_for_function("events.length === 3")
    each = "[...document.querySelectorAll('img')].map"
    contents = page.evaluate(f"{each}((img) => getComputedStyle(img).content)")
    assert all("blob:" in content and "old" not in content for content in contents)
    saved = page.evaluate("document.documentElement.outerHTML")
    assert "blob:" not in saved
    assert page.evaluate(f"{each}((img) => img.getAttribute('style'))") == [None] * 3
    show(page, element_site, re.sub(r"<script.*?</script>", "", saved))
    page.wait_for_function("events.length === 3")
    assert page.evaluate("events") == [["upscaled", 180]] * 3


def test_what_is_gone_is_not_painted(page: Page, element_site: Path) -> None:
    show(page, element_site, _IMG)
    wait_for_state(page, "upscaled")
    for how in ("src = 'missing.png'", "removeAttribute('src')", "src = ''"):
        page.evaluate(f"document.querySelector('img').{how}")
        wait_for_state(page, "waiting")
        assert page.evaluate(_CONTENT) == "normal", how
        page.evaluate("document.querySelector('img').src = 'photo.png'")
        wait_for_state(page, "upscaled")


_SIZES = {  # the img, and whether it is worth the work on a screen of density 2
    "a small candidate, shown large": ('srcset="photo.png 90w" sizes="180px"', True),
    "a candidate for half the density": ('srcset="photo.png 0.5x" width="180"', True),
    "a candidate for this density": ('srcset="wide.png 2x" width="90"', False),
    "a large candidate": ('srcset="photo.png 90w, wide.png 180w" sizes="90px"', False),
    "stretched downwards": ('src="photo.png" style="width: 45px; height: 90px"', True),
    "cut off by object-fit": (
        'src="photo.png" style="width: 45px; height: 90px; object-fit: cover"',
        True,
    ),
    "small in a large box": (
        'src="wide.png" style="width: 400px; height: 60px; object-fit: contain"',
        False,
    ),
    "padded": ('src="photo.png" style="width: 45px; height: 30px; padding: 60px"', False),
}


def test_the_pixels_of_the_file_decide(browser: Browser, element_site: Path) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 600}, device_scale_factor=2)
    body = "".join(
        f"<half-size backend=wasm title='{case}'><img {attributes} alt=''></half-size>"
        for case, (attributes, _) in _SIZES.items()
    )
    with served(element_site) as address:
        page = context.new_page()
        page.add_init_script(_LISTEN + _LISTEN_BY_TITLE)
        page.goto(f"{address}photo.png")
        show(page, element_site, body)
        page.wait_for_function(f"events.length === {len(_SIZES)}")
        reasons = dict(page.evaluate("reasons"))
    context.close()
    assert {case: reason != "shown-small" for case, reason in reasons.items()} == {
        case: is_worth_it for case, (_, is_worth_it) in _SIZES.items()
    }


def test_a_picture_that_a_transform_reveals_is_enlarged(page: Page, element_site: Path) -> None:
    element = '<half-size backend=wasm><img src="photo.png" width="180" alt=""></half-size>'
    transforms = ("scale(.3)", "rotateY(90deg)", "rotate(30deg) scale(.2)")
    mains = (f'<main style="transform: {it}">{element}</main>' for it in transforms)
    show(page, element_site, "".join(mains))
    page.wait_for_function("events.length === 3")
    assert page.evaluate("events") == [["skipped", "shown-small"]] * 3
    page.evaluate("document.querySelectorAll('main').forEach((it) => { it.style.transform = ''; })")
    page.wait_for_function("events.length === 6")
    for event in page.evaluate("events.slice(3)"):
        assert event in (["upscaled", 180], ["skipped", "slow"])


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_file_on_many_cards_is_enlarged_once(page: Page, element_site: Path) -> None:
    show(page, element_site, _IMG * 6)
    page.wait_for_function("events.length === 6")
    contents = "[...document.querySelectorAll('img')].map((img) => getComputedStyle(img).content)"
    assert page.evaluate(f"new Set({contents}).size") == 1
    page.evaluate("document.querySelector('half-size').remove()")  # the others keep it
    assert "blob:" in page.evaluate(_CONTENT)


def test_pictures_that_are_scrolled_to_and_fro_are_enlarged_once(
    page: Page, element_site: Path
) -> None:
    images = "".join(f"<p>{_IMG.replace('photo.png', f'photo.png?{n}')}" for n in range(10))
    show(page, element_site, images)
    page.evaluate(
        "setInterval(() => scrollTo(0, scrollY < 100 ? document.body.scrollHeight : 0), 60)"
    )
    page.wait_for_function("events.length >= 10")
    page.wait_for_timeout(200)
    assert page.evaluate("events") == [["upscaled", 180]] * 10


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_missing_model_is_requested_once_and_again_when_online(
    page: Page, element_site: Path
) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    lost = _IMG.replace("always", "always model=lost/")
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
    text = f'{_IMG}<script src="dist/half-size.js"></script><script>{name}</script>'
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
    assert "blob:" in page.evaluate(_CONTENT)


def test_a_second_img_is_named_in_the_console(page: Page, element_site: Path) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    img = '<img src="photo.png" width="180" alt="">'
    show(page, element_site, f"<half-size backend=wasm always>{img}{img}</half-size>")
    wait_for_state(page, "upscaled")
    assert sum("takes one img" in text for text in messages) == 1
    painted = "[...document.querySelectorAll('img')].map((img) => getComputedStyle(img).content)"
    assert [("blob:" in content) for content in page.evaluate(painted)] == [True, False]


def test_a_tab_that_is_hidden_works_when_it_is_seen(page: Page, element_site: Path) -> None:
    page.add_init_script(
        "window.hidden = true; Object.defineProperty(document, 'hidden', { get: () => hidden });"
    )
    show(page, element_site, _IMG)
    page.wait_for_timeout(400)
    assert page.evaluate("events") == []
    page.evaluate("hidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    wait_for_state(page, "upscaled")


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
    assert page.evaluate("getComputedStyle(inside.querySelector('img')).content") == "normal"


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


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_every_script_is_named_by_its_build(page: Page, element_site: Path) -> None:
    """So that no cache mixes two builds: those that a page names itself are the page's business."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    show(page, element_site, _IMG)
    wait_for_state(page, "upscaled")
    scripts = [url.rsplit("/", 1)[1] for url in requests if "/dist/" in url]
    ours = dict(name.split("?") for name in scripts if name != "half-size.js")
    assert {"halfsize.js", "engine-tfjs-wasm.js"} <= set(ours)
    (build,) = set(ours.values())
    assert re.fullmatch(r"\w{6,}", build)


@pytest.mark.browsers("chromium")  # it starts one of its own
@pytest.mark.parametrize("is_kept", [True, False], ids=["kept by the browser", "loaded again"])
def test_a_page_that_is_returned_to_shows_its_enlarged_pictures(
    browser: Browser, element_site: Path, is_kept: bool
) -> None:
    script = '<script src="dist/half-size.js" data-model="stand-in/"></script>'
    (element_site / "left.html").write_text(f"<!doctype html>{_IMG}{script}", encoding="utf-8")
    with (
        served(element_site) as address,
        browser.browser_type.launch(
            executable_path=find_browser(browser.browser_type),
            args=["--no-sandbox"],
            ignore_default_args=["--disable-back-forward-cache"] if is_kept else None,
        ) as other,
    ):
        page = other.new_page()
        page.add_init_script(_LISTEN)
        page.goto(f"{address}left.html")
        wait_for_state(page, "upscaled")
        page.evaluate("window.mark = 1")
        page.goto(f"{address}photo.png")
        page.go_back(wait_until="commit")  # a page that is kept does not load
        wait_for_state(page, "upscaled")
        assert "blob:" in page.evaluate(_CONTENT)
        assert (page.evaluate("window.mark") == 1) is is_kept
        assert page.evaluate("events") == [["upscaled", 180]]
