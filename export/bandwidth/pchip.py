"""PCHIP: a smooth curve through points that rises where they rise, and nowhere overshoots.

Source: Fritsch and Butland, "A method for constructing local monotone piecewise cubic
interpolants", SIAM Journal on Scientific and Statistical Computing 5(2), 1984; at the ends, the
three-point formula that SciPy's `PchipInterpolator` has, which is the reference of the tests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Pchip:
    """The curve through some points."""

    def __init__(self, x: Floats, y: Floats) -> None:
        """Take the points.

        Args:
            x: Two or more numbers, each larger than the one before.
            y: As many.
        """
        width, rise = np.diff(x), np.diff(y)
        slopes = rise / width
        tangents = _tangents(width, slopes)
        # On each piece: y + t (a + t (b + t c)), where t is the distance from its start.
        self._x, self._y, self._a = x, y[:-1], tangents[:-1]
        self._b = (3.0 * slopes - 2.0 * tangents[:-1] - tangents[1:]) / width
        self._c = (tangents[:-1] + tangents[1:] - 2.0 * slopes) / width**2
        pieces = self._integrals(np.arange(len(width)), width)
        self._before = np.concatenate([[0.0], np.cumsum(pieces)])

    def __call__(self, x: Floats) -> Floats:
        """Return the curve's values; beyond the ends its outer pieces go on."""
        piece, t = self._place(x)
        return self._y[piece] + t * (self._a[piece] + t * (self._b[piece] + t * self._c[piece]))

    def integral(self, low: float, high: float) -> float:
        """Return the integral of the curve between two places."""
        piece, t = self._place(np.array([low, high]))
        start, end = self._before[piece] + self._integrals(piece, t)
        return float(end - start)

    def _place(self, x: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Find the piece on which a place lies, and its distance from the start of it."""
        piece = np.clip(np.searchsorted(self._x, x, side="right") - 1, 0, len(self._y) - 1)
        return piece, x - self._x[piece]

    def _integrals(self, piece: NDArray[np.intp], t: Floats) -> Floats:
        """Integrate pieces from their starts over some distance."""
        inner = self._a[piece] / 2 + t * (self._b[piece] / 3 + t * self._c[piece] / 4)
        return t * (self._y[piece] + t * inner)


def _tangents(width: Floats, slopes: Floats) -> Floats:
    """Choose the curve's slope at each point."""
    if len(slopes) == 1:
        return np.array([slopes[0], slopes[0]])
    before, after = 2.0 * width[1:] + width[:-1], width[1:] + 2.0 * width[:-1]
    turns = slopes[:-1] * slopes[1:] <= 0.0
    safe = np.where(slopes == 0.0, 1.0, slopes)
    mean = (before / safe[:-1] + after / safe[1:]) / (before + after)
    inner = np.where(turns, 0.0, 1.0 / np.where(turns, 1.0, mean))
    first = _tangent_at_end(width[0], width[1], slopes[0], slopes[1])
    last = _tangent_at_end(width[-1], width[-2], slopes[-1], slopes[-2])
    return np.concatenate([[first], inner, [last]])


def _tangent_at_end(near: float, far: float, slope: float, next_slope: float) -> float:
    """Choose the slope at an end by three points, so that the curve keeps its shape."""
    tangent = ((2.0 * near + far) * slope - near * next_slope) / (near + far)
    if np.sign(tangent) != np.sign(slope):
        return 0.0
    if np.sign(slope) != np.sign(next_slope) and abs(tangent) > abs(3.0 * slope):
        return 3.0 * slope
    return float(tangent)
