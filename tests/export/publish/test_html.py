from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from export.delivery.student import read_student
from export.publish.choice import LightFiles, Settings, Wanted
from export.publish.html import Snippets
from pixels.scale import HALF
from plumbing.paths import WEB_DEMO
from tests.made.published import choice_of, photo_of, sent_file
from tests.made.students import write_bilinear_student

SMALL = read_student(WEB_DEMO / "models" / "small-fine")
THIRDS = read_student(WEB_DEMO / "models" / "small-fine-3-2")
WANTED = Wanted(settings=Settings(target=60.0, margin=0.1))
REDUCED = choice_of(sent_file("AVIF", "a", scale=HALF), students={SMALL.sha256: 1})


def test_the_snippet_for_browsers_without_avif() -> None:
    choice = choice_of(
        sent_file("AVIF", "a", scale=HALF),
        fallback=sent_file("JPEG", "b", scale=HALF),
        students={SMALL.sha256: 1},
    )
    snippets = Snippets(students=(SMALL, THIRDS), base_url="https://x.org/")
    assert snippets.of('a/"Bäume" & 1.png', photo_of(choice), WANTED) == (
        '<half-size model="https://x.org/halfsize/models/small-fine/model.halfsize">'
        '<picture><source type="image/avif" '
        'srcset="https://x.org/photos/a/b%C3%A4ume-1-aaaaaaaaaa.avif">'
        '<img src="https://x.org/photos/a/b%C3%A4ume-1-bbbbbbbbbb.jpg" width="600" height="400" '
        'alt="{alt}" loading="lazy" decoding="async"></picture></half-size>'
    )


def test_a_model_of_tfjs_is_named_by_its_folder(tmp_path: Path) -> None:
    student = read_student(write_bilinear_student(tmp_path / "my student & co"))
    choice = choice_of(sent_file(scale=HALF), students={student.sha256: 1})
    html = Snippets(students=(student,), base_url="/m/?a=1&file=").of(
        "a.png", photo_of(choice), WANTED
    )
    assert (
        html.split(">")[0]
        == '<half-size model="/m/?a=1&amp;file=halfsize/models/my%20student%20%26%20co/"'
    )


def test_several_widths_in_several_codecs_by_several_students() -> None:
    photo = photo_of(
        choice_of(sent_file("JPEG", "a"), width=100, form="full"),
        choice_of(
            sent_file("WEBP", "b", scale=Fraction(3, 2)), width=300, students={THIRDS.sha256: 1}
        ),
        choice_of(
            sent_file("AVIF", "c", scale=HALF),
            fallback=sent_file("JPEG", "d", scale=HALF),
            students={SMALL.sha256: 1},
        ),
    )
    sizes = "(max-width: 600px) 100vw, 600px"
    names = {digit: f"/m/photos/x-{10 * digit}" for digit in "abcd"}
    assert Snippets(students=(SMALL, THIRDS), base_url="/m/").of("x.png", photo, WANTED) == (
        '<half-size model="/m/halfsize/models/small-fine/model.halfsize 2x, '
        '/m/halfsize/models/small-fine-3-2/model.halfsize 1.5x"><picture>'
        f'<source type="image/avif" srcset="{names["a"]}.jpg 100w, {names["b"]}.webp 300w, '
        f'{names["c"]}.avif 600w" sizes="{sizes}">'
        f'<img src="{names["d"]}.jpg" srcset="{names["a"]}.jpg 100w, {names["b"]}.webp 300w, '
        f'{names["d"]}.jpg 600w" sizes="{sizes}" width="600" height="400" alt="{{alt}}" '
        'loading="lazy" decoding="async"></picture></half-size>'
    )


@pytest.mark.parametrize("sizes", ["50vw", 'calc("1px")'])
def test_sizes_are_as_wanted(sizes: str) -> None:
    photo = photo_of(choice_of(sent_file("WEBP"), width=100, form="full"), REDUCED)
    wanted = Wanted(settings=WANTED.settings, sizes=sizes)
    html = Snippets(students=(SMALL,)).of("x.png", photo, wanted)
    assert html.count(f' sizes="{sizes.replace(chr(34), "&quot;")}"') == 1
    # One student, but several widths: `w` names the width after restoring.
    assert '<half-size model="halfsize/models/small-fine/model.halfsize 2x"><img ' in html


def test_a_photo_with_lighter_files_says_so() -> None:
    """Also if only these are reduced; the addresses are the same."""
    full = choice_of(sent_file("WEBP"), form="full")
    light = LightFiles(student=SMALL.sha256, sent=sent_file("WEBP", "b", scale=HALF), fallback=None)
    snippets = Snippets(students=(SMALL,))
    plain = snippets.of("x.png", photo_of(full), WANTED)
    assert snippets.of("x.png", photo_of(replace(full, light=light)), WANTED) == (
        f'<half-size model="halfsize/models/small-fine/model.halfsize" frugal>{plain}</half-size>'
    )


def test_a_photo_of_the_first_screen_is_loaded_at_once() -> None:
    wanted = Wanted(settings=WANTED.settings, first=True)
    html = Snippets(students=(SMALL,)).of(
        "x.png", photo_of(choice_of(sent_file("WEBP"), form="full")), wanted
    )
    assert html == (
        '<img src="photos/x-aaaaaaaaaa.webp" width="600" height="400" alt="{alt}" '
        'fetchpriority="high" decoding="async">'
    )
