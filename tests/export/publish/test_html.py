from __future__ import annotations

from pathlib import Path

from export.delivery.student import read_student
from export.publish.html import snippet
from pixels.scale import HALF
from plumbing.paths import WEB_DEMO
from tests.made.published import choice_of, sent_file
from tests.made.students import write_bilinear_student

SMALL = read_student(WEB_DEMO / "models" / "small-fine")


def test_the_snippet_for_browsers_without_avif() -> None:
    choice = choice_of(
        sent_file("AVIF", "a", scale=HALF), fallback=sent_file("JPEG", "b", scale=HALF)
    )
    assert snippet('a/"Bäume" & 1.png', choice, SMALL, base_url="https://x.org/") == (
        '<half-size model="https://x.org/halfsize/models/small-fine/model.halfsize">'
        '<picture><source type="image/avif" '
        'srcset="https://x.org/photos/a/b%C3%A4ume-1-aaaaaaaaaa.avif">'
        '<img src="https://x.org/photos/a/b%C3%A4ume-1-bbbbbbbbbb.jpg" width="600" height="400" '
        'alt="{alt}" loading="lazy" decoding="async"></picture></half-size>'
    )


def test_a_model_of_tfjs_is_named_by_its_folder(tmp_path: Path) -> None:
    student = read_student(write_bilinear_student(tmp_path / "my student & co"))
    html = snippet("a.png", choice_of(sent_file(scale=HALF)), student, base_url="/m/?a=1&file=")
    assert (
        html.split(">")[0]
        == '<half-size model="/m/?a=1&amp;file=halfsize/models/my%20student%20%26%20co/"'
    )
