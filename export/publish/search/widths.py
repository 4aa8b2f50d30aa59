"""In which widths a photo is sent, and what is sent in each.

The largest width is searched first. What was learned there tells most of the smaller ones: of the
same photo, a width differs from another in about the same way in every codec and at every scale.
And only filters that were about as good as the best one are tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from export.delivery.student import Student
from export.publish.choice import Choice, LightFiles, SentFile, SentPhoto, Settings, Width
from export.publish.search.candidates import Candidates
from export.publish.search.chroma import subsampling_for
from export.publish.search.curves import UsualCurves
from export.publish.search.one_width import WidthSearch
from export.publish.source import PhotoSource
from pixels.quality.score import SMALLEST_PX

LEAST_STEP = 0.10
"""A width is not sent if its file is not smaller by more than this share than the next larger one:
a page would be longer, and hardly any reader would download less."""
_NEAREST = 0.95
"""A width that is more than this share of the next larger one is not even tried: its file would
have more than nine tenths of the bytes."""


def choose_widths(
    source: PhotoSource, settings: Settings, students: Sequence[Student], files: dict[str, bytes]
) -> SentPhoto:
    """Choose what is sent of a photo in each of its widths.

    Args:
        source: The photo.
        settings: What is wanted.
        students: Students to choose among; none sends the photo at full size.
        files: Receives the files that are sent, by SHA-256.
    """
    kept: list[Choice] = []
    subsampling = subsampling_for(source, settings)
    expected: UsualCurves | None = None
    able, wanted = list(students), settings
    for size in sizes_of(source.size, settings.widths):
        resized = source.resized(size)
        candidates = Candidates(
            resized, settings.screen, settings.effort, expected, subsampling=subsampling
        )
        own: dict[str, bytes] = {}
        choice = WidthSearch(candidates, wanted, able).choose(own)
        if kept and choice.sent.bytes > (1.0 - LEAST_STEP) * kept[-1].sent.bytes:
            continue
        if settings.frugal is not None:
            lighter = replace(wanted, target=settings.frugal)
            choice = _with_light(choice, candidates, lighter, able, own)
        kept.append(choice)
        files |= own
        # A page tells the students of a photo apart by their scales.
        able = _beside(choice.student, able)
        able = _beside(choice.light.student if choice.light else None, able)
        expected = candidates.learned()
        near = candidates.nearest_reductions(settings.target)
        wanted = replace(wanted, reductions=near or wanted.reductions[:1])
    return SentPhoto(tuple(reversed(kept)))


def _with_light(
    choice: Choice,
    candidates: Candidates,
    lighter: Settings,
    students: Sequence[Student],
    files: dict[str, bytes],
) -> Choice:
    """Choose what readers who save data get at the addresses of a choice: the same codecs."""
    lighter = replace(lighter, codecs=(choice.sent.codec,))
    made: dict[str, bytes] = {}
    found = WidthSearch(candidates, lighter, _beside(choice.student, students)).choose(made)
    sent, fallback = (
        instead if usual and instead and _is_lighter(instead, usual) else None
        for usual, instead in ((choice.sent, found.sent), (choice.fallback, found.fallback))
    )
    if not (sent or fallback):
        return choice
    files |= {one.sha256: made[one.sha256] for one in (sent, fallback) if one}
    light = LightFiles(student=found.student, sent=sent, fallback=fallback)
    return replace(choice, light=light)


def _is_lighter(instead: SentFile, usual: SentFile) -> bool:
    return instead.codec == usual.codec and instead.bytes < usual.bytes


def _beside(used: str | None, students: Sequence[Student]) -> list[Student]:
    """List the students that a photo may have beside one, given by its hash: of other scales."""
    one = next((student for student in students if student.sha256 == used), None)
    return [student for student in students if one in (None, student) or student.scale != one.scale]


def sizes_of(own: tuple[int, int], widths: Sequence[Width]) -> list[tuple[int, int]]:
    """List the sizes in which a photo is sent, the largest first.

    A photo that is narrower than the largest of the widths is sent in its own as well.

    Args:
        own: (height, width) of the photo.
        widths: What is wanted.

    Returns:
        Each (height, width). The height follows from that of the largest as in a page: rounded half
        up. Sizes too small to be scored are left out, but never all.
    """
    numbers = {width for width in widths if width != "own"}
    fitting = {width for width in numbers if width < own[1]}
    if len(fitting) < len(numbers) or "own" in widths:
        fitting.add(own[1])
    largest, *smaller = sorted(fitting, reverse=True)
    sizes = [(_height(own, largest), largest)]
    for width in smaller:
        height = _height(sizes[0], width)
        if width <= _NEAREST * sizes[-1][1] and min(height, width) >= SMALLEST_PX:
            sizes.append((height, width))
    return sizes


def _height(of: tuple[int, int], width: int) -> int:
    height = (2 * width * of[0] + of[1]) // (2 * of[1])
    return max(height, 1)
