"""From curves to answers: what half size saves, and what the network earns of that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from export.bandwidth.measure import FULL
from export.bandwidth.rate_quality import bd_quality, bd_rate, crossover
from export.bandwidth.study import (
    Metric,
    Photo,
    Study,
    full_bytes,
    half_bytes,
    points_within,
    useful_bytes,
    useful_qualities,
)
from pixels.sending.codecs import Codec, Reduction


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Many photos' values of one figure."""

    mean: float
    """Of shares, the geometric mean of the factors."""
    median: float
    quarter: float
    """A quarter of the photos lie below."""
    three_quarters: float
    """A quarter of the photos lie above."""
    photos: int
    """How many have a value."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """Half size against full size at one quality, of the photos whose full-size file reaches it."""

    band: float
    photos: int
    reached: int
    """Photos of which a half-size file reaches the quality too."""
    won: float
    """Share of all photos whose half-size file is the smaller one."""
    full_bytes: float
    """Of all photos together, at full size."""
    chosen_bytes: float
    """Of all photos together, each in its smaller form."""
    median_saving: float | None
    """Of the photos that reach it: half the photos save more, always sent at half size."""
    points: float | None
    """Mean quality of half-size files of no more bytes than the full-size ones."""

    @property
    def saving(self) -> float:
        """Share of the bytes saved by sending each photo in its smaller form."""
        return 1.0 - self.chosen_bytes / self.full_bytes if self.full_bytes else 0.0


@dataclass(frozen=True, kw_only=True)
class Against:
    """One way of enlarging against full size, in one codec."""

    codec: Codec
    way: str
    bd_rate: Spread | None
    """By SSIMULACRA2."""
    bd_rate_psnr: Spread | None
    bd_rate_ssim: Spread | None
    crossover: Spread | None
    """Quality up to which half size is smaller, of the photos where it ever is."""
    never: float
    """Share of the photos where half size is smaller nowhere."""
    bands: tuple[Band, ...]


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What a network adds to a plain enlargement of the same files, at one quality."""

    band: int
    points: Spread | None
    """Gained at equal bytes: those of the full-size file of that quality."""
    same_points_saving: float | None
    """Share of the bytes saved where both reach the quality, all those photos together."""
    both: int
    """How many photos that are."""
    chosen_saving: float
    """The same of all photos, each in its smallest form: full size, or half size in that way."""


@dataclass(frozen=True, kw_only=True)
class Earned:
    """A network against a plain enlargement of the same files, in one codec."""

    codec: Codec
    way: str
    plain: str
    photos: int
    bd_rate: Spread | None
    bd_points: Spread | None
    gains: tuple[Gain, ...]


def spread(values: Iterable[float | None], *, shares: bool = False) -> Spread | None:
    """Summarise the values that there are; None where there is none."""
    there = np.array([value for value in values if value is not None], np.float64)
    if not there.size:
        return None
    mean = np.expm1(np.log1p(there).mean()) if shares else there.mean()
    quarter, median, three_quarters = np.percentile(there, [25, 50, 75])
    return Spread(
        mean=float(mean),
        median=float(median),
        quarter=float(quarter),
        three_quarters=float(three_quarters),
        photos=int(there.size),
    )


def against_full(study: Study, codec: Codec, way: str) -> Against:
    """Compare half size, enlarged in one way, with full size."""

    def rates(metric: Metric) -> Spread | None:
        return spread((_bd_rate(study, p, codec, way, metric) for p in study.photos), shares=True)

    crossings, measured = [], 0
    for photo in study.photos:
        full, half = photo.curve(codec, FULL), study.half(photo, codec, way)
        if full is not None and half is not None:
            measured += 1
            crossings.append(crossover(half, full))
    never = sum(crossing is None for crossing in crossings) / measured if measured else 0.0
    return Against(
        codec=codec,
        way=way,
        bd_rate=rates("ssimulacra2"),
        bd_rate_psnr=rates("psnr"),
        bd_rate_ssim=rates("ssim"),
        crossover=spread(crossings),
        never=never,
        bands=tuple(band_of(study, codec, way, band) for band in study.bands),
    )


