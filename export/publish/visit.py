"""Which students a site sends: those with which a visit downloads least.

A visit downloads photos, each in one of its widths; each student that one of them needs, once; and
with the first student the page's scripts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from export.delivery.student import Student
from export.publish.choice import SentPhoto
from plumbing.amounts import in_bytes

MOST_STUDENTS = 8
"""Every set of students is weighed: 256 of them."""


@dataclass(frozen=True, kw_only=True)
class WeighedStudent:
    """What one student does for a visit, given the others that are sent."""

    student: Student
    """Which student."""
    sent: bool
    """Whether the site sends it."""
    saves_bytes: float
    """What a visit downloads less with it, its own bytes counted (and the scripts, if there is no
    other student); negative if it costs more than it saves."""


@dataclass(frozen=True, kw_only=True)
class WeighedStudents:
    """The students of a site."""

    weighed: tuple[WeighedStudent, ...]
    """All of them, in the order in which they were given."""
    photos_per_visit: int
    """Number of photos that a reader sees in a visit."""

    @property
    def sent(self) -> tuple[Student, ...]:
        """The students that are sent."""
        return tuple(one.student for one in self.weighed if one.sent)

    @property
    def sentences(self) -> list[str]:
        """Say of every student what it does, unless it is the only one and is sent."""
        if len(self.weighed) == 1 and self.sent:
            return []
        return [self._sentence(one) for one in self.weighed]

    def _sentence(self, one: WeighedStudent) -> str:
        visit = f"a visit of {self.photos_per_visit} photos"
        counted = f"its own {in_bytes(one.student.gzip_bytes)}"
        if not any(other.sent for other in self.weighed if other is not one):
            counted += " and the scripts"
        if one.sent:
            return (
                f"{one.student.name} is sent: with it {visit} downloads "
                f"{in_bytes(one.saves_bytes)} less, {counted} counted"
            )
        return (
            f"{one.student.name} is not sent: with it {visit} would download "
            f"{in_bytes(abs(one.saves_bytes))} more, {counted} counted"
        )


def weigh_students(
    students: Sequence[Student],
    photos: Iterable[SentPhoto],
    *,
    photos_per_visit: int,
    runtime_bytes: int,
) -> WeighedStudents:
    """Find the students with which a visit downloads least; none may be best.

    Args:
        students: The students, at most `MOST_STUDENTS`.
        photos: What was chosen of each photo among all of them. In which width a reader gets it is
            not known: the mean of its widths counts.
        photos_per_visit: Number of photos that a reader sees in a visit.
        runtime_bytes: What a reader downloads of the page's scripts, gzipped.
    """
    visit = _Visit(students, photos, photos_per_visit, runtime_bytes)
    everyone = range(len(students))
    sets = [
        frozenset(one) for size in range(len(students) + 1) for one in combinations(everyone, size)
    ]
    best = min(sets, key=visit.bytes)  # of equals the first, which has the fewest students
    return WeighedStudents(
        weighed=tuple(
            WeighedStudent(
                student=student,
                sent=at in best,
                saves_bytes=visit.bytes(best - {at}) - visit.bytes(best | {at}),
            )
            for at, student in enumerate(students)
        ),
        photos_per_visit=photos_per_visit,
    )


class _Visit:
    """What a visit downloads with a set of students."""

    def __init__(
        self,
        students: Sequence[Student],
        photos: Iterable[SentPhoto],
        photos_per_visit: int,
        runtime_bytes: int,
    ) -> None:
        hashes = [student.sha256 for student in students]
        counts, sizes = [], []
        for photo in photos:
            counts.append(len(photo.widths))
            for choice in photo.widths:
                plain = choice.without_students
                sizes.append([plain, *(choice.with_student.get(one, plain) for one in hashes)])
        # (widths of all photos, 1 + students): without any first.
        self._sizes = np.array(sizes, np.int64).reshape(len(sizes), 1 + len(students))
        self._shares = np.repeat(1.0 / np.array(counts, float), counts)
        self._own = [student.gzip_bytes for student in students]
        self._photos_per_visit, self._runtime_bytes = photos_per_visit, runtime_bytes

    def bytes(self, among: frozenset[int]) -> float:
        """Count the bytes, all of these students downloaded."""
        if not len(self._sizes):
            return 0.0
        columns = [0, *(1 + at for at in sorted(among))]
        smallest = self._sizes[:, columns].min(axis=1) * self._shares
        photos = smallest.sum() / self._shares.sum() * self._photos_per_visit
        scripts = self._runtime_bytes if among else 0
        return float(photos) + scripts + sum(self._own[at] for at in among)
