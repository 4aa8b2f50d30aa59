from __future__ import annotations

from fractions import Fraction

import pytest

from export.delivery.student import Student
from export.publish.trial import compare_students
from tests.made.published import choice_of, sent_file


def student(name: str, gzip_bytes: int = 100) -> Student:
    return Student(
        name=name,
        scale=Fraction(2),
        margin_px=1,
        align_px=1,
        gzip_bytes=gzip_bytes,
        card=b"",
        files=(),
    )


GOOD, HEAVY, DARK = student("good"), student("heavy", 500_000), student("dark")
HALF = [choice_of(sent_file(bytes_=bytes_, half=True)) for bytes_ in (600, 800)]
FULL = [choice_of(sent_file(bytes_=1000), form="full") for _ in HALF]


@pytest.mark.parametrize(
    ("students", "choices", "best"),
    [
        ((DARK, GOOD), (FULL, HALF), GOOD),
        ((HEAVY, GOOD), (HALF, HALF), GOOD),
        ((HEAVY, DARK), (HALF, FULL), DARK),  # whose bytes nobody needs
    ],
)
def test_the_student_with_the_smallest_visit_is_best(
    students: tuple[Student, ...], choices: tuple[list, list], best: Student
) -> None:
    trial = compare_students(students, list(zip(*choices, strict=True)), photos_per_visit=200)
    assert trial.best == best
    smallest = min(one.visit_bytes for one in trial.tried)
    assert smallest == {GOOD: 200 * 700 + 100, DARK: 200 * 1000}[best]
    assert trial.sentences[0].startswith(f"{best.name}: ")


def test_what_a_student_for_each_photo_would_save() -> None:
    choices = [(HALF[0], FULL[0]), (FULL[1], HALF[1])]
    trial = compare_students((GOOD, DARK), choices, photos_per_visit=10)
    assert trial.best == GOOD
    assert trial.mixed_bytes == 200
    assert [one.half for one in trial.tried] == [1, 1]
