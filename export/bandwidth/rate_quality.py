"""Rate-quality curves: bytes at equal quality, quality at equal bytes, and their mean (BD)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export.bandwidth.judging import STRAIGHT, Bend
from export.bandwidth.pchip import Pchip

METHOD = (
    "Bjøntegaard delta: the mean difference of two rate-quality curves over the quality both "
    "reach, on the logarithm of the rate (G. Bjøntegaard, ITU-T VCEG-M33, 2001), with piecewise "
    "cubic Hermite interpolation (PCHIP) instead of a single polynomial, as in the common test "
    "conditions of JCT-VC (F. Bossen, JCTVC-L1100, 2013; C. Herglotz et al., arXiv:2202.12565). "
    "Of ColorVideoVDP, the logarithm of 10 - JOD is interpolated, since it is nearly straight in "
    "the logarithm of the rate; means are of JOD all the same"
)
_GRID = 241


@dataclass(frozen=True, kw_only=True)
class Delta:
    """A Bjøntegaard delta."""

    value: float
    """A rate: a share, below 0 where the first curve needs fewer bytes. A quality: in points."""
    low: float
    """Start of the range that both curves share: a quality, or bytes."""
    high: float
    """End of that range."""


class RateQuality:
    """The quality that a codec reaches with a number of bytes, between its measured points.

    Settings that take more bytes for no more quality are dropped, as nobody would use them. The
    remaining points rise, and PCHIP interpolation keeps the curve rising. Nothing is extrapolated
    beyond the measured points.
    """

    def __init__(
        self, bytes_: Sequence[float], qualities: Sequence[float], bend: Bend = STRAIGHT
    ) -> None:
        """Take one curve's points, in any order.

        Args:
            bytes_: The rates.
            qualities: Larger ones are better.
            bend: How qualities are mapped to be interpolated.

        Raises:
            ValueError: There are no points, or a different number of bytes and qualities.
        """
        if len(bytes_) != len(qualities) or not len(bytes_):
            raise ValueError(f"{len(bytes_)} rates do not match {len(qualities)} qualities")
        kept: list[tuple[float, float]] = []
        for rate, quality in sorted(
            zip(bytes_, qualities, strict=True), key=lambda p: (p[0], -p[1])
        ):
            if not kept or (quality > kept[-1][1] and rate > kept[-1][0]):
                kept.append((rate, quality))
        points = np.array(kept, np.float64)
        self._log_rates, self._qualities = np.log(points[:, 0]), points[:, 1]
        self.lowest, self.highest = float(self._qualities[0]), float(self._qualities[-1])
        """The range of quality that was measured."""
        self.least, self.most = float(points[0, 0]), float(points[-1, 0])
        """The range of bytes that was measured."""
        self._bend = bend
        self._log_rate_of = self._bent_of = None
        if len(points) > 1:
            bent = bend.to(self._qualities)
            self._log_rate_of = Pchip(bent, self._log_rates)
            self._bent_of = Pchip(self._log_rates, bent)

    def bytes_at(self, quality: float) -> float | None:
        """Return the bytes that a quality takes; None outside the measured range."""
        if not self.lowest <= quality <= self.highest:
            return None
        if self._log_rate_of is None:
            return self.least
        return float(np.exp(self.log_rates_at(np.array([quality]))[0]))

    def quality_at(self, bytes_: float) -> float | None:
        """Return the quality of this many bytes; None outside the measured range."""
        if not self.least <= bytes_ <= self.most:
            return None
        if self._bent_of is None:
            return self.lowest
        return float(self._qualities_at(np.log([bytes_]))[0])

    def least_bytes_for(self, quality: float) -> float | None:
        """Return the bytes of the smallest file that reaches a quality; None if none does.

        If even the smallest measured file is better, its bytes count: nothing is guessed in favour
        of this curve.
        """
        if quality > self.highest:
            return None
        return self.least if quality < self.lowest else self.bytes_at(quality)

    def best_within(self, bytes_: float) -> float | None:
        """Return the best quality of at most `bytes_`; None if no measured file is so small."""
        if bytes_ < self.least:
            return None
        return self.highest if bytes_ > self.most else self.quality_at(bytes_)

    def log_rates_at(self, qualities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of the rate at many measured qualities."""
        assert self._log_rate_of is not None
        return self._log_rate_of(self._bend.to(qualities))

    def mean_log_rate(self, low: float, high: float) -> float:
        """Return the mean logarithm of the rate between two measured qualities."""
        assert self._log_rate_of is not None
        if self._bend is STRAIGHT:
            return self._log_rate_of.integral(low, high) / (high - low)
        return _mean_over(self.log_rates_at, low, high)

    def mean_quality(self, least: float, most: float) -> float:
        """Return the mean quality between two measured rates, over the logarithm of the rate."""
        assert self._bent_of is not None
        low, high = float(np.log(least)), float(np.log(most))
        if self._bend is STRAIGHT:
            return self._bent_of.integral(low, high) / (high - low)
        return _mean_over(self._qualities_at, low, high)

    def _qualities_at(self, log_rates: NDArray[np.float64]) -> NDArray[np.float64]:
        assert self._bent_of is not None
        return self._bend.back(self._bent_of(log_rates))


