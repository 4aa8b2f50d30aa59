"""Choose what is sent of one photo: a pure function of the photo, the settings and the students.

Full size comes first and sets the bytes to beat. A reduced photo is tried only below that, less the
margin, so it is never larger; and it is chosen only if what the reader sees reaches the target, so
it is never worse. The scale is that of the student with the smallest file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256

from export.delivery.student import Student
from export.publish.candidates import HIGHEST_QUALITY, Candidate, Candidates, Rung
from export.publish.choice import FIXED, Choice, SentAs, SentFile, Settings
from export.publish.source import read_source
from pixels.sending.codecs import Codec, Reduction
from plumbing.command import UserError

# By the unit of the judge, from docs/experiments/savings.md. Other filters hardly ever gain more
# than `_NEAR`: if the first one misses the target by more, the others are not tried.
_NEAR = {"points": 5.0, "JOD": 0.1}
# A codec that is further behind the best one at full size does not win reduced.
_FAR = {"points": 12.0, "JOD": 0.25}
_MIN_SIDE_PX = 32  # smaller pictures are not reduced


@dataclass(frozen=True, kw_only=True)
class PhotoTask:
    """One photo, and everything that decides what is sent of it."""

    name: str
    """Name for messages."""
    content: bytes
    """The photo's own file."""
    settings: Settings
    """What is wanted."""
    students: tuple[Student, ...]
    """Students to choose among; none sends the photo at full size."""


@dataclass(frozen=True, kw_only=True)
class PhotoOutcome:
    """What came of one photo."""

    choice: Choice | None = None
    """What is sent; None if the photo cannot be used."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Its files, by SHA-256."""
    error: str = ""
    """Why the photo cannot be used; empty if it can."""


def publish_photo(task: PhotoTask) -> PhotoOutcome:
    """Choose what is sent; why a photo cannot be used is returned, not raised."""
    settings = task.settings
    try:
        source = read_source(
            task.content,
            task.name,
            max_side_px=settings.max_side_px,
            keep_metadata=settings.keep_metadata,
        )
        candidates, files = Candidates(source, settings.screen), {}
        choice = _Chooser(candidates, settings, task.students).choose(files)
    except UserError as error:
        return PhotoOutcome(error=str(error))
    except _NothingHoldsItError as error:
        return PhotoOutcome(error=f"{task.name}: {error}")
    except MemoryError:
        return PhotoOutcome(error=f"{task.name}: does not fit into memory; make it smaller first")
    # Encoders raise all kinds of errors. One photo does not end the run for all others.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return PhotoOutcome(error=f"{task.name}: failed unexpectedly ({reason}); please report it")
    return PhotoOutcome(choice=choice, files=files)


class _NothingHoldsItError(Exception):
    """No codec can hold the photo; the message does not name it."""


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """How one student did with the first filter."""

    student: Student
    """Which student."""
    rung: Rung | None
    """The smallest file that wins by the margin; None if none does."""
    codec: Codec | None
    """The codec that came nearest, or won; None if the student is out of the question."""
    score: float
    """The best score of that codec among files that would win."""


