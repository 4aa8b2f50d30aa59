from __future__ import annotations

from export.publish.totals import add_up
from tests.made.published import choice_of, sent_file


def test_the_summary_adds_up() -> None:
    choices = [
        choice_of(sent_file(bytes_=600, half=True)),
        choice_of(sent_file(bytes_=1000), form="full"),
    ]
    totals = add_up(choices, own_bytes=9000, student_bytes=1000, runtime_bytes=3000)
    assert (totals.photos, totals.half, totals.saved_bytes) == (2, 1, 400)
    assert (totals.codecs_earned, totals.half_earned, totals.filters_earned) == (200, 390, 10)
    assert totals.break_even == 20
    assert totals.sentence == (
        "2 photos, 1 of them at half size: 1.6 KB instead of 2.0 KB at full size (20.0 % less). "
        "A reader also downloads 4.0 KB once (student 1.0 KB, scripts 3.0 KB), which pays off "
        "after 20 photos."
    )


def test_a_site_without_half_size_needs_no_student() -> None:
    choices = [choice_of(sent_file(), form="full")]
    totals = add_up(choices, own_bytes=9000, student_bytes=1000, runtime_bytes=3000)
    assert totals.break_even is None
    assert "not sent" in totals.sentence
