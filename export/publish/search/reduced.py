"""The smallest reduced photo that wins: for each student, then with other filters for the best one.

A codec or filter is not looked at where what is known of the photo leaves it no hope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from export.delivery.reducing import SentReduction, able_reductions
from export.delivery.student import Student
from export.publish.choice import Settings
from export.publish.search.candidates import Candidate, Candidates, Rung, improving
from pixels.sending.codecs import Codec

# From docs/experiments/savings.md: other filters hardly ever need this much less than the first.
_NEAR = 1.10
_MIN_SIDE_PX = 32  # smaller pictures are not reduced


@dataclass(frozen=True, kw_only=True)
class ReducedForms:
    """What came of reducing a photo."""

    best: Rung | None = None
    """The smallest file that wins; None if none does."""
    student: Student | None = None
    """The student that enlarges it."""
    first: Rung | None = None
    """The smallest one with the first filter; None if none of them wins."""
    with_student: dict[str, int] = field(default_factory=dict)
    """What each student that wins needs at exactly the target, by its hash. Other filters are taken
    to help each as they help the best one."""


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """How one student did with the first filter."""

    student: Student
    """Which student."""
    codec: Codec
    """The codec that won, or came nearest."""
    rung: Rung | None
    """The smallest file that wins; None if none does."""
    needed: float
    """The bytes with which that codec reaches the target, or is expected to."""


class ReducedSearch:
    """The search among the reduced forms of one photo."""

    def __init__(
        self, candidates: Candidates, settings: Settings, students: Sequence[Student]
    ) -> None:
        """Take the photo's candidates, what is wanted, and the students to choose among."""
        self._candidates, self._settings = candidates, settings
        # The order of the command line must not decide between files of one size.
        self._students = sorted(students, key=lambda student: student.sha256)

    def smallest(self, max_bytes: int) -> ReducedForms:
        """Find the smallest reduced file that reaches the target.

        Args:
            max_bytes: The largest size with which it wins.
        """
        photo = self._candidates
        if photo.transparent or min(photo.source.size) < _MIN_SIDE_PX:
            return ReducedForms()
        tried = [self._trial(student, max_bytes) for student in self._students]
        trials = [trial for trial in tried if trial]
        won = [(trial.rung.bytes, trial) for trial in trials if trial.rung]
        if won:
            _, nearest = min(won, key=lambda pair: pair[0])
        else:
            nearest = min(trials, key=lambda trial: trial.needed, default=None)
        if nearest is None:
            return ReducedForms()
        first = nearest.rung
        _, others = self._reductions(nearest.student)
        better = improving(
            photo.reduced(nearest.student, (nearest.codec,), others),
            self._settings.target,
            first.bytes - 1 if first else max_bytes,
        )
        best = better[-1] if better else first
        if best is None:
            return ReducedForms()
        target = self._settings.target
        gain = best.bytes_at(target) / first.bytes_at(target) if first else 1.0
        sizes = {
            one.student.sha256: round(one.rung.bytes_at(target) * gain)
            for one in trials
            if one.rung
        }
        return ReducedForms(
            best=best,
            student=nearest.student,
            first=first,
            with_student=sizes | {nearest.student.sha256: best.bytes_at(target)},
        )

    def _trial(self, student: Student, max_bytes: int) -> _Trial | None:
        """Find a student's smallest file with the first filter; None if it is not even near."""
        filters, _ = self._reductions(student)
        candidates = self._candidates.reduced(student, self._settings.codecs, filters)
        candidates.sort(key=self._needed)
        found = improving(candidates, self._settings.target, max_bytes)
        if found:
            rung = found[-1]
            codec, needed = rung.candidate.codec, rung.bytes
            return _Trial(student=student, codec=codec, rung=rung, needed=needed)
        nearest = min(candidates, key=self._needed, default=None)
        if nearest is None or self._needed(nearest) > _NEAR * max_bytes:
            return None
        needed = self._needed(nearest)
        return _Trial(student=student, codec=nearest.codec, rung=None, needed=needed)

    def _reductions(
        self, student: Student
    ) -> tuple[tuple[SentReduction, ...], tuple[SentReduction, ...]]:
        """List what reduces a photo for a student at first, and what is tried later.

        At first it is one filter, and `trained` as well if it comes before: it was trained for
        students of ours, and need not suit others.
        """
        able = able_reductions(self._settings.reductions, student.scale)
        count = 2 if able[:1] == ("trained",) else 1
        return able[:count], able[count:]

    def _needed(self, candidate: Candidate) -> float:
        """Return the bytes with which a candidate is expected to reach the target."""
        return candidate.ladder.expected_bytes(self._settings.target)
