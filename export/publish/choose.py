"""Choose what is sent of one photo: a pure function of the photo, the settings and the students.

Full size comes first: it sets the bytes to beat. Half size is looked at only below that, less the
margin, so that it is never larger; and it is taken only where what the reader sees reaches the
target, so that it is never worse.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from export.delivery.student import Student
from export.publish.candidates import BEST, Candidate, Candidates, Rung
from export.publish.choice import Choice, SentAs, SentFile, Settings
from export.publish.source import read_source
from pixels.sending.codecs import Codec
from plumbing.command import UserError

# Another filter hardly ever gains more than this: docs/experiments/savings.md. Where the first one misses
# the target by more, the others are not looked at.
_FILTERS_DIFFER_BY = 5.0
_LEAST_SIDE_PX = 32  # smaller pictures are not halved


@dataclass(frozen=True, kw_only=True)
class PhotoTask:
    """One photo, and all that decides what becomes of it."""

    name: str
    """For messages."""
    content: bytes
    """The photo's own file."""
    settings: Settings
    """What is wanted."""
    students: tuple[Student, ...]
    """Each gets a choice of its own; they share the search at full size."""


@dataclass(frozen=True, kw_only=True)
class PhotoOutcome:
    """What came of one photo."""

    choices: tuple[Choice, ...] = ()
    """One for each student; none if the photo cannot be used."""
    files: dict[str, bytes] = field(default_factory=dict)
    """What the choices send, by SHA-256."""
    error: str = ""
    """Why the photo cannot be used; empty if it can."""


def publish_photo(task: PhotoTask) -> PhotoOutcome:
    """Choose what is sent; a photo that cannot be used is told in the outcome, not raised."""
    settings = task.settings
    try:
        source = read_source(
            task.content,
            task.name,
            max_side_px=settings.max_side_px,
            keep_metadata=settings.keep_metadata,
        )
    except UserError as error:
        return PhotoOutcome(error=str(error))
    bench, files = Candidates(source), {}
    choices = tuple(_choose(bench, settings, student, files) for student in task.students)
    return PhotoOutcome(choices=choices, files=files)


def _choose(
    bench: Candidates, settings: Settings, student: Student, files: dict[str, bytes]
) -> Choice:
    """Choose for readers with one student; the chosen files are added to `files`."""
    codecs: tuple[Codec, ...] = settings.codecs
    if bench.transparent:
        codecs = tuple(codec for codec in codecs if codec != "JPEG") or ("WEBP",)
    ways = [bench.full(codec) for codec in codecs]
    fulls = list(_improving(ways, settings.target))
    full = fulls[-1] if fulls else max((_best(way) for way in ways), key=lambda one: one.score)
    first_half, half = (None, None)
    if fulls and not bench.transparent and min(bench.source.size) >= _LEAST_SIDE_PX:
        first_half, half = _half(bench, settings, student, full)
    chosen, original = half or full, bench.source.original
    form: SentAs = "half" if half else "full"
    sent, fallback = chosen.sent, None
    if original is not None and (len(original) < sent.bytes or not fulls):
        form, sent = "original", _as_it_is(bench, original)
        files[sent.sha256] = original
    else:
        fallback = _fallback(bench, settings, student, chosen)
        files |= {one.sent.sha256: one.content for one in (chosen, fallback) if one}
    scale = student.scale if form == "half" else 1
    return Choice(
        form=form,
        width=scale * sent.width,
        height=scale * sent.height,
        sent=sent,
        fallback=fallback.sent if fallback else None,
        full=full.sent,
        reached=sent.score >= settings.target,
        first_codec_bytes=(fulls[0] if fulls else full).bytes,
        first_filter_bytes=(first_half or full).bytes,
        looks=bench.looks(student),
    )


def _improving(
    ways: Iterable[Candidate], target: float, most_bytes: int | None = None
) -> Iterable[Rung]:
    """Find files that reach the target, each smaller than the one before; the last is smallest."""
    for way in ways:
        setting = way.ladder.least_reaching(target, most_bytes)
        if setting is not None:
            found = Rung(way, setting)
            most_bytes = found.bytes - 1
            yield found


def _best(way: Candidate) -> Rung:
    way.ladder.score(BEST)
    return Rung(way, BEST)


def _half(
    bench: Candidates, settings: Settings, student: Student, full: Rung
) -> tuple[Rung | None, Rung | None]:
    """Find half-size files that win by the margin: with the first filter, and with the best."""
    most_bytes = math.ceil(full.bytes * (1.0 - settings.margin)) - 1
    first, *others = settings.reductions
    if bench.ceiling(student, first) < settings.target - _FILTERS_DIFFER_BY:
        return None, None
    ways = [bench.half(student, codec, first) for codec in settings.codecs]
    found = list(_improving(ways, settings.target, most_bytes))
    if found:
        winner = found[-1]
        ways = [bench.half(student, winner.way.codec, other) for other in others]
        better = list(_improving(ways, settings.target, winner.bytes - 1))
        return winner, better[-1] if better else winner
    # Each was looked at once, at the largest file that would win, or has no file so small.
    tried = [way for way in ways if way.ladder.scores]
    nearest = max(tried, key=lambda way: max(way.ladder.scores.values()), default=None)
    if (
        nearest is None
        or max(nearest.ladder.scores.values()) < settings.target - _FILTERS_DIFFER_BY
    ):
        return None, None
    ways = [bench.half(student, nearest.codec, other) for other in others]
    better = list(_improving(ways, settings.target, most_bytes))
    return None, better[-1] if better else None


def _fallback(bench: Candidates, settings: Settings, student: Student, chosen: Rung) -> Rung | None:
    """Find the file for browsers without AVIF: in the same form, unless full size is smaller."""
    codec = settings.fallback
    if codec is None or chosen.way.codec != "AVIF":
        return None
    if bench.transparent:
        codec = "WEBP"
    full, reduction = bench.full(codec), chosen.way.reduction
    ways = [bench.half(student, codec, reduction), full] if reduction else [full]
    found = list(_improving(ways, settings.target))
    return found[-1] if found else _best(full)


def _as_it_is(bench: Candidates, original: bytes) -> SentFile:
    height, width = bench.source.size
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
