"""Choose what is sent of one photo: a pure function of the photo, the settings and the students.

Full size comes first and sets the bytes to beat. Half size is tried only below that, less the
margin, so it is never larger; and it is chosen only if what the reader sees reaches the target, so
it is never worse.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from export.delivery.student import Student
from export.publish.candidates import HIGHEST_QUALITY, Candidate, Candidates, Rung
from export.publish.choice import Choice, SentAs, SentFile, Settings
from export.publish.source import read_source
from pixels.sending.codecs import Codec, Reduction
from plumbing.command import UserError

# Other filters hardly ever gain more than this: docs/experiments/savings.md. If the first one
# misses the target by more, the others are not tried.
_FILTERS_DIFFER_BY = 5.0
_MIN_SIDE_PX = 32  # smaller pictures are not halved


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
    """Students to choose for, each on its own; they share the search at full size."""


@dataclass(frozen=True, kw_only=True)
class PhotoOutcome:
    """What came of one photo."""

    choices: tuple[Choice, ...] = ()
    """One for each student; empty if the photo cannot be used."""
    files: dict[str, bytes] = field(default_factory=dict)
    """The files of all choices, by SHA-256."""
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
        candidates, files = Candidates(source), {}
        choices = tuple(
            _Chooser(candidates, settings, student).choose(files) for student in task.students
        )
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
    return PhotoOutcome(choices=choices, files=files)


class _NothingHoldsItError(Exception):
    """No codec can hold the photo; the message does not name it."""


class _Chooser:
    """The choice for readers who have one student."""

    def __init__(self, candidates: Candidates, settings: Settings, student: Student) -> None:
        self._candidates, self._settings, self._student = candidates, settings, student

    def choose(self, files: dict[str, bytes]) -> Choice:
        """Choose what is sent, and add its files to `files`."""
        candidates = [self._candidates.full(codec) for codec in self._codecs()]
        fulls = self._improving(candidates)
        full = fulls[-1] if fulls else max(map(_best, candidates), key=lambda rung: rung.score)
        first_half, half = self._half(full) if fulls else (None, None)
        chosen, original = half or full, self._candidates.source.original
        form: SentAs = "half" if half else "full"
        sent, fallback = chosen.sent, None
        if original is not None and (len(original) < sent.bytes or not fulls):
            form, sent = "original", self._unchanged(original)
            files[sent.sha256] = original
        else:
            fallback = self._fallback(chosen)
            files |= {rung.sent.sha256: rung.content for rung in (chosen, fallback) if rung}
        scale = self._student.scale if form == "half" else 1
        return Choice(
            form=form,
            width=int(scale * sent.width),
            height=int(scale * sent.height),
            sent=sent,
            fallback=fallback.sent if fallback else None,
            full=full.sent,
            reached=sent.score >= self._settings.target,
            first_codec_bytes=(fulls[0] if fulls else full).bytes,
            first_filter_bytes=(first_half or full).bytes,
            looks=self._candidates.looks(self._student),
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

    def _halves(self, codecs: Sequence[Codec], reductions: Sequence[Reduction]) -> list[Candidate]:
        return [
            self._candidates.half(self._student, codec, reduction)
            for codec in codecs
            for reduction in reductions
            if not self._candidates.obstacle(codec, self._student.scale)
        ]

    def _half(self, full: Rung) -> tuple[Rung | None, Rung | None]:
        """Find half-size files that win by the margin: with the first filter, and with the best."""
        photo = self._candidates
        if photo.transparent or min(photo.source.size) < _MIN_SIDE_PX:
            return None, None
        max_bytes = math.ceil(full.bytes * (1.0 - self._settings.margin)) - 1
        worth_trying = self._settings.target - _FILTERS_DIFFER_BY
        first, *others = self._settings.reductions
        if photo.ceiling(self._student, first) < worth_trying:
            return None, None
        candidates = self._halves(self._settings.codecs, (first,))
        found = self._improving(candidates, max_bytes)
        if found:
            winner = found[-1]
            rivals = self._halves((winner.candidate.codec,), others)
            better = self._improving(rivals, winner.bytes - 1)
            return winner, better[-1] if better else winner
        # Each was scored once, at the largest file that would win, or has no file that small.
        scores: dict[Codec, float] = {
            candidate.codec: max(candidate.ladder.scores.values())
            for candidate in candidates
            if candidate.ladder.scores
        }
        nearest = max(scores, key=lambda codec: scores[codec], default=None)
        if nearest is None or scores[nearest] < worth_trying:
            return None, None
        better = self._improving(self._halves((nearest,), others), max_bytes)
        return None, better[-1] if better else None

    def _fallback(self, chosen: Rung) -> Rung | None:
        """Find the file for browsers without AVIF: as large, unless full size is smaller."""
        codec = self._settings.fallback
        if codec is None or chosen.candidate.codec != "AVIF":
            return None
        reduction = chosen.candidate.reduction
        wanted: tuple[Codec, ...] = (codec, "WEBP", "JPEG")
        for able in dict.fromkeys(wanted):
            candidates = self._halves((able,), (reduction,)) if reduction else []
            if not self._candidates.obstacle(able):
                candidates.append(self._candidates.full(able))
            if candidates:
                found = self._improving(candidates)
                return found[-1] if found else _best(candidates[-1])
        return None

    def _unchanged(self, original: bytes) -> SentFile:
        """Describe the photo's own file."""
        height, width = self._candidates.source.size
        return SentFile(
            codec="JPEG",
            quality=None,
            reduction=None,
            width=width,
            height=height,
            bytes=len(original),
            sha256=sha256(original).hexdigest(),
            score=100.0,
        )


def _best(candidate: Candidate) -> Rung:
    candidate.ladder.score(HIGHEST_QUALITY)
    return Rung(candidate, HIGHEST_QUALITY)
