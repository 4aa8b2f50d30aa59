"""Where judges disagree: at which size a photo takes the fewest bytes, by each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from export.bandwidth.measure import CurvePoint
from export.bandwidth.plan import FULL
from export.bandwidth.study import Pair, Study
from pixels.sending.codecs import Codec

FULL_SIZE = "1"
"""The size of photos that are not reduced, next to `1/2` and `2/3`."""


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """The sizes that judges would send instead of full-size files of one encoder setting.

    Each judge asks for its own score of that file; the size whose file reaches it with the fewest
    bytes wins.
    """

    codec: Codec
    quality: int
    """The encoder's setting at full size."""
    photos: int
    winners: dict[str, dict[str, int]]
    """By each judge, how many photos take the fewest bytes at each size: `1`, `2/3`, `1/2`."""
    differing: int
    """Number of photos for which not all judges name the same size."""


def disagreements(study: Study) -> list[Disagreement]:
    """Compare the judges at every full-size file that one of them would send.

    Returns:
        Empty for a single judge; settings that lie within no judge's bands are left out.
    """
    studies = study.by_each_judge
    if len(studies) < 2:
        return []
    found = []
    for codec in study.codecs:
        pairs = [[one.pair(photo, codec) for one in studies] for photo in study.photos]
        for quality in sorted({point.quality for row in pairs for point in _full_size(row[0])}):
            sent = [row for row in pairs if any(_is_sent(pair, quality) for pair in row)]
            if sent:
                found.append(_at_a_setting(studies, codec, quality, sent))
    return found


def disagreement_sentence(found: Sequence[Disagreement]) -> str:
    """Say in how many cases the judges would send another size.

    Args:
        found: At least one.
    """
    cases, differing = sum(row.photos for row in found), sum(row.differing for row in found)
    judges = " and ".join(found[0].winners)
    if not differing:
        return f"{judges} send every photo at the same size, in all {cases} cases compared"
    return (
        f"{judges} disagree on the size that takes the fewest bytes in {differing} of {cases} "
        "cases (a photo instead of a full-size file of one setting)"
    )


def _at_a_setting(
    studies: Sequence[Study], codec: Codec, quality: int, pairs: Sequence[Sequence[Pair]]
) -> Disagreement:
    rows = [
        [_winner(one, pair, quality) for one, pair in zip(studies, row, strict=True)]
        for row in pairs
    ]
    return Disagreement(
        codec=codec,
        quality=quality,
        photos=len(rows),
        winners={
            one.judging.name: dict(sorted(Counter(column).items()))
            for one, column in zip(studies, zip(*rows, strict=True), strict=True)
        },
        differing=sum(len(set(row)) > 1 for row in rows),
    )


def _winner(study: Study, pair: Pair, quality: int) -> str:
    """Name the size that reaches the score of a full-size file with the fewest bytes."""
    full = _file(pair, quality)
    smallest = pair.smallest_reduced(study.shippable, full.scores[study.judging.key])
    if smallest is None or smallest[0] >= full.bytes_:
        return FULL_SIZE
    return study.sent_at(smallest[1])


def _is_sent(pair: Pair, quality: int) -> bool:
    low, high = pair.useful_scores
    return low <= _file(pair, quality).scores[pair.judging.key] <= high


def _file(pair: Pair, quality: int) -> CurvePoint:
    """Return the full-size file of a setting."""
    return next(point for point in _full_size(pair) if point.quality == quality)


def _full_size(pair: Pair) -> tuple[CurvePoint, ...]:
    points = pair.photo.points(pair.codec, FULL, None)
    assert points is not None  # every photo is measured at full size in every codec
    return points
