"""Rate-quality curves: bytes at equal quality, quality at equal bytes, and their means (BD)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

METHOD = (
    "Bjøntegaard delta: the mean difference of two rate-quality curves over the quality both "
    "reach, on the logarithm of the rate (G. Bjøntegaard, ITU-T VCEG-M33, 2001), with piecewise "
    "cubic Hermite interpolation (PCHIP) in place of one polynomial, as in the common test "
    "conditions of JCT-VC (F. Bossen, JCTVC-L1100, 2013; C. Herglotz et al., arXiv:2202.12565)"
)
_GRID = 241


@dataclass(frozen=True, kw_only=True)
class Delta:
    """A Bjøntegaard delta."""

    value: float
    """Of rate: a share, below 0 where the first needs fewer bytes. Of quality: in points."""
    low: float
    """Where the part that both curves have begins: quality, or bytes."""
    high: float
    """Where it ends."""


class RateQuality:
    """What quality a codec reaches for how many bytes, between its measured points.

    Settings that need more bytes for no more quality are left out, as no one would use them; what
    is left rises, and PCHIP keeps it rising. Nothing is said beyond the measured points.
    """

    def __init__(self, bytes_: Sequence[float], qualities: Sequence[float]) -> None:
        """Take one curve's points, in any order.

        Raises:
            ValueError: There are no points, or the numbers of both differ.
        """
        if len(bytes_) != len(qualities) or not len(bytes_):
            raise ValueError(f"{len(bytes_)} rates cannot go with {len(qualities)} qualities")
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
        alone = len(points) == 1
        self._log_rate_of = None if alone else PchipInterpolator(self._qualities, self._log_rates)
        self._quality_of = None if alone else PchipInterpolator(self._log_rates, self._qualities)

    def bytes_at(self, quality: float) -> float | None:
        """Bytes that a quality takes; None where it was not measured, or cannot be reached."""
        if not self.lowest <= quality <= self.highest:
            return None
        if self._log_rate_of is None:
            return self.least
        return float(np.exp(self._log_rate_of(quality)))

    def quality_at(self, bytes_: float) -> float | None:
        """Quality that so many bytes give; None beyond the measured ones."""
        if not self.least <= bytes_ <= self.most:
            return None
        return self.lowest if self._quality_of is None else float(self._quality_of(np.log(bytes_)))

    def mean_log_rate(self, low: float, high: float) -> float:
        """Mean of the logarithm of the rate between two measured qualities."""
        assert self._log_rate_of is not None
        return float(self._log_rate_of.integrate(low, high)) / (high - low)

    def mean_quality(self, least: float, most: float) -> float:
        """Mean quality between two measured rates, evenly over their logarithm."""
        assert self._quality_of is not None
        low, high = np.log(least), np.log(most)
        return float(self._quality_of.integrate(low, high)) / float(high - low)


_EVERYWHERE = (-np.inf, np.inf)


def bd_rate(
    curve: RateQuality, anchor: RateQuality, within: tuple[float, float] = _EVERYWHERE
) -> Delta | None:
    """Mean share by which a curve needs more bytes than the anchor for the same quality.

    Args:
        curve: What is judged.
        anchor: What it is compared with.
        within: The only qualities that count: those that anyone would send.

    Returns:
        Below 0 where it saves bytes; None where the curves have no such quality in common.
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
    """Mean points by which a curve is better than the anchor for the same bytes.

    Args:
        curve: What is judged.
        anchor: What it is compared with.
        within: The only numbers of bytes that count.

    Returns:
        None where the curves have no such number of bytes in common.
    """
    least = max(curve.least, anchor.least, within[0])
    most = min(curve.most, anchor.most, within[1])
    if not least < most:
        return None
    difference = curve.mean_quality(least, most) - anchor.mean_quality(least, most)
    return Delta(value=difference, low=least, high=most)


def crossover(curve: RateQuality, anchor: RateQuality) -> float | None:
    """Highest quality up to which a curve needs no more bytes than the anchor.

    Returns:
        The quality where it stops being smaller, or the highest that both reach if it never does;
        None where it is nowhere smaller, or the curves have no quality in common.
    """
    low, high = max(curve.lowest, anchor.lowest), min(curve.highest, anchor.highest)
    if not low < high:
        return None
    grid = np.linspace(low, high, _GRID)
    smaller = np.flatnonzero(_log_rates(curve, grid) <= _log_rates(anchor, grid))
    return float(grid[smaller[-1]]) if smaller.size else None


def _log_rates(curve: RateQuality, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    assert curve._log_rate_of is not None
    return np.asarray(curve._log_rate_of(grid))