def band_of(study: Study, codec: Codec, way: str, band: float) -> Band:
    """Compare them at one quality."""
    full_total = chosen_total = 0.0
    photos = won = 0
    savings: list[float] = []
    points: list[float | None] = []
    for photo in study.photos:
        full, curve = full_bytes(photo, codec, band), study.half(photo, codec, way)
        if full is None or curve is None:
            continue
        half = half_bytes(curve, band)
        photos += 1
        full_total += full
        chosen_total += full if half is None else min(half, full)
        won += half is not None and half < full
        points.append(points_within(curve, full))
        if half is not None:
            savings.append(1.0 - half / full)
    told = spread(points)
    return Band(
        band=band,
        photos=photos,
        reached=len(savings),
        won=won / photos if photos else 0.0,
        full_bytes=full_total,
        chosen_bytes=chosen_total,
        median_saving=float(np.median(savings)) if savings else None,
        points=None if told is None else told.mean,
    )


def earned(study: Study, codec: Codec, way: str, plain: str) -> Earned:
    """Compare a network with a plain enlargement of the same half-size files."""
    rates: list[float | None] = []
    points: list[float | None] = []
    for photo in study.photos:
        network, other = (study.half(photo, codec, name) for name in (way, plain))
        bytes_ = useful_bytes(study, photo, codec)
        if network is None or other is None or bytes_ is None:
            continue
        by_rate = bd_rate(network, other, (min(study.bands), max(study.bands)))
        by_points = bd_quality(network, other, bytes_)
        rates.append(by_rate.value if by_rate else None)
        points.append(by_points.value if by_points else None)
    return Earned(
        codec=codec,
        way=way,
        plain=plain,
        photos=len(rates),
        bd_rate=spread(rates, shares=True),
        bd_points=spread(points),
        gains=tuple(_gain(study, codec, way, plain, band) for band in study.bands),
    )


def _gain(study: Study, codec: Codec, way: str, plain: str, band: int) -> Gain:
    points: list[float] = []
    network_bytes = plain_bytes = network_chosen = plain_chosen = 0.0
    both = 0
    for photo in study.photos:
        full = full_bytes(photo, codec, band)
        network, other = (study.half(photo, codec, name) for name in (way, plain))
        if full is None or network is None or other is None:
            continue
        reached = half_bytes(network, band), half_bytes(other, band)
        network_chosen += min(full, reached[0] or full)
        plain_chosen += min(full, reached[1] or full)
        if reached[0] is not None and reached[1] is not None:
            both += 1
            network_bytes += reached[0]
            plain_bytes += reached[1]
        better, worse = points_within(network, full), points_within(other, full)
        if better is not None and worse is not None:
            points.append(better - worse)
    return Gain(
        band=band,
        points=spread(points),
        same_points_saving=1.0 - network_bytes / plain_bytes if both else None,
        both=both,
        chosen_saving=1.0 - network_chosen / plain_chosen if plain_chosen else 0.0,
    )


def chosen_bytes(
    study: Study,
    codec: Codec,
    band: int,
    ways: Sequence[str],
    reductions: Sequence[Reduction],
) -> float:
    """Bytes of all photos, each in its smallest form: full size, or any way and reduction."""
    total = 0.0
    for photo in study.photos:
        full = full_bytes(photo, codec, band)
        if full is None:
            continue
        halves = [half_bytes(photo.curve(codec, way, r), band) for way in ways for r in reductions]
        total += min([full, *(half for half in halves if half is not None)])
    return total


def _bd_rate(study: Study, photo: Photo, codec: Codec, way: str, metric: Metric) -> float | None:
    full = photo.curve(codec, FULL, None, metric)
    half = photo.curve(codec, way, study.reduction, metric)
    within = useful_qualities(study, photo, codec, metric)
    if full is None or half is None or within is None:
        return None
    delta = bd_rate(half, full, within)
    return None if delta is None else delta.value
