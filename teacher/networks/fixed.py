"""What networks compute without training, as numbers: bicubic kernels, colours of YCbCr."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pixels.color import LUMA_WEIGHTS
from pixels.resize import cubic

# BT.601 / JFIF: Cb = (B - Y) / 1.772 and Cr = (R - Y) / 1.402, both centred on zero here.
_BLUE_RANGE, _RED_RANGE = 1.772, 1.402
BICUBIC_RADIUS_PX = 2
"""Radius of Keys' cubic kernel."""


def bicubic_kernels(scale: Fraction) -> NDArray[np.float32]:
    """Compute the kernels of a bicubic enlargement, one per sub-pixel, in pixel-shuffle order.

    Of a scale `up/down`, sub-pixel p of an axis lies at (p + 0.5) * down / up - 0.5 from the centre
    of its block's first pixel. For whole scales a block is one pixel, and the taps lie in the 5x5
    pixels around it; otherwise they lie in the block and its neighbours.

    Returns:
        (up * up, side, side); side is 5 for whole scales, else 3 * down.
    """
    lines = bicubic_lines(scale)
    up, side = lines.shape
    kernels = np.einsum("yi,xj->yxij", lines, lines)
    return kernels.reshape(up**2, side, side).astype(np.float32)


def bicubic_lines(scale: Fraction) -> NDArray[np.float64]:
    """Compute the taps of each sub-pixel of one axis, placed as `bicubic_kernels` says.

    Returns:
        (up, side): the first tap belongs to the pixel `bicubic_reach_px` before the block.
    """
    up, down, reach_px = scale.numerator, scale.denominator, bicubic_reach_px(scale)
    offsets = (np.arange(up) + 0.5) * down / up - 0.5
    return cubic(offsets[:, None] - np.arange(-reach_px, down + reach_px)[None, :])


def bicubic_reach_px(scale: Fraction) -> int:
    """Pixels that a bicubic enlargement reads on each side of a block: a block, or 2 pixels."""
    return BICUBIC_RADIUS_PX if scale.denominator == 1 else scale.denominator


def ycbcr_from_rgb() -> NDArray[np.float64]:
    """Return the matrix (3, 3) from RGB to Y, Cb and Cr; Cb and Cr are centred on zero."""
    luma = np.array(LUMA_WEIGHTS)
    blue = (np.array([0.0, 0.0, 1.0]) - luma) / _BLUE_RANGE
    red = (np.array([1.0, 0.0, 0.0]) - luma) / _RED_RANGE
    return np.stack([luma, blue, red])


def rgb_from_ycbcr() -> NDArray[np.float64]:
    """Return the inverse of `ycbcr_from_rgb`."""
    return np.linalg.inv(ycbcr_from_rgb())


def require_blocks(size: tuple[int, int], scale: Fraction) -> None:
    """Require sides that a network of this scale can enlarge.

    Args:
        size: (height, width).
        scale: The scale `up/down`.

    Raises:
        ValueError: A side is not a multiple of `down`.
    """
    height, width = size
    down = scale.denominator
    if height % down or width % down:
        raise ValueError(
            f"sides must be multiples of {down} pixels to be enlarged by {scale}, got "
            f"{width}x{height}: repeat the edges"
        )
