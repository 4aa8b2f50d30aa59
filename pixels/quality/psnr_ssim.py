"""PSNR and SSIM, as published x2 super-resolution tables compute them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pixels.color import full_luma, studio_luma
from pixels.scale import shave_px

_PEAK = 255.0
# Wang et al. 2004: an 11x11 Gaussian window with sigma 1.5, K1 = 0.01 and K2 = 0.03.
_SSIM_WINDOW_PX = 11
_BELL = np.exp(-0.5 * ((np.arange(_SSIM_WINDOW_PX) - _SSIM_WINDOW_PX // 2) / 1.5) ** 2)
_SSIM_C1, _SSIM_C2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How close a picture is to the original."""

    psnr: float
    """Peak signal-to-noise ratio of luma, in dB; infinite for equal pictures."""
    ssim: float
    """Structural similarity of luma, 1 for equal pictures."""
    ssimulacra2: float | None = None
    """SSIMULACRA2 score, at most 100 (`pixels.quality.ssimulacra2`); None if not computed."""


def compare(
    image: NDArray[np.uint8], truth: NDArray[np.uint8], *, shave_px: int, grey: bool = False
) -> Quality:
    """Compare an enlarged picture with the original.

    Args:
        image: (height, width, 3) sRGB, 0 to 255.
        truth: The same shape.
        shave_px: Pixels to ignore on each side; published tables ignore as many as the scale.
        grey: Whether the file has a single channel, which is full-range luma already, as Set14's
            `bridge` does. Bicubic gives the published 30.23 dB on Set14 only in this way.

    Returns:
        PSNR and SSIM of BT.601 studio-range luma.

    Raises:
        ValueError: The shapes differ, or less than one SSIM window (11 pixels) remains.
    """
    first, second = _compared(image, truth, shave_px, grey)
    return Quality(psnr=psnr(first, second), ssim=ssim(first, second))


def luma_psnr(
    image: NDArray[np.uint8], truth: NDArray[np.uint8], *, shave_px: int, grey: bool = False
) -> float:
    """Return the PSNR that `compare` returns, without the time that SSIM takes."""
    return psnr(*_compared(image, truth, shave_px, grey))


def _compared(
    image: NDArray[np.uint8], truth: NDArray[np.uint8], shave_px: int, grey: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if image.shape != truth.shape:
        raise ValueError(f"shapes differ: {image.shape} and {truth.shape}")
    height, width = (side - 2 * shave_px for side in image.shape[:2])
    if min(height, width) < _SSIM_WINDOW_PX:
        raise ValueError(
            f"at least {_SSIM_WINDOW_PX + 2 * shave_px} pixels a side are needed, "
            f"got {image.shape[1]}x{image.shape[0]}"
        )
    inner = (slice(shave_px, shave_px + height), slice(shave_px, shave_px + width))
    to_luma = full_luma if grey else studio_luma
    first, second = to_luma(image)[inner], to_luma(truth)[inner]
    return first, second


def smallest_measurable_px(scale: Fraction) -> int:
    """Return the smallest side of an original that `compare` can measure.

    The original is first cut to a multiple of `up`, and then shaved by `shave_px(scale)` pixels.
    """
    return _SSIM_WINDOW_PX + 2 * shave_px(scale) + scale.numerator


def psnr(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the peak signal-to-noise ratio of two arrays of any shape, 0 to 255.

    Returns:
        10 log10(255^2 / mean squared error), in dB; infinite for equal arrays.
    """
    error = float(np.mean((first - second) ** 2))
    return float("inf") if error == 0.0 else 10.0 * float(np.log10(_PEAK**2 / error))


def ssim(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the mean structural similarity of two (height, width) arrays, 0 to 255.

    Returns:
        1 for equal arrays, less for others; windows that cross the border are not counted.

    Source: Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to
    Structural Similarity", IEEE Transactions on Image Processing 13(4), 2004, equation 13, with
    that paper's window (11x11 Gaussian, sigma 1.5) and constants (K1 = 0.01, K2 = 0.03).
    """
    mean, other_mean = _windowed(first), _windowed(second)
    squares = _windowed(first * first) + _windowed(second * second)
    spreads = squares - mean * mean - other_mean * other_mean
    common = _windowed(first * second) - mean * other_mean
    similar = (2.0 * mean * other_mean + _SSIM_C1) * (2.0 * common + _SSIM_C2)
    possible = (mean * mean + other_mean * other_mean + _SSIM_C1) * (spreads + _SSIM_C2)
    return float(np.mean(similar / possible))


def _windowed(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted mean of each SSIM window inside a plane, in double precision."""
    for _ in range(2):  # down, then across: the window is a product of two bells
        length = len(plane) - _SSIM_WINDOW_PX + 1
        total = plane[:length] * _BELL[0]
        for at in range(1, _SSIM_WINDOW_PX):
            total += _BELL[at] * plane[at : at + length]
        plane = (total / _BELL.sum()).T
    return plane
