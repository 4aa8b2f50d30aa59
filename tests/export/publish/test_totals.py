from __future__ import annotations

from fractions import Fraction

from export.publish.totals import add_up, add_up_site
from tests.made.published import choice_of, photo_of, sent_file


def test_the_summary_adds_up() -> None:
    photos = [
        photo_of(choice_of(sent_file(bytes_=600, scale=Fraction(3, 2)))),
        photo_of(choice_of(sent_file(bytes_=1000), form="full")),
    ]
    totals = add_up(photos, own_bytes=9000, student_bytes=1000, runtime_bytes=3000)
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
    photos = [photo_of(choice_of(sent_file(), form="full"))]
    totals = add_up(photos, own_bytes=9000, student_bytes=0, runtime_bytes=0)
    assert totals.break_even is None
    assert totals.sentence.endswith("No student is sent.")


def test_a_site_with_several_widths_has_two_sums() -> None:
    photo = photo_of(
        choice_of(sent_file(bytes_=200), full_bytes=200, form="full", width=300),
        choice_of(sent_file(bytes_=600, scale=Fraction(2))),
    )
    totals = add_up_site([photo], own_bytes=9000, student_bytes=1000, runtime_bytes=3000)
    largest, all_widths = totals.largest, totals.all_widths
    assert (largest.photos, largest.widths, largest.sent_bytes, largest.full_bytes) == (
        *(1, 1),
        *(600, 1000),
    )
    assert (all_widths.photos, all_widths.widths, all_widths.sent_bytes) == (1, 2, 800)
    # A reader gets one of the widths: 400 bytes less in one of two.
    assert (largest.break_even, all_widths.break_even) == (10, 20)
    assert totals.sentences[0].startswith("In the largest width of each: 1 photos, 1 of them")
    assert totals.sentences[1].startswith("In all widths: 1 photos in 2 widths, 1 of them")


def test_a_student_for_smaller_widths_alone_is_told_of() -> None:
    photo = photo_of(choice_of(sent_file(), form="full"))
    totals = add_up([photo], own_bytes=9000, student_bytes=1000, runtime_bytes=3000)
    assert totals.sentence.endswith("downloads 4.0 KB once (students 1.0 KB, scripts 3.0 KB).")