class _Chooser:
    """The choice for readers of a page that may have several students."""

    def __init__(
        self, candidates: Candidates, settings: Settings, students: Sequence[Student]
    ) -> None:
        self._candidates, self._settings = candidates, settings
        # The order of the command line must not decide between files of one size.
        self._students = sorted(students, key=lambda student: student.sha256)
        unit = settings.judge.measure.unit
        self._near, self._far = _NEAR[unit], _FAR[unit]

    def choose(self, files: dict[str, bytes]) -> Choice:
        """Choose what is sent, and add its files to `files`."""
        candidates = [self._candidates.full(codec) for codec in self._codecs()]
        fulls = self._improving(candidates)
        full = fulls[-1] if fulls else max(map(_best, candidates), key=lambda rung: rung.score)
        original = self._candidates.source.original
        if original is not None and fulls and len(original) >= full.bytes:
            original = None
        plain_bytes = full.bytes if original is None else len(original)
        trials = self._trials(full, plain_bytes) if fulls else []
        first, best = self._reduced(trials, full, plain_bytes)
        chosen = best.rung if best and best.rung else full
        form: SentAs = "reduced" if best else "full"
        sent, fallback = chosen.sent, None
        if original is not None and not best:
            form, sent = "original", self._unchanged(original)
            files[sent.sha256] = original
        else:
            fallback = self._fallback(chosen, best.student if best else None)
            # Full size is not sent of a reduced photo, but the sample page shows it.
            files |= {rung.sent.sha256: rung.content for rung in (chosen, fallback, full) if rung}
        height, width = self._candidates.source.size
        return Choice(
            form=form,
            student=best.student.sha256 if best else None,
            width=width,
            height=height,
            sent=sent,
            fallback=fallback.sent if fallback else None,
            full=full.sent,
            fixed=self._fixed(full),
            without_students=plain_bytes,
            with_student=_with_each(trials, first, best),
            reached=self._settings.judge.measure.reaches(sent.score, self._settings.target),
            first_codec_bytes=(fulls[0] if fulls else full).bytes,
            first_filter_bytes=(first or full).bytes,
            looks=self._candidates.looks,
        )

    def _codecs(self) -> list[Codec]:
        """List the codecs that can hold the photo at full size."""
        photo = self._candidates
        only_jpeg = set(self._settings.codecs) == {"JPEG"}
        instead: tuple[Codec, ...] = ("WEBP",)
        wanted = instead if photo.transparent and only_jpeg else self._settings.codecs
        able: list[Codec] = [codec for codec in wanted if not photo.obstacle(codec)]
        if not able:
            reasons = "; ".join(photo.obstacle(codec) for codec in wanted)
            raise _NothingHoldsItError(
                f"{reasons}: allow other --codecs, set --max-side-px, or leave out --keep-metadata"
            )
        return able

    def _improving(
        self, candidates: Iterable[Candidate], max_bytes: int | None = None
    ) -> list[Rung]:
        """Find files that reach the target, each smaller than the previous one."""
        found: list[Rung] = []
        for candidate in candidates:
            setting = candidate.ladder.lowest_reaching(self._settings.target, max_bytes)
            if setting is not None:
                found.append(Rung(candidate, setting))
                max_bytes = found[-1].bytes - 1
        return found

    def _smaller(
        self, student: Student, codecs: Sequence[Codec], reductions: Sequence[Reduction]
    ) -> list[Candidate]:
        return [
            self._candidates.smaller(student, codec, reduction)
            for codec in codecs
            for reduction in reductions
            if not self._candidates.obstacle(codec, student.scale)
        ]

    def _most_bytes(self, full: Rung, plain_bytes: int) -> int:
        """Return the largest size with which a reduced photo wins."""
        return min(math.ceil(full.bytes * (1.0 - self._settings.margin)), plain_bytes) - 1

    def _trials(self, full: Rung, plain_bytes: int) -> list[_Trial]:
        """Try every student with the first filter."""
        photo = self._candidates
        if photo.transparent or min(photo.source.size) < _MIN_SIDE_PX:
            return []
        codecs = self._promising(full.candidate.codec)
        most = self._most_bytes(full, plain_bytes)
        return [self._trial(student, codecs, most) for student in self._students]

    def _promising(self, best: Codec) -> list[Codec]:
        """List codecs that may win reduced: the best one at full size, and those not far behind.

        At full size each was scored at the size of the best one's file.
        """
        ahead = self._settings.target - self._far
        others: list[Codec] = [
            codec
            for codec in self._settings.codecs
            if codec != best
            and max(self._candidates.full(codec).ladder.scores.values(), default=ahead) >= ahead
        ]
        return [best, *others]

    def _trial(self, student: Student, codecs: Sequence[Codec], max_bytes: int) -> _Trial:
        """Find the smallest file of a photo that is reduced with the first filter."""
        nothing = _Trial(student=student, rung=None, codec=None, score=-math.inf)
        first, worth_trying = self._settings.reductions[0], self._settings.target - self._near
        if self._candidates.ceiling(student, first) < worth_trying:
            return nothing
        candidates = self._smaller(student, codecs, (first,))
        found = self._improving(candidates, max_bytes)
        if found:
            rung = found[-1]
            return _Trial(student=student, rung=rung, codec=rung.candidate.codec, score=rung.score)
        # Each was scored once, at the largest file that would win, or has no file that small.
        scores: dict[Codec, float] = {
            candidate.codec: max(candidate.ladder.scores.values())
            for candidate in candidates
            if candidate.ladder.scores
        }
        nearest = max(scores, key=lambda codec: scores[codec], default=None)
        if nearest is None or scores[nearest] < worth_trying:
            return nothing
        return _Trial(student=student, rung=None, codec=nearest, score=scores[nearest])

    def _reduced(
        self, trials: Sequence[_Trial], full: Rung, plain_bytes: int
    ) -> tuple[Rung | None, _Trial | None]:
        """Find the reduced files that win: the best with the first filter, and with any filter."""
        won = [(trial, trial.rung) for trial in trials if trial.rung]
        if won:
            trial, first = min(won, key=lambda pair: pair[1].bytes)
            most = first.bytes - 1
        else:
            near = [trial for trial in trials if trial.codec]
            trial = max(near, key=lambda trial: trial.score, default=None)
            first, most = None, self._most_bytes(full, plain_bytes)
        if trial is None or trial.codec is None:
            return None, None
        others = self._settings.reductions[1:]
        better = self._improving(self._smaller(trial.student, (trial.codec,), others), most)
        best = better[-1] if better else first
        return first, replace(trial, rung=best) if best else None

    def _fallback(self, chosen: Rung, student: Student | None) -> Rung | None:
        """Find the file for browsers without AVIF: as large, unless full size is smaller."""
        codec = self._settings.fallback
        if codec is None or chosen.candidate.codec != "AVIF":
            return None
        reduction = chosen.candidate.reduction
        wanted: tuple[Codec, ...] = (codec, "WEBP", "JPEG")
        for able in dict.fromkeys(wanted):
            candidates = (
                self._smaller(student, (able,), (reduction,)) if student and reduction else []
            )
            if not self._candidates.obstacle(able):
                candidates.append(self._candidates.full(able))
            if candidates:
                found = self._improving(candidates)
                return found[-1] if found else _best(candidates[-1])
        return None

    def _fixed(self, full: Rung) -> dict[Codec, int]:
        """Encode as sites with fixed settings do.

        A photo that a codec cannot hold counts with the smallest of the other files.
        """
        sizes = {
            codec: self._candidates.full(codec).ladder.size(setting)
            for codec, setting in FIXED.items()
            if not self._candidates.obstacle(codec)
        }
        instead = min(sizes.values(), default=full.bytes)
        return {codec: sizes.get(codec, instead) for codec in FIXED}

    def _unchanged(self, original: bytes) -> SentFile:
        """Describe the photo's own file."""
        height, width = self._candidates.source.size
        return SentFile(
            codec="JPEG",
            quality=None,
            reduction=None,
            scale=Fraction(1),
            width=width,
            height=height,
            bytes=len(original),
            sha256=sha256(original).hexdigest(),
            score=self._settings.judge.measure.identical,
        )


def _with_each(trials: Sequence[_Trial], first: Rung | None, best: _Trial | None) -> dict[str, int]:
    """Return what each student would send; other filters would help each as they help the best."""
    if best is None or best.rung is None:
        return {}
    gain = best.rung.bytes / first.bytes if first else 1.0
    sizes = {trial.student.sha256: round(trial.rung.bytes * gain) for trial in trials if trial.rung}
    return sizes | {best.student.sha256: best.rung.bytes}


def _best(candidate: Candidate) -> Rung:
    candidate.ladder.score(HIGHEST_QUALITY)
    return Rung(candidate, HIGHEST_QUALITY)
