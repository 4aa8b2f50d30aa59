"""Compare enlargements over all photos: with full size, and with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from export.bandwidth.rate_quality import bd_quality, bd_rate, crossover
from export.bandwidth.study import Study
from export.delivery.reducing import SentReduction
from pixels.sending.codecs import Codec


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The values of one figure over many photos."""

    mean: float
    """For shares, the geometric mean of the factors."""
    median: float
    quarter: float
    """First quartile."""
    three_quarters: float
    """Third quartile."""
    photos: int
    """Number of photos that have a value."""


@dataclass(frozen=True, kw_only=True)
class BandResult:
    """Reduced sizes against full size at one quality.

    Counts the photos whose full-size files have that quality within their measured range.
    """

    band: float
    photos: int
    reached: int
    """Photos of which a reduced file reaches the quality too."""
    won: float
    """Share of the photos of which a reduced file is smaller than that of full size."""
    won_at: dict[str, float]
    """The same for each size sent, `1/2` or `2/3`, whose file is the smallest of all."""
    full_bytes: float
    """All photos together, at full size."""
    chosen_bytes: float
    """All photos together, each in its smaller form."""
    median_saving: float | None
    """Median saving of the photos that reach the quality, always sent reduced."""
    points: float | None
    """Mean over the photos of the best score of a reduced file with the bytes of full size."""

    @property
    def saving(self) -> float:
        """Share of bytes saved by sending each photo in its smaller form."""
        return 1.0 - self.chosen_bytes / self.full_bytes if self.full_bytes else 0.0


@dataclass(frozen=True, kw_only=True)
class FullComparison:
    """A reduced size in one codec and enlargement, compared with full size."""

    codec: Codec
    way: str
    bd_rate: Spread | None
    """By the study's judge."""
    bd_rate_psnr: Spread | None
    bd_rate_ssim: Spread | None
    crossover: Spread | None
    """Quality up to which the reduced file is smaller, over the photos where it ever is."""
    never: float
    """Share of the photos where it is smaller at no quality."""
    bands: tuple[BandResult, ...]


@dataclass(frozen=True, kw_only=True)
class BandGain:
    """What a network adds to a plain enlargement of the same files, at one quality."""

    band: float
    points: Spread | None
    """What the score gains, for the bytes of the full-size file of that quality."""
    same_points_saving: float | None
    """Share of bytes saved over the photos where both reach the quality."""
    both: int
    """Number of those photos."""
    chosen_saving: float
    """Share of bytes saved over all photos, each sent in its smaller form: full or reduced."""


@dataclass(frozen=True, kw_only=True)
class PlainComparison:
    """A network compared with a plain enlargement of the same files, in one codec."""

    codec: Codec
    way: str
    plain: str
    photos: int
    bd_rate: Spread | None
    bd_points: Spread | None
    gains: tuple[BandGain, ...]


@dataclass(frozen=True, kw_only=True)
class SameFile:
    """A network against a plain enlargement of the same files, all of one encoder setting."""

    quality: int
    """The encoder's setting."""
    median: float
    """Of what the photos' scores gain."""
    lowest: float
    highest: float
    photos: int


def spread(values: Iterable[float | None], *, shares: bool = False) -> Spread | None:
    """Summarise the values that are not None; None if all are.

    Args:
        values: One for each photo.
        shares: Whether they are relative changes, whose mean is geometric.
    """
    known = np.array([value for value in values if value is not None], np.float64)
    if not known.size:
        return None
    mean = np.expm1(np.log1p(known).mean()) if shares else known.mean()
    quarter, median, three_quarters = np.percentile(known, [25, 50, 75])
    return Spread(
        mean=float(mean),
        median=float(median),
        quarter=float(quarter),
        three_quarters=float(three_quarters),
        photos=int(known.size),
    )


def compare_with_full(study: Study, codec: Codec, way: str) -> FullComparison:
    """Compare a reduced size, enlarged in one way, with full size."""

    def rates(metric: str | None) -> Spread | None:
        deltas = (pair.bd_rate(way, metric) for pair in study.pairs(codec))
        return spread((delta and delta.value for delta in deltas), shares=True)

    crossings = [
        crossover(reduced, pair.full())
        for pair in study.pairs(codec)
        if (reduced := pair.reduced(way)) is not None
    ]
    never = sum(crossing is None for crossing in crossings)
    return FullComparison(
        codec=codec,
        way=way,
        bd_rate=rates(None),
        bd_rate_psnr=rates("psnr"),
        bd_rate_ssim=rates("ssim"),
        crossover=spread(crossings),
        never=never / len(crossings) if crossings else 0.0,
        bands=tuple(compare_at(study, codec, [way], band) for band in study.bands),
    )


