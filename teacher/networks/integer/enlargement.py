"""The bicubic enlargement in whole numbers: docs/reference/format.md, "The enlargement"."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from teacher.networks.fixed import bicubic_lines, bicubic_reach_px

_ONE = 1024


def bicubic_taps(scale: Fraction) -> NDArray[np.int64]:
    """Give the taps of each sub-pixel of an axis, which add up to 1024.

    Returns:
        (up, taps): the first tap belongs to the pixel `bicubic_reach_px` before the block.
    """
    taps = np.floor(_ONE * bicubic_lines(scale) + 0.5).astype(np.int64)
    largest = np.abs(taps).argmax(axis=1)
    taps[np.arange(len(taps)), largest] += _ONE - taps.sum(axis=1)
    return taps


def enlarged_planes(planes: NDArray[np.float32], scale: Fraction) -> NDArray[np.float32]:
    """Enlarge planes of whole numbers; edges are repeated.

    Args:
        planes: (channels, height, width), at most 2040 in amount; sides are multiples of `down`.
        scale: The scale `up/down`.

    Returns:
        (channels, up, up, rows of blocks, columns of blocks), eight times the values.
    """
    reach, taps, down = bicubic_reach_px(scale), bicubic_taps(scale), scale.denominator
    seen = np.pad(planes, ((0, 0), (reach, reach), (0, 0)), "edge")
    tall = _weighed(seen, taps, down, shift=8)
    seen = np.pad(tall, ((0, 0), (0, 0), (0, 0), (reach, reach)), "edge")
    # Along the rows as along the columns: seen from the side.
    return _weighed(seen.swapaxes(2, 3), taps, down, shift=9).swapaxes(3, 4)


def _weighed(
    seen: NDArray[np.float32], taps: NDArray[np.int64], down: int, *, shift: int
) -> NDArray[np.float32]:
    """Weigh rows by the taps of each sub-pixel, and shift the sums to the right, rounded.

    Args:
        seen: (..., rows, columns), with the rows that taps reach on both sides.
        taps: (up, taps).
        down: Rows of a block.
        shift: By how many bits.

    Returns:
        (..., up, rows of blocks, columns).
    """
    blocks = (seen.shape[-2] - taps.shape[1]) // down + 1
    shape = (*seen.shape[:-2], len(taps), blocks, seen.shape[-1])
    result = np.zeros(shape, np.float32)
    for phase, of_phase in enumerate(taps):
        total = result[..., phase, :, :]
        for at in np.flatnonzero(of_phase):
            weight = np.float32(of_phase[at] * 2.0**-shift)
            total += weight * seen[..., at : at + down * (blocks - 1) + 1 : down, :]
    result += np.float32(0.5)
    return np.floor(result, out=result)
