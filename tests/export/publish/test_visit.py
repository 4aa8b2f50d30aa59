from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from export.delivery.student import Student
from export.publish.choice import SentPhoto
from export.publish.visit import weigh_students
from tests.made.published import choice_of, photo_of, sent_file

RUNTIME = 20_000


def student(name: str, gzip_bytes: int, scale: Fraction = Fraction(2)) -> Student:
    return Student(
        name=name,
        scale=scale,
        margin_px=1,
        align_px=scale.denominator,
        gzip_bytes=gzip_bytes,
        card=b"",
        files=((name, name.encode()),),
    )


HALF, THIRDS = student("half", 10_000), student("thirds", 12_000, Fraction(3, 2))
TWIN = student("twin", 11_000)


def photo(**sizes: int) -> SentPhoto:
    """A photo of 100,000 bytes at full size, and what each student would send."""
    hashes = {one.name: one.sha256 for one in (HALF, THIRDS, TWIN)}
    by_hash = {hashes[name]: size for name, size in sizes.items()}
    form = "reduced" if sizes else "full"
    return photo_of(choice_of(sent_file(), full_bytes=100_000, form=form, students=by_hash))


SMOOTH = photo(half=70_000, thirds=80_000)
FINE = photo(thirds=85_000)
NOISY = photo()


@pytest.mark.parametrize(
    ("photos", "per_visit", "sent"),
    [
        # Each is the best for one photo of two, by 10,000 and 15,000 bytes.
        ([SMOOTH, FINE], 10, (HALF, THIRDS)),
        # One photo saves less than student and scripts take.
        ([SMOOTH, SMOOTH, FINE], 1, ()),
        # Two photos: `half` would save 6,667 bytes on top of `thirds`, and has 10,000.
        ([SMOOTH, FINE, FINE], 2, (THIRDS,)),
        ([SMOOTH, SMOOTH], 3, (HALF,)),
        ([NOISY], 1000, ()),
        ([], 10, ()),
    ],
)
def test_the_students_with_the_smallest_visit_are_sent(
    photos: list[SentPhoto], per_visit: int, sent: tuple[Student, ...]
) -> None:
    weighed = weigh_students(
        (HALF, THIRDS), photos, photos_per_visit=per_visit, runtime_bytes=RUNTIME
    )
    assert weighed.sent == sent


def test_a_student_that_another_one_replaces_is_not_sent() -> None:
    """Each would pay for itself alone, and each is the best of some photo."""
    photos = [photo(half=70_000, twin=70_500), photo(half=70_500, twin=70_000)]
    weighed = weigh_students((TWIN, HALF), photos, photos_per_visit=10, runtime_bytes=RUNTIME)
    assert weighed.sent == (HALF,)
    of_twin, of_half = weighed.weighed
    # With it one photo of two is 500 bytes smaller.
    assert of_twin.saves_bytes == 10 * 500 / 2 - TWIN.gzip_bytes
    assert of_half.saves_bytes == 10 * (29_500 + 30_000) / 2 - HALF.gzip_bytes - RUNTIME
    assert weighed.sentences == [
        "twin is not sent: with it a visit of 10 photos would download 8.5 KB more, its own "
        "11.0 KB counted",
        "half is sent: with it a visit of 10 photos downloads 268 KB less, its own 10.0 KB and "
        "the scripts counted",
    ]


def test_students_that_pay_for_the_scripts_only_together_are_sent() -> None:
    photos = [photo(half=90_000), photo(thirds=90_000)]
    light = [replace(one, gzip_bytes=1000) for one in (HALF, THIRDS)]
    weighed = weigh_students(light, photos, photos_per_visit=3, runtime_bytes=RUNTIME)
    assert weighed.sent == tuple(light)  # 30,000 saved, 22,000 sent; alone 15,000 and 21,000


def test_a_reader_gets_each_width_as_often() -> None:
    """Three of four widths of two photos could be reduced: with equal shares of each photo."""
    plain, smooth = (one.largest for one in (NOISY, SMOOTH))
    photos = [photo_of(plain, smooth), photo_of(smooth, smooth)]
    weighed = weigh_students((HALF,), photos, photos_per_visit=10, runtime_bytes=RUNTIME)
    (one,) = weighed.weighed
    assert one.saves_bytes == 10 * 30_000 * 3 / 4 - HALF.gzip_bytes - RUNTIME


def test_one_student_that_is_sent_needs_no_sentence() -> None:
    weighed = weigh_students((HALF,), [SMOOTH], photos_per_visit=10, runtime_bytes=RUNTIME)
    assert (weighed.sent, weighed.sentences) == ((HALF,), [])
    weighed = weigh_students((HALF,), [SMOOTH, NOISY], photos_per_visit=1, runtime_bytes=RUNTIME)
    assert weighed.sentences == [
        "half is not sent: with it a visit of 1 photos would download 15.0 KB more, its own "
        "10.0 KB and the scripts counted"
    ]
