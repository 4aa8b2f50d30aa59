"""Measure whether a picture has the detail that its size promises.

A picture that was enlarged or compressed heavily has almost nothing in the upper half of its
frequency band, and would teach a network to blur.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.stills.opening import opened
from pixels.survey.kinds import sampled_tiles

_TILE_PX = 128
_MOST_TILES = 64
_SMALLEST_PX = 16  # below that, the parts of the band hold no frequency
# Parts of the band, in cycles per pixel; the highest frequency is 0.5.
_UPPER = (0.34, 0.501)
_MIDDLE = (0.12, 0.22)
_BUSY = 30.0  # times the rounding noise: skies and blurred backgrounds do not show sharpness
# Mean of the 64 luma steps of the JPEG standard's example, quality 50, which libjpeg scales.
_MEAN_STEP_AT_50 = 57.625


@dataclass(frozen=True, kw_only=True)
class Detail:
    """How much of its band a picture uses."""

    upper_db: float | None
    """Power per frequency high in the band relative to the middle, in decibels, in the picture's
    sharper parts; None if it has no detail at all."""
    blocks: float
    """Steps across the 8x8 grid of a JPEG relative to steps elsewhere; 1 if no grid is visible."""


def detail(picture: NDArray[np.uint8]) -> Detail:
    """Measure a picture, (height, width, 3), 0 to 255."""
    green = picture[..., 1:2]  # carries most of luma
    tiles = sampled_tiles(green, _TILE_PX, _MOST_TILES)[..., 0].astype(np.float64)
    side = tiles.shape[1]
    if side < _SMALLEST_PX:
        return Detail(upper_db=None, blocks=_blocks(green[..., 0]))
    window = np.hanning(side)
    tiles = (tiles - tiles.mean(axis=(1, 2), keepdims=True)) * window[:, None] * window
    power = np.asarray(np.abs(np.fft.rfft2(tiles)) ** 2, np.float64)
    # The higher frequency of both axes: an enlargement is separable and halves the band of each.
    frequency = np.maximum(np.abs(np.fft.fftfreq(side))[:, None], np.fft.rfftfreq(side))
    rounding = float((window**2).sum()) ** 2 / 12.0  # white noise of 8-bit rounding
    upper = np.maximum(_mean_in(power, frequency, _UPPER) - rounding, 0.1 * rounding)
    middle = _mean_in(power, frequency, _MIDDLE)
    busy = middle > _BUSY * rounding
    if not busy.any():
        return Detail(upper_db=None, blocks=_blocks(green[..., 0]))
    ratios = 10.0 * np.log10(upper[busy] / middle[busy])
    return Detail(upper_db=float(np.percentile(ratios, 90)), blocks=_blocks(green[..., 0]))


def jpeg_quality(path: Path) -> int | None:
    """Estimate the quality setting that a JPEG was written with; None for other files.

    From the mean of luma's quantisation steps and libjpeg's scaling of the standard's tables
    (ITU-T T.81, annex K; jcparam.c).
    """
    with path.open("rb") as file, opened(file) as image:
        tables = getattr(image, "quantization", None)
    if image.format != "JPEG" or not tables:
        return None
    percent = 100.0 * float(np.mean(tables[min(tables)])) / _MEAN_STEP_AT_50
    return round(5000.0 / percent if percent > 100.0 else (200.0 - percent) / 2.0)


def _mean_in(
    power: NDArray[np.float64], frequency: NDArray[np.float64], band: tuple[float, float]
) -> NDArray[np.float64]:
    return power[:, (frequency >= band[0]) & (frequency < band[1])].mean(axis=1)


def _blocks(grey: NDArray[np.uint8]) -> float:
    """Compare second differences across multiples of 8 with all others, on the weaker axis."""
    found = []
    for image in (grey, grey.T):
        rows = image[:: max(1, len(image) // 512)].astype(np.int16)
        # A step between two flat sides: the grid adds those, slopes do not have them.
        step = np.abs(rows[:, 2:-1] - rows[:, 1:-2]) * 2
        step = step - np.abs(rows[:, 1:-2] - rows[:, :-3]) - np.abs(rows[:, 3:] - rows[:, 2:-1])
        excess = np.maximum(step, 0).mean(axis=0)  # at the boundary before column 2, 3, ...
        phase = (np.arange(len(excess)) + 2) % 8
        if len(excess) < 16:
            return 1.0
        others = float(np.mean(excess[phase != 0]))
        found.append((float(np.mean(excess[phase == 0])) + 0.05) / (others + 0.05))
    return min(found)
