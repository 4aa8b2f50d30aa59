"""PSNR and SSIM by the protocol of published x2 tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from pixels.color import full_luma, studio_luma

_PEAK = 255.0
# Wang et al. 2004: an 11x11 Gaussian window with sigma 1.5; 3.5 sigma rounds to radius 5.
_SSIM_SIGMA = 1.5
_SSIM_WINDOW_PX = 11


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How near a picture is to the true one."""

    psnr: float
    """Peak signal-to-noise ratio of luma in dB; infinite for equal pictures."""
    ssim: float
    """Structural similarity of luma, 1 for equal pictures."""
    ssimulacra2: float | None = None
    """How near it looks, at most 100 (`pixels.quality.ssimulacra2`); None where not asked for."""


def compare(
    image: NDArray[np.uint8], truth: NDArray[np.uint8], *, shave_px: int, grey: bool = False
) -> Quality:
    """Measure an enlarged picture against the original.

    Args:
        image: (height, width, 3) sRGB, 8-bit.
        truth: The same shape.
        shave_px: Pixels left out on each side; published tables leave out the scale.
        grey: The file has a single channel (Set14's `bridge`): that is luma already, on the full
            range. Only so does bicubic give the published 30.23 dB on Set14.

    Returns:
        PSNR and SSIM on BT.601 studio-range luma.

    Raises:
        ValueError: The shapes differ, or less than one SSIM window (11 pixels) is left.
    """
    first, second = _compared(image, truth, shave_px, grey)
    return Quality(psnr=psnr(first, second), ssim=ssim(first, second))


def luma_psnr(
    image: NDArray[np.uint8], truth: NDArray[np.uint8], *, shave_px: int, grey: bool = False
) -> float:
    """Give the PSNR that `compare` gives, without the time that SSIM takes."""
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


def smallest_measurable_px(scale: int) -> int:
    """Least side of an original that `compare` can judge after it was cut and shaved by `scale`."""
    return _SSIM_WINDOW_PX + 3 * scale


def psnr(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Peak signal-to-noise ratio in dB of two arrays on the 0 to 255 scale."""
    error = float(np.mean((first - second) ** 2))
    return float("inf") if error == 0.0 else 10.0 * float(np.log10(_PEAK**2 / error))


def ssim(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Mean structural similarity of two (height, width) arrays on the 0 to 255 scale.

    Source: Wang et al., "Image Quality Assessment: From Error Visibility to Structural
    Similarity", 2004, with that paper's window and constants; only whole windows count.
    """
    value: Any = structural_similarity(  # its type depends on options that are not used here
        first,
        second,
        gaussian_weights=True,
        sigma=_SSIM_SIGMA,
        use_sample_covariance=False,
        data_range=_PEAK,
    )
    return float(value)
