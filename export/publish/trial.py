"""Which of several students serves a site's photos best, its own bytes counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from export.delivery.student import Student
from export.publish.choice import Choice
from plumbing.amounts import in_bytes


@dataclass(frozen=True, kw_only=True)
class TriedStudent:
    """How a student did on the trial photos."""

    student: Student
    """Which student."""
    visit_bytes: float
    """What a visit downloads: photos and student."""
    half: int
    """Number of trial photos sent at half size."""


@dataclass(frozen=True, kw_only=True)
class StudentTrial:
    """How several students did on the same photos."""

    tried: tuple[TriedStudent, ...]
    """All students, in the order they were given."""
    best: Student
    """The one with which a visit downloads least."""
    mixed_bytes: int
    """What the best student for each single photo would save on these photos."""
    photos_per_visit: int
    """Number of photos that a reader sees in a visit."""

    @property
    def sentences(self) -> list[str]:
        """Report every student, best first, and what mixing them would save."""
        lines = [
            f"{one.student.name}: {in_bytes(one.visit_bytes)} for {self.photos_per_visit} photos, "
            f"including the student's own {in_bytes(one.student.gzip_bytes)}; "
            f"{one.half} photos at half size"
            for one in sorted(self.tried, key=lambda one: one.visit_bytes)
        ]
        return [
            *lines,
            f"choosing the best student for each photo would save {in_bytes(self.mixed_bytes)} and "
            "cost a second download",
        ]


def compare_students(
    students: Sequence[Student], choices: Sequence[Sequence[Choice]], *, photos_per_visit: int
) -> StudentTrial:
    """Compare students by what a visit downloads.

    Args:
        students: The students.
        choices: For each trial photo, the choice with each student.
        photos_per_visit: Number of photos that a reader sees in a visit.
    """
    tried = []
    for at, student in enumerate(students):
        chosen = [of_photo[at] for of_photo in choices]
        tried.append(
            TriedStudent(
                student=student,
                visit_bytes=_visit_bytes(chosen, photos_per_visit, student.gzip_bytes),
                half=sum(choice.form == "half" for choice in chosen),
            )
        )
    best = min(range(len(students)), key=lambda at: tried[at].visit_bytes)
    mixed_bytes = sum(
        of_photo[best].sent.bytes - min(choice.sent.bytes for choice in of_photo)
        for of_photo in choices
    )
    return StudentTrial(
        tried=tuple(tried),
        best=students[best],
        mixed_bytes=mixed_bytes,
        photos_per_visit=photos_per_visit,
    )


def _visit_bytes(choices: Sequence[Choice], photos_per_visit: int, student_bytes: int) -> float:
    """Count what a visit downloads: photos of the mean size of these, and the student if needed."""
    mean = sum(choice.sent.bytes for choice in choices) / max(1, len(choices))
    needed = any(choice.form == "half" for choice in choices)
    return mean * photos_per_visit + (student_bytes if needed else 0)
