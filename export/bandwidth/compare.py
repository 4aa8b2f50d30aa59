"""Compare enlargements over all photos: with full size, and with each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from export.bandwidth.rate_quality import bd_quality, bd_rate, crossover
from export.bandwidth.study import Metric, Study
from pixels.sending.codecs import Codec, Reduction


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
    """Half size against full size at one quality.

    Counts the photos whose full-size files have that quality within their measured range.
    """

    band: float
    photos: int
    reached: int
    """Photos of which a half-size file reaches the quality too."""
    won: float
    """Share of the photos whose half-size file is the smaller one."""
    full_bytes: float
    """All photos together, at full size."""
    chosen_bytes: float
    """All photos together, each in its smaller form."""
    median_saving: float | None
    """Median saving of the photos that reach the quality, always sent at half size."""
    points: float | None
    """Mean quality of the half-size files for the bytes of full size."""

    @property
    def saving(self) -> float:
        """Share of bytes saved by sending each photo in its smaller form."""
        return 1.0 - self.chosen_bytes / self.full_bytes if self.full_bytes else 0.0


@dataclass(frozen=True, kw_only=True)
class FullComparison:
    """Half size in one codec and enlargement, compared with full size."""

    codec: Codec
    way: str
    bd_rate: Spread | None
    """For SSIMULACRA2."""
    bd_rate_psnr: Spread | None
    bd_rate_ssim: Spread | None
    crossover: Spread | None
    """Quality up to which half size is smaller, over the photos where it ever is."""
    never: float
    """Share of the photos where half size is smaller at no quality."""
    bands: tuple[BandResult, ...]


@dataclass(frozen=True, kw_only=True)
class BandGain:
    """What a network adds to a plain enlargement of the same files, at one quality."""

    band: int
    points: Spread | None
    """Points gained for the bytes of the full-size file of that quality."""
    same_points_saving: float | None
    """Share of bytes saved over the photos where both reach the quality."""
    both: int
    """Number of those photos."""
    chosen_saving: float
    """Share of bytes saved over all photos, each sent in its smaller form: full or half size."""


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
    """Compare half size, enlarged in one way, with full size."""

    def rates(metric: Metric) -> Spread | None:
        deltas = (pair.bd_rate(way, metric) for pair in study.pairs(codec))
        return spread((delta and delta.value for delta in deltas), shares=True)

    crossings = [
        crossover(half, pair.full())
        for pair in study.pairs(codec)
        if (half := pair.half(way)) is not None
    ]
    never = sum(crossing is None for crossing in crossings)
    return FullComparison(
        codec=codec,
        way=way,
        bd_rate=rates("ssimulacra2"),
        bd_rate_psnr=rates("psnr"),
        bd_rate_ssim=rates("ssim"),
        crossover=spread(crossings),
        never=never / len(crossings) if crossings else 0.0,
        bands=tuple(compare_at(study, codec, way, band) for band in study.bands),
    )


def compare_at(study: Study, codec: Codec, way: str, band: float) -> BandResult:
    """Compare half size, enlarged in one way, with full size at one quality."""
    full_total = chosen_total = 0.0
    photos = won = 0
    savings: list[float] = []
    points: list[float | None] = []
    for pair in study.pairs(codec):
        full, half = pair.full_bytes(band), pair.half_bytes(way, band)
        if full is None or pair.half(way) is None:
            continue
        photos += 1
        full_total += full
        chosen_total += full if half is None else min(half, full)
        won += half is not None and half < full
        points.append(pair.half_points(way, full))
        if half is not None:
            savings.append(1.0 - half / full)
    all_points = spread(points)
    return BandResult(
        band=band,
        photos=photos,
        reached=len(savings),
        won=won / photos if photos else 0.0,
        full_bytes=full_total,
        chosen_bytes=chosen_total,
        median_saving=float(np.median(savings)) if savings else None,
        points=None if all_points is None else all_points.mean,
    )


def compare_with_plain(study: Study, codec: Codec, way: str, plain: str) -> PlainComparison:
    """Compare a network with a plain enlargement of the same half-size files."""
    rates: list[float | None] = []
    points: list[float | None] = []
    for pair in study.pairs(codec):
        network, other, bytes_ = pair.half(way), pair.half(plain), pair.useful_bytes()
        if network is None or other is None or bytes_ is None:
            continue
        by_rate = bd_rate(network, other, (pair.lowest, pair.highest))
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


def _gain_at(study: Study, codec: Codec, way: str, plain: str, band: int) -> BandGain:
    network_total = plain_total = network_chosen = plain_chosen = 0.0
    both = 0
    pairs = [p for p in study.pairs(codec) if p.half(way) and p.half(plain)]
    for pair in pairs:
        full = pair.full_bytes(band)
        if full is None:
            continue
        network, other = pair.half_bytes(way, band), pair.half_bytes(plain, band)
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
    band: int,
    ways: Sequence[str],
    reductions: Sequence[Reduction],
) -> float:
    """Sum up the bytes of all photos, each in its smallest form that reaches a quality.

    The forms are full size, and half size after any of the reductions in any of the ways.
    """
    total = 0.0
    for pair in study.pairs(codec):
        full = pair.full_bytes(band)
        if full is None:
            continue
        halves = [pair.half_bytes(way, band, reduction=r) for way in ways for r in reductions]
        total += min([full, *(half for half in halves if half is not None)])
    return total


def full_size_bytes(study: Study, codec: Codec, band: int) -> tuple[float, int]:
    """Sum up the bytes of the full-size files of a quality; count the photos that have one."""
    sizes = [pair.full_bytes(band) for pair in study.pairs(codec)]
    known = [size for size in sizes if size is not None]
    return float(sum(known)), len(known)
