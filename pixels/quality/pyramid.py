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
    return _doubled_rows(_doubled_columns(planes, size[1]), size[0])


def _weighed(taps: list[Planes]) -> Planes:
    total = taps[2] * _CENTRE
    total += (taps[1] + taps[3]) * _INNER
    total += (taps[0] + taps[4]) * _OUTER
    return total


def _doubled_columns(planes: Planes, width: int) -> Planes:
    """Double the last axis; at its ends the first and the last column are repeated."""
    padded = np.concatenate([planes[:, :, :1], planes, planes[:, :, -1:]], axis=2)
    result = np.empty((*planes.shape[:2], width), np.float32)
    _between(padded[:, :, :-2], planes, padded[:, :, 2:], result[:, :, ::2])
    last = width // 2
    result[:, :, 1::2] = (planes + padded[:, :, 2:])[:, :, :last] * (2.0 * _INNER)
    return result


def _doubled_rows(planes: Planes, height: int) -> Planes:
    """Double the second axis, likewise."""
    padded = np.concatenate([planes[:, :1], planes, planes[:, -1:]], axis=1)
    result = np.empty((planes.shape[0], height, planes.shape[2]), np.float32)
    _between(padded[:, :-2], planes, padded[:, 2:], result[:, ::2])
    last = height // 2
    odd = result[:, 1::2]
    np.add(planes[:, :last], padded[:, 2:][:, :last], out=odd)
    odd *= 2.0 * _INNER
    return result


def _between(before: Planes, planes: Planes, after: Planes, out: Planes) -> None:
    total = before + after
    total *= 2.0 * _OUTER
    total += planes * (2.0 * _CENTRE)
    out[:] = total
