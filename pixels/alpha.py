"""Transparency: enlarged separately, without letting hidden colours show."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pixels.resize import band_rows, resize
from pixels.scale import enlarged_size, padded_to_blocks


def fill_hidden(
    rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], *, reach_px: int
) -> NDArray[np.uint8]:
    """Fill fully transparent pixels with the colours of their visible neighbours.

    A network mixes neighbouring pixels, so the colour that a file hides there, mostly black, would
    show as a fringe.

    Args:
        rgb: (height, width, 3), 0 to 255.
        alpha: (height, width), 0 to 255.
        reach_px: Distance to fill, in pixels; a network's margin is always enough.

    Returns:
        A copy of `rgb`; pixels farther than `reach_px` from a visible one are unchanged.
    """
    if alpha.min() > 0 or alpha.max() == 0:
        return rgb
    filled = rgb.copy()
    rows = band_rows(rgb.shape[1])
    for start in range(0, len(rgb), rows):
        end = min(start + rows, len(rgb))
        # Pixels farther than `reach_px` away have no influence: bands give the same as the whole.
        top, bottom = max(0, start - reach_px), end + reach_px
        part = _fill_part(rgb[top:bottom], alpha[top:bottom], reach_px)
        filled[start:end] = part[start - top : end - top]
    return filled


def enlarge_alpha(alpha: NDArray[np.uint8], scale: Fraction) -> NDArray[np.uint8]:
    """Enlarge alpha, (height, width), with bicubic, to `enlarged_size`."""
    height, width = enlarged_size((alpha.shape[0], alpha.shape[1]), scale)
    padded = padded_to_blocks(alpha, scale)
    larger = resize(padded, enlarged_size((padded.shape[0], padded.shape[1]), scale))
    return larger[:height, :width]


def _fill_part(
    rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], reach_px: int
) -> NDArray[np.uint8]:
    known = alpha > 0
    if known.all() or not known.any():
        return rgb
    colours = np.where(known[..., None], rgb, 0).astype(np.float32)
    filled = rgb.copy()
    for _ in range(reach_px):
        total, count = _neighbour_sum(colours), _neighbour_sum(known[..., None].astype(np.float32))
        fresh = ~known & (count[..., 0] > 0)
        if not fresh.any():
            break
        colours[fresh] = total[fresh] / count[fresh]
        filled[fresh] = np.floor(colours[fresh] + 0.5).astype(np.uint8)
        known = known | fresh
    return filled


def _neighbour_sum(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum the 3x3 neighbourhood of each pixel of (height, width, channels)."""
    height, width = image.shape[:2]
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    total = np.zeros(image.shape, np.float32)
    for y in range(3):
        for x in range(3):
            total += padded[y : y + height, x : x + width]
    return total
