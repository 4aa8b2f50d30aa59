from __future__ import annotations

from fractions import Fraction

from export.publish.totals import add_up
from tests.made.published import choice_of, sent_file


def test_the_summary_adds_up() -> None:
    choices = [
        choice_of(sent_file(bytes_=600, scale=Fraction(3, 2))),
        choice_of(sent_file(bytes_=1000), form="full"),
    ]
    totals = add_up(choices, own_bytes=9000, student_bytes=1000, runtime_bytes=3000)
    assert (totals.photos, totals.reduced, totals.saved_bytes) == (2, 1, 400)
    assert (totals.codecs_earned, totals.reduced_earned, totals.filters_earned) == (200, 390, 10)
    assert totals.break_even == 20
    assert totals.sentence == (
        "2 photos, 1 of them reduced (1 by 3/2): 1.6 KB. At exactly the same score that is 1.6 KB "
        "instead of 2.0 KB at full size, by the same encoders (20.0 % less). A reader also "
        "downloads 4.0 KB once (students 1.0 KB, scripts 3.0 KB), which pays off after 20 photos."
    )
    assert totals.fixed_sentence == (
        "With one setting for all photos, at full size, a site sends 4.0 KB with AVIF 50, 6.0 KB "
        "with WEBP 75, 8.0 KB with JPEG 80."
    )
    assert totals.as_json()["fixed_bytes"] == {"AVIF": 4000, "WEBP": 6000, "JPEG": 8000}


def test_a_site_without_reduced_photos_sends_no_student() -> None:
    choices = [choice_of(sent_file(), form="full")]
    totals = add_up(choices, own_bytes=9000, student_bytes=0, runtime_bytes=0)
    assert totals.break_even is None
    assert totals.sentence.endswith("No student is sent.")
