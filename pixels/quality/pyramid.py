"""The Gaussian pyramid of ColorVideoVDP: a plane halved again and again, and doubled to compare.

Source: Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code", IEEE Transactions on
Communications 31(4), 1983, with their kernel for a = 0.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]
"""(channels, height, width)."""

_OUTER, _INNER, _CENTRE = np.float32(0.05), np.float32(0.25), np.float32(0.4)


def halved(planes: Planes) -> Planes:
    """Blur planes and keep every second row and column, the first ones included.

    Planes are mirrored at their edges. One edge is as ColorVideoVDP has it, not as it should be:
    what the right edge is mirrored to depends on whether the number of *rows* is odd.

    Returns:
        (channels, ceil(height / 2), ceil(width / 2)).
    """
    odd_rows = planes.shape[1] % 2 == 1
    rows = np.pad(planes, ((0, 0), (2, 2), (0, 0)), mode="symmetric")
    tall = _weighed([rows[:, at : at + planes.shape[1] : 2] for at in range(5)])
    width = tall.shape[2]
    columns = np.pad(tall, ((0, 0), (0, 0), (2, 2)))
    columns[:, :, 1], columns[:, :, 0] = tall[:, :, 0], tall[:, :, 1]
    result = _weighed([columns[:, :, at : at + width : 2] for at in range(5)])
    if odd_rows:
        result[:, :, -1] += tall[:, :, -1] * _INNER + tall[:, :, -2] * _OUTER
    else:
        result[:, :, -1] += tall[:, :, -1] * _OUTER
    return result


def doubled(planes: Planes, size: tuple[int, int]) -> Planes:
    """Enlarge planes to (height, width), of which they have half, rounded up."""
    return _doubled_rows(_doubled_rows(planes, size[0]).swapaxes(1, 2), size[1]).swapaxes(1, 2)


def _weighed(taps: list[Planes]) -> Planes:
    total = taps[2] * _CENTRE
    total += (taps[1] + taps[3]) * _INNER
    total += (taps[0] + taps[4]) * _OUTER
    return total


def _doubled_rows(planes: Planes, height: int) -> Planes:
    """Double the second axis; at its ends the first and the last row are repeated."""
    padded = np.concatenate([planes[:, :1], planes, planes[:, -1:]], axis=1)
    result = np.empty((planes.shape[0], height, planes.shape[2]), np.float32)
    even, odd = result[:, ::2], result[:, 1::2]
    np.add(padded[:, :-2], padded[:, 2:], out=even)
    even *= 2.0 * _OUTER
    even += planes * (2.0 * _CENTRE)
    np.add(planes, padded[:, 2:], out=padded[:, 1:-1])
    np.multiply(padded[:, 1 : 1 + odd.shape[1]], 2.0 * _INNER, out=odd)
    return result
