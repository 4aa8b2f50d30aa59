"""Score pictures against one original by SSIMULACRA2, and by PSNR and SSIM of luma."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixels.color import studio_luma
from pixels.quality.gaussian import RADIUS_PX, blur
from pixels.quality.judge import require_side
from pixels.quality.psnr_ssim import psnr
from pixels.quality.ssimulacra2 import Reference

SMALLEST_PX = 2 * RADIUS_PX + 1
"""The smallest side of a picture that can be scored: one SSIM window."""
_C1, _C2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2  # Wang et al. 2004


@dataclass(frozen=True, kw_only=True)
class Score:
    """How close a picture is to the original."""

    ssimulacra2: float
    """At most 100, for equal pictures. At 90 differences are hardly visible; 70 is good, 50 fair,
    and below 0 very different."""
    psnr: float
    """Of BT.601 studio-range luma, in dB; infinite for equal pictures."""
    ssim: float
    """Of BT.601 studio-range luma; 1 for equal pictures."""


class Original:
    """A photo, prepared once to score many pictures against it."""

    def __init__(self, photo: NDArray[np.uint8]) -> None:
        """Prepare a photo, (height, width, 3) sRGB, 0 to 255.

        Raises:
            ValueError: A side has fewer than `SMALLEST_PX` pixels.
        """
        require_side(photo, SMALLEST_PX)
        self.size = (photo.shape[0], photo.shape[1])
        self._reference = Reference(photo)
        self._luma = studio_luma(photo)
        self._moments = _moments(_centred(self._luma))

    def ssimulacra2(self, shown: NDArray[np.uint8]) -> float:
        """Return the SSIMULACRA2 of a picture alone, in two thirds of the time of `score`.

        Raises:
            ValueError: The sizes differ.
        """
        return self._reference.score(shown)

    def score(self, shown: NDArray[np.uint8]) -> Score:
        """Score a picture of the original's size by all three measures.

        Raises:
            ValueError: The sizes differ.
        """
        points = self._reference.score(shown)
        luma = studio_luma(shown)
        return Score(ssimulacra2=points, psnr=psnr(self._luma, luma), ssim=self._ssim(luma))

    def _ssim(self, luma: NDArray[np.float64]) -> float:
        """Compute `pixels.quality.psnr_ssim.ssim` in float32, from prepared moments."""
        first, (mean1, variance1) = _centred(self._luma), self._moments
        second = _centred(luma)
        mean2, variance2 = _moments(second)
        covariance = blur(first * second, "inner") - mean1 * mean2
        # The structure term does not depend on the zero point of luma; the luminance term does.
        mean1, mean2 = mean1 + np.float32(_MIDDLE), mean2 + np.float32(_MIDDLE)
        luminance = (2.0 * mean1 * mean2 + _C1) / (mean1**2 + mean2**2 + _C1)
        structure = (2.0 * covariance + _C2) / (variance1 + variance2 + _C2)
        return float((luminance * structure).mean(dtype=np.float64))


_MIDDLE = 128.0


def _centred(luma: NDArray[np.float64]) -> NDArray[np.float32]:
    """Centre luma at zero, so that float32 has enough digits for variances."""
    return (luma - _MIDDLE).astype(np.float32)


def _moments(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the local mean and variance."""
    mean = blur(values, "inner")
    return mean, blur(values * values, "inner") - mean * mean
