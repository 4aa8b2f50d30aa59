"""The sample page: what it says of each photo and of all, and its loupe."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from html import unescape
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from export.delivery.student import Student, read_student
from export.publish.choice import Choice, Settings
from export.publish.sample.page import ShownPhoto, sample_page
from export.publish.totals import add_up
from pixels.quality.screens import PHONE
from pixels.scale import HALF
from plumbing.paths import WEB_DEMO
from tests.made.published import choice_of, photo_of, sent_file

SMALL = read_student(WEB_DEMO / "models" / "small-fine")
ON_A_PHONE = Settings(target=9.6, margin=0.1, screen=PHONE)
REDUCED = choice_of(sent_file(scale=HALF, bytes_=800), full_bytes=1000)
FULL = choice_of(sent_file(digit="d", bytes_=700), full_bytes=700, form="full")


def shown(
    choice: Choice, student: Student | None = None, name: str = "a.png", full: str | None = None
) -> ShownPhoto:
    return ShownPhoto(
        name=name,
        sent=photo_of(choice),
        student=student,
        own_bytes=9000,
        full=full,
        settings=ON_A_PHONE,
    )


def page_of(photos: Sequence[ShownPhoto], sentences: Sequence[str] = ()) -> str:
    totals = add_up(
        [photo.sent for photo in photos],
        own_bytes=9000 * len(photos),
        student_bytes=1000,
        runtime_bytes=500,
    )
    return sample_page(photos, lambda _: b"file", totals=totals, sentences=sentences)


def bars(page: str) -> list[list[tuple[str, ...]]]:
    """Name, bytes and note of each bar, of all photos and then of each."""
    row = r"<dt>(.*?)</dt>.*?<dd class=\"bytes\">(.*?)</dd><dd class=\"note\">(.*?)</dd>"
    lists = re.findall(r"<dl class=\"bars\">(.*?)</dl>", page)
    return [[tuple(map(unescape, cells)) for cells in re.findall(row, one)] for one in lists]


def test_it_tells_what_is_sent_what_full_size_needs_and_what_fixed_settings_send() -> None:
    page = page_of([shown(REDUCED, SMALL), shown(FULL)])
    assert bars(page) == [
        [
            ("As sent", "1.5 KB", "and 1.5 KB once"),
            ("Full size, same target", "1.7 KB", "each in its best codec; 11.8% less is sent"),
            ("AVIF 50, full size", "4.0 KB", "whatever it looks like; 62.5% less is sent"),
            ("WebP 75, full size", "6.0 KB", "whatever it looks like; 75.0% less is sent"),
            ("JPEG 80, full size", "8.0 KB", "whatever it looks like; 81.2% less is sent"),
            ("Your own files", "18.0 KB", "91.7% less is sent"),
        ],
        [
            ("As sent", "800 bytes", ""),
            ("Full size, same target", "1.0 KB", "AVIF 50; 20.0% less is sent"),
            ("AVIF 50, full size", "2.0 KB", "whatever it looks like; 60.0% less is sent"),
            ("WebP 75, full size", "3.0 KB", "whatever it looks like; 73.3% less is sent"),
            ("JPEG 80, full size", "4.0 KB", "whatever it looks like; 80.0% less is sent"),
            ("Your own file", "9.0 KB", "91.1% less is sent"),
        ],
        [
            ("As sent", "700 bytes", ""),
            ("Full size, same target", "700 bytes", "AVIF 50; the same is sent"),
            ("AVIF 50, full size", "2.0 KB", "whatever it looks like; 65.0% less is sent"),
            ("WebP 75, full size", "3.0 KB", "whatever it looks like; 76.7% less is sent"),
            ("JPEG 80, full size", "4.0 KB", "whatever it looks like; 82.5% less is sent"),
            ("Your own file", "9.0 KB", "92.2% less is sent"),
        ],
    ]


def test_each_picture_has_bytes_and_what_is_judged_a_score() -> None:
    page = page_of([shown(REDUCED, SMALL, full=".halfsize/full/c.avif"), shown(FULL)])
    captions = re.findall(r"<figcaption><b>(.*?)</b>(.*?)</figcaption>", page)
    assert captions == [
        ("Full size", "600 × 400, AVIF 50, 1.0 KB, ColorVideoVDP 60.00"),
        (
            "As sent",
            "300 × 200, AVIF 50, 800 bytes, enlarged by the browser, as before scripts run",
        ),
        ("As restored", "by small-fine, ColorVideoVDP 60.00"),
        ("As sent: full size", "600 × 400, AVIF 50, 700 bytes, ColorVideoVDP 60.00"),
    ]
    assert 'src=".halfsize/full/c.avif"' in page


def test_what_misses_the_target_or_is_more_than_a_site_sends_is_said() -> None:
    page = page_of([shown(replace(FULL, reached=False, fixed=dict.fromkeys(FULL.fixed, 500)))])
    assert "does not reach the target" in page
    assert bars(page)[1][2] == (
        "AVIF 50, full size",
        "500 bytes",
        "whatever it looks like; 40.0% more is sent",
    )


@pytest.mark.parametrize(
    ("student", "scripts"), [(None, 1), (SMALL, 3), (replace(SMALL, name='"</script>'), 3)]
)
def test_names_cannot_break_the_sample_page(student: Student | None, scripts: int) -> None:
    choice = choice_of(sent_file(scale=HALF), form="reduced" if student else "full")
    page = page_of([shown(choice, student, name='"</p>.png')], sentences=["1 < 2", "two"])
    assert "&quot;&lt;/p&gt;.png" in page
    assert "<p>1 &lt; 2</p>\n<p>two</p>" in page
    assert page.count("</script>") == scripts
    assert ('src="data:image/avif;base64,ZmlsZQ=="' in page) == (student is not None)


def test_all_widths_are_listed() -> None:
    narrow = choice_of(sent_file("JPEG", bytes_=300), full_bytes=300, form="full", width=300)
    photo = replace(shown(REDUCED, SMALL), sent=photo_of(narrow, REDUCED))
    page = page_of([photo])
    rows = re.findall(
        r"<tr><th scope=row>(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td>", page
    )
    assert rows == [
        (
            "600 × 400",
            "300 × 200, AVIF 50, 800 bytes",
            "ColorVideoVDP 60.00",
            "20.0% less is sent",
        ),
        ("300 × 200", "600 × 400, JPEG 50, 300 bytes", "ColorVideoVDP 60.00", "the same is sent"),
    ]
    assert "<table>" not in page_of([shown(REDUCED, SMALL)])


@pytest.fixture
def looked_at(browser: Browser, tmp_path: Path) -> Page:
    """A page with a photo in three panes; there are no scripts, so nothing is restored."""
    for number, name in enumerate(("full.png", "sent.png")):
        Image.new("RGB", (60, 40), (0, 99 * number, 0)).save(tmp_path / name)
    content = io.BytesIO()
    Image.new("RGB", (300, 200)).save(content, "PNG")
    choice = replace(REDUCED, sent=sent_file(scale=Fraction(2)))
    (tmp_path / "sample.html").write_text(
        page_of([shown(choice, SMALL, full="full.png")]), encoding="utf-8"
    )
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((tmp_path / "sample.html").as_uri())
    return page


_SCALES = """() => [...document.querySelectorAll('.pane img')].map((img) => {
  const { transform, transformOrigin } = getComputedStyle(img);
  return [transform === 'none' ? 1 : new DOMMatrix(transform).a, transformOrigin];
})"""


@pytest.mark.browser
def test_the_loupe_looks_at_one_place_of_all_pictures(looked_at: Page) -> None:
    pane = looked_at.locator(".pane").nth(1)
    box = pane.bounding_box()
    assert box
    # As large as on a phone: 600 of 95 pixels per degree, where a CSS pixel is one of 38.
    assert box["width"] == pytest.approx(600 / 95 * 38, abs=0.1)
    assert looked_at.evaluate(_SCALES) == [[1, looked_at.evaluate(_SCALES)[0][1]]] * 3
    looked_at.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    by_mouse = looked_at.evaluate(_SCALES)
    assert by_mouse == [by_mouse[0]] * 3
    assert by_mouse[0][0] == 4
    x, y = (float(part.removesuffix("px")) for part in by_mouse[0][1].split())
    assert (x, y) == pytest.approx((box["width"] / 4, box["height"] / 2), abs=1)
    looked_at.mouse.move(5, 5)
    assert looked_at.evaluate(_SCALES)[0][0] == 1
    panes = looked_at.get_by_role("group")
    panes.press("Enter")
    panes.press("ArrowRight")
    moved = looked_at.evaluate(_SCALES)
    assert moved[0][0] == 4
    assert float(moved[0][1].split("px")[0]) == pytest.approx(x + 0.05 * box["width"], abs=1)
    panes.press("Escape")
    assert looked_at.evaluate(_SCALES)[0][0] == 1


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(looked_at: Page, width: int) -> None:
    looked_at.set_viewport_size({"width": width, "height": 800})
    assert looked_at.evaluate("document.documentElement.scrollWidth") <= width
    # A name and its bytes are in one line.
    for name, bytes_ in zip(
        *(looked_at.locator(f".bars {it}").all() for it in ("dt", ".bytes")), strict=True
    ):
        boxes = name.bounding_box(), bytes_.bounding_box()
        assert boxes[0] and boxes[1]
        assert boxes[0]["y"] == pytest.approx(boxes[1]["y"], abs=2)


def test_what_is_sent_is_compared_at_exactly_the_score_of_full_size() -> None:
    """A file overshoots the target, by up to a setting: no fault of reducing."""
    overshooting = [
        replace(REDUCED, sent_at_target=760, full_at_target=950),
        replace(FULL, sent_at_target=650, full_at_target=650),
    ]
    totals, *each = bars(page_of([shown(overshooting[0], SMALL), shown(overshooting[1])]))
    assert [rows[1][2] for rows in (totals, *each)] == [
        "each in its best codec; at exactly the same score 11.9% less is sent",
        "AVIF 50; at exactly the same score 20.0% less is sent",
        "AVIF 50; the same is sent",
    ]