def compare_at(study: Study, codec: Codec, ways: Sequence[str], band: float) -> BandResult:
    """Compare reduced sizes with full size at one quality.

    Args:
        study: The photos.
        codec: The format of all files.
        ways: The enlargements among which the best is chosen for each photo.
        band: The quality.
    """
    full_total = chosen_total = 0.0
    photos = 0
    won: Counter[str] = Counter()
    savings: list[float] = []
    points: list[float | None] = []
    for pair in study.pairs(codec):
        full = pair.full_bytes(band)
        if full is None or all(pair.reduced(way) is None for way in ways):
            continue
        photos += 1
        full_total += full
        smallest = pair.smallest_reduced(ways, band)
        if smallest is not None and smallest[0] < full:
            won[study.sent_at(smallest[1])] += 1
        chosen_total += full if smallest is None else min(smallest[0], full)
        if smallest is not None:
            savings.append(1.0 - smallest[0] / full)
        scores = [pair.reduced_score(way, full) for way in ways]
        points.append(max((score for score in scores if score is not None), default=None))
    all_points = spread(points)
    return BandResult(
        band=band,
        photos=photos,
        reached=len(savings),
        won=sum(won.values()) / photos if photos else 0.0,
        won_at={size: count / photos for size, count in sorted(won.items())},
        full_bytes=full_total,
        chosen_bytes=chosen_total,
        median_saving=float(np.median(savings)) if savings else None,
        points=None if all_points is None else all_points.mean,
    )


def compare_with_plain(study: Study, codec: Codec, way: str, plain: str) -> PlainComparison:
    """Compare a network with a plain enlargement of the same files."""
    rates: list[float | None] = []
    points: list[float | None] = []
    for pair in study.pairs(codec):
        network, other, bytes_ = pair.reduced(way), pair.reduced(plain), pair.useful_bytes()
        if network is None or other is None or bytes_ is None:
            continue
        by_rate = bd_rate(network, other, pair.useful_scores)
        by_points = bd_quality(network, other, bytes_)
        rates.append(by_rate and by_rate.value)
        points.append(by_points and by_points.value)
    return PlainComparison(
        codec=codec,
        way=way,
        plain=plain,
        photos=len(rates),
        bd_rate=spread(rates, shares=True),
        bd_points=spread(points),
        gains=tuple(_gain_at(study, codec, way, plain, band) for band in study.bands),
    )


def on_the_same_files(study: Study, codec: Codec, way: str, plain: str) -> list[SameFile]:
    """Compare the scores of two enlargements of the same files, setting by setting."""
    gains: dict[int, list[float]] = {}
    for photo in study.photos:
        better, worse = (photo.points(codec, name, study.plan.reduction) for name in (way, plain))
        for first, second in zip(better or (), worse or (), strict=bool(better and worse)):
            gain = first.scores[study.judging.key] - second.scores[study.judging.key]
            gains.setdefault(first.quality, []).append(gain)
    return [
        SameFile(
            quality=quality,
            median=float(np.median(values)),
            lowest=min(values),
            highest=max(values),
            photos=len(values),
        )
        for quality, values in gains.items()
    ]


def _gain_at(study: Study, codec: Codec, way: str, plain: str, band: float) -> BandGain:
    network_total = plain_total = network_chosen = plain_chosen = 0.0
    both = 0
    pairs = [p for p in study.pairs(codec) if p.reduced(way) and p.reduced(plain)]
    for pair in pairs:
        full = pair.full_bytes(band)
        if full is None:
            continue
        network, other = pair.reduced_bytes(way, band), pair.reduced_bytes(plain, band)
        network_chosen += min(full, network or full)
        plain_chosen += min(full, other or full)
        if network is not None and other is not None:
            both += 1
            network_total += network
            plain_total += other
    return BandGain(
        band=band,
        points=spread(pair.points_gained(way, plain, band) for pair in pairs),
        same_points_saving=1.0 - network_total / plain_total if both else None,
        both=both,
        chosen_saving=1.0 - network_chosen / plain_chosen if plain_chosen else 0.0,
    )


def smallest_bytes(
    study: Study,
    codec: Codec,
    band: float,
    ways: Sequence[str],
    reductions: Sequence[SentReduction],
) -> float:
    """Sum up the bytes of all photos, each in its smallest form that reaches a quality.

    The forms are full size, and reduced by any of the reductions and enlarged in any of the ways.
    """
    total = 0.0
    for pair in study.pairs(codec):
        full = pair.full_bytes(band)
        if full is None:
            continue
        smallest = pair.smallest_reduced(ways, band, reductions)
        total += full if smallest is None else min(full, smallest[0])
    return total


def full_size_bytes(study: Study, codec: Codec, band: float) -> tuple[float, int]:
    """Sum up the bytes of the full-size files of a quality; count the photos that have one."""
    sizes = [pair.full_bytes(band) for pair in study.pairs(codec)]
    known = [size for size in sizes if size is not None]
    return float(sum(known)), len(known)