def _mean_over(
    curve: Callable[[NDArray[np.float64]], NDArray[np.float64]], low: float, high: float
) -> float:
    """Return the mean of a curve between two places, by the trapezoidal rule."""
    grid = np.linspace(low, high, _GRID)
    return float(np.trapezoid(curve(grid), grid)) / (high - low)


_EVERYWHERE = (-np.inf, np.inf)


def bd_rate(
    curve: RateQuality, anchor: RateQuality, within: tuple[float, float] = _EVERYWHERE
) -> Delta | None:
    """Return the mean share by which a curve needs more bytes than the anchor at equal quality.

    Args:
        curve: The curve to judge.
        anchor: The curve to compare it with.
        within: The range of qualities that counts.

    Returns:
        Below 0 if the curve saves bytes; None if the curves share no quality in that range.

    Source: `METHOD`.
    """
    low = max(curve.lowest, anchor.lowest, within[0])
    high = min(curve.highest, anchor.highest, within[1])
    if not low < high:
        return None
    difference = curve.mean_log_rate(low, high) - anchor.mean_log_rate(low, high)
    return Delta(value=float(np.expm1(difference)), low=low, high=high)


def bd_quality(
    curve: RateQuality, anchor: RateQuality, within: tuple[float, float] = _EVERYWHERE
) -> Delta | None:
    """Return the mean number of points by which a curve is better than the anchor at equal bytes.

    Args:
        curve: The curve to judge.
        anchor: The curve to compare it with.
        within: The range of bytes that counts.

    Returns:
        None if the curves share no number of bytes in that range.

    Source: `METHOD`.
    """
    least = max(curve.least, anchor.least, within[0])
    most = min(curve.most, anchor.most, within[1])
    if not least < most:
        return None
    difference = curve.mean_quality(least, most) - anchor.mean_quality(least, most)
    return Delta(value=difference, low=least, high=most)


def crossover(curve: RateQuality, anchor: RateQuality) -> float | None:
    """Return the highest quality at which a curve needs no more bytes than the anchor.

    Returns:
        The highest quality that both reach, if the curve is smaller there too; None if it is
        nowhere smaller, or the curves share no quality.
    """
    low, high = max(curve.lowest, anchor.lowest), min(curve.highest, anchor.highest)
    if not low < high:
        return None
    grid = np.linspace(low, high, _GRID)
    smaller = np.flatnonzero(curve.log_rates_at(grid) <= anchor.log_rates_at(grid))
    return float(grid[smaller[-1]]) if smaller.size else None
