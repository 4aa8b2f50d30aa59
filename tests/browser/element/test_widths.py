"""Candidates with `w` descriptors: those that are smaller than it says are restored."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from skimage import data

from export.compact.form import write_compact
from teacher.networks.compact_file import FILE
from tests.browser.element.pages import LISTEN, show, wait_for_state
from tests.browser.stand_in import write_card
from tests.made.networks import RATIO
from tools.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]

_FILES = {  # of a photo of 300 x 203: 120 pixels wide as half, 179 as two thirds, and all of it
    "half,1.png": (60, 41),
    "thirds.png": (120, 82),
    "bare.png": (120, 82),
    "whole.png": (300, 203),
    "odd.png": (75, 51),
}
_SET = "half,1.png 120w, thirds.png 179w 121h,whole.png 300w"
_MODELS = "stand-in/ 2x, thirds/model.halfsize 1.5x"
_CONTENT = "() => getComputedStyle(document.querySelector('img')).content"
_LISTEN = """
  window.reports = [];
  for (const type of ['upscaled', 'skipped', 'error'])
    document.addEventListener(type, ({ detail }) => reports.push(
      detail.reason ?? detail.message ?? [detail.width, detail.height]), true);
"""


@pytest.fixture(scope="module")
def widths_site(element_site: Path) -> Path:
    """The site with a second model, and the candidates in a folder of their own."""
    (element_site / "thirds").mkdir()
    write_compact(element_site / "thirds" / FILE, RATIO, "float16")
    write_card(element_site / "thirds", margin_px=6, colour="luma", scale=RATIO.scale)
    (element_site / "photos").mkdir()
    photo = Image.fromarray(data.chelsea()[:203, :300])
    for name, size in _FILES.items():
        photo.resize(size).save(element_site / "photos" / name)
    return element_site


def requests_of(page: Page) -> list[str]:
    """The paths that the page asks for from now on, without queries."""
    requests: list[str] = []
    page.on("request", lambda it: requests.append(it.url.split("/", 3)[3].split("?")[0]))
    return requests


def picture(sizes: str, *, source: str = _SET, element: str = "always") -> str:
    """A picture whose photo is named by its source, below a base address."""
    return (
        f'<half-size backend="wasm" {element}><picture>'
        # Neither of these is chosen; the first has the same addresses.
        f'<source media="print" srcset="{_SET.replace("120w", "9w").replace("300w", "600w")}">'
        '<source type="image/x-no-such-type" srcset="/grey.png 120w">'
        f'<source type="image/png" media="(min-width: 1px)" sizes="{sizes}" srcset="{source}">'
        '<img src="/grey.png" width="300" height="203" alt=""></picture></half-size>'
    )


def reported(page: Page, count: int = 1) -> list[object]:
    """What the elements have reported."""
    page.wait_for_function("(count) => reports.length >= count", arg=count)
    return page.evaluate("reports")


_BASE = '<base href="photos/">'
_FROM_BASE = _MODELS.replace("stand-in", "../stand-in").replace("thirds/", "../thirds/")


@pytest.mark.parametrize(
    ("sizes", "size", "model"),
    [("110px", [120, 81], "stand-in/"), ("170px", [179, 121], "thirds/")],
    ids=["half", "two thirds"],
)
def test_a_reduced_candidate_takes_its_student_alone_and_its_own_size(
    page: Page, widths_site: Path, sizes: str, size: list[int], model: str
) -> None:
    page.add_init_script(_LISTEN)
    requests = requests_of(page)
    show(page, widths_site, picture(sizes), head=_BASE, model=_FROM_BASE)
    assert reported(page) == [size]
    painted = page.evaluate(
        """async () => {
          const { content } = getComputedStyle(document.querySelector('img'));
          const shown = new Image();
          [, shown.src] = /"(blob:[^"]*)"/.exec(content);
          await shown.decode();
          return [shown.naturalWidth, shown.naturalHeight];
        }"""
    )
    assert painted == size
    asked = {path for path in requests if path.startswith(("stand-in/", "thirds/"))}
    assert asked
    assert all(path.startswith(model) for path in asked)


def test_a_candidate_of_full_size_is_left_alone_and_nothing_is_downloaded(
    page: Page, widths_site: Path
) -> None:
    page.add_init_script(_LISTEN)
    requests = requests_of(page)
    show(page, widths_site, picture("290px"), head=_BASE, model=_FROM_BASE)
    wait_for_state(page, "skipped")
    assert reported(page) == ["full-size"]
    scripts = [path for path in requests if path.endswith((".js", ".json", ".halfsize"))]
    assert scripts == ["dist/half-size.js"]
    assert page.evaluate(_CONTENT) == "normal"


def test_where_no_scale_is_named_w_is_the_width_of_the_file(page: Page, widths_site: Path) -> None:
    """As most sites write it: a file that is drawn larger is enlarged, as one of a plain src is."""
    page.add_init_script(_LISTEN)
    body = (
        '<half-size backend="wasm"><img srcset="/photos/half,1.png 60w" sizes="120px" width="120" '
        'height="82" alt=""></half-size><half-size><img srcset="/photos/whole.png 300w" '
        'sizes="300px" width="300" height="203" alt=""></half-size>'
    )
    show(page, widths_site, body, model="stand-in/")
    assert sorted(map(str, reported(page, 2))) == ["[120, 82]", "shown-small"]


def test_another_viewport_brings_another_candidate(page: Page, widths_site: Path) -> None:
    page.add_init_script(_LISTEN)
    sizes = "(min-width: 900px) 290px, (min-width: 850px) 170px, 110px"
    show(page, widths_site, picture(sizes), head=_BASE, model=_FROM_BASE)
    assert reported(page) == [[120, 81]]
    page.set_viewport_size({"width": 870, "height": 600})
    assert reported(page, 2)[1:] == [[179, 121]]
    page.set_viewport_size({"width": 1000, "height": 600})
    assert reported(page, 3)[2:] == ["full-size"]
    assert page.evaluate(_CONTENT) == "normal"
    assert page.evaluate("document.querySelector('img').currentSrc").endswith("whole.png")


def test_without_a_student_of_its_ratio_a_sentence_and_the_plain_photo(
    page: Page, widths_site: Path
) -> None:
    page.add_init_script(_LISTEN)
    requests = requests_of(page)
    odd = picture("290px", source="odd.png 300w")
    show(page, widths_site, odd, head=_BASE, model=_FROM_BASE)
    wait_for_state(page, "error")
    assert reported(page) == ["No student makes a file of 75 pixels 300 pixels wide."]
    assert "dist/halfsize.js" not in requests
    assert page.evaluate(_CONTENT) == "normal"
    # Of a single student nobody knows the scale before it is there.
    page.evaluate("document.querySelector('half-size').setAttribute('model', '../stand-in/')")
    page.wait_for_function("reports.length === 2")
    assert reported(page)[1] == reported(page)[0]
    assert page.evaluate(_CONTENT) == "normal"


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_source_may_have_another_shape_and_an_img_no_attributes(
    page: Page, widths_site: Path
) -> None:
    page.add_init_script(_LISTEN)
    shaped = picture("110px").replace('type="image/png"', 'type="image/png" width="3" height="2"')
    # A file of its own: of those that it has, a browser may take a larger one.
    bare = picture("110px", source="bare.png 179w").replace('width="300" height="203"', "")
    show(page, widths_site, shaped + bare, head=_BASE, model=_FROM_BASE)
    # 80 rows are not what this file can be cut to: all of its pixels are kept, as of the second.
    assert sorted(map(str, reported(page, 2))) == ["[120, 82]", "[180, 123]"]


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_reduced_candidate_that_is_drawn_small_is_left_alone(
    page: Page, widths_site: Path
) -> None:
    page.add_init_script(_LISTEN)
    small = picture("170px", element="").replace("<img", '<img style="width: 100px; height: auto"')
    show(page, widths_site, small, head=_BASE, model=_FROM_BASE)
    assert reported(page) == ["shown-small"]


_SAVE = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });"


@pytest.mark.browsers("chromium")  # the one that has Save-Data
def test_with_save_data_what_is_frugal_or_paid_for_is_restored(
    browser: Browser, widths_site: Path
) -> None:
    context = browser.new_context()
    context.add_init_script(LISTEN + _LISTEN + _SAVE)
    page = context.new_page()
    requests = requests_of(page)
    with served(widths_site) as address:
        page.goto(f"{address}photo.png")
        show(page, widths_site, picture("170px"), head=_BASE, model=_FROM_BASE)
        assert reported(page) == ["save-data"]
        assert not [path for path in requests if "halfsize.js" in path or "engine" in path]
        frugal = picture("170px", element="always frugal")
        show(page, widths_site, frugal, head=_BASE, model=_FROM_BASE)
        assert reported(page) == [[179, 121]]
        show(page, widths_site, picture("170px"), head=_BASE, model=_FROM_BASE)
        assert reported(page) == [[179, 121]]  # of what it takes everything is in the cache
    context.close()
