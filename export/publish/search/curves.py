"""How scores usually rise with a codec's quality setting: where a search begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from pixels.quality.screens import SCREENS, Screen
from pixels.sending.codecs import Codec

_Size = Literal["1", "3/2", "2"]

# Medians of a few photos, enlarged by `small` students of compressed input; by name of the screen.
# Only where a search begins depends on them: docs/experiments/savings.md.
_SETTINGS = (2, 10, 25, 40, 55, 70, 85, 95)
_SCORES: dict[str, dict[tuple[Codec, _Size], tuple[float, ...]]] = {
    "pixels": {
        ("JPEG", "1"): (-64, -9, 41, 58, 65, 73, 82, 90),
        ("JPEG", "3/2"): (-65, -25, 20, 40, 50, 60, 68, 72),
        ("JPEG", "2"): (-67, -41, 5, 24, 34, 43, 54, 59),
        ("WEBP", "1"): (5, 26, 47, 57, 64, 70, 81, 89),
        ("WEBP", "3/2"): (-20, 3, 24, 38, 47, 54, 66, 73),
        ("WEBP", "2"): (-40, -17, 2, 17, 27, 35, 51, 58),
        ("AVIF", "1"): (-19, 0, 25, 50, 69, 81, 87, 91),
        ("AVIF", "3/2"): (-40, -25, 2, 31, 54, 66, 72, 75),
        ("AVIF", "2"): (-57, -45, -20, 13, 38, 52, 57, 59),
    },
    "desktop": {
        ("JPEG", "1"): (5.65, 7.88, 8.85, 9.13, 9.26, 9.37, 9.58, 9.78),
        ("JPEG", "3/2"): (5.03, 6.89, 7.97, 8.29, 8.53, 8.78, 9.12, 9.36),
        ("JPEG", "2"): (4.66, 6.19, 7.09, 7.54, 7.86, 8.23, 8.71, 8.96),
        ("WEBP", "1"): (7.41, 8.18, 8.81, 9.14, 9.34, 9.47, 9.7, 9.78),
        ("WEBP", "3/2"): (6.65, 7.34, 7.98, 8.43, 8.71, 8.93, 9.24, 9.35),
        ("WEBP", "2"): (6.04, 6.64, 7.45, 8.0, 8.29, 8.5, 8.89, 8.98),
        ("AVIF", "1"): (6.41, 6.99, 7.85, 8.86, 9.49, 9.7, 9.77, 9.79),
        ("AVIF", "3/2"): (5.75, 6.25, 7.05, 7.99, 8.77, 9.2, 9.33, 9.36),
        ("AVIF", "2"): (4.92, 5.46, 6.2, 7.15, 8.16, 8.81, 8.95, 8.99),
    },
    "laptop": {
        ("JPEG", "1"): (6.43, 8.68, 9.35, 9.52, 9.59, 9.65, 9.79, 9.87),
        ("JPEG", "3/2"): (5.66, 7.87, 8.85, 9.06, 9.21, 9.35, 9.56, 9.69),
        ("JPEG", "2"): (5.23, 7.13, 8.07, 8.46, 8.73, 9.03, 9.35, 9.54),
        ("WEBP", "1"): (8.35, 9.0, 9.4, 9.59, 9.68, 9.73, 9.84, 9.87),
        ("WEBP", "3/2"): (7.63, 8.3, 8.84, 9.18, 9.36, 9.48, 9.63, 9.67),
        ("WEBP", "2"): (6.96, 7.61, 8.35, 8.85, 9.06, 9.21, 9.46, 9.54),
        ("AVIF", "1"): (7.36, 7.92, 8.72, 9.46, 9.75, 9.84, 9.87, 9.88),
        ("AVIF", "3/2"): (6.6, 7.19, 8.03, 8.86, 9.4, 9.62, 9.67, 9.68),
        ("AVIF", "2"): (5.65, 6.29, 7.17, 8.12, 8.99, 9.44, 9.52, 9.55),
    },
    "phone": {
        ("JPEG", "1"): (6.82, 8.9, 9.47, 9.61, 9.68, 9.73, 9.84, 9.9),
        ("JPEG", "3/2"): (6.01, 8.28, 9.13, 9.27, 9.38, 9.48, 9.66, 9.75),
        ("JPEG", "2"): (5.55, 7.57, 8.47, 8.81, 9.04, 9.26, 9.49, 9.64),
        ("WEBP", "1"): (8.72, 9.23, 9.53, 9.68, 9.76, 9.81, 9.88, 9.9),
        ("WEBP", "3/2"): (8.02, 8.64, 9.11, 9.38, 9.52, 9.6, 9.71, 9.74),
        ("WEBP", "2"): (7.36, 8.0, 8.7, 9.1, 9.27, 9.4, 9.59, 9.64),
        ("AVIF", "1"): (7.75, 8.28, 9.03, 9.62, 9.81, 9.88, 9.9, 9.91),
        ("AVIF", "3/2"): (6.98, 7.57, 8.39, 9.14, 9.56, 9.71, 9.74, 9.75),
        ("AVIF", "2"): (6.0, 6.67, 7.58, 8.5, 9.25, 9.57, 9.63, 9.65),
    },
}


@dataclass(frozen=True, kw_only=True)
class QualityCurve:
    """How scores usually rise with the quality setting; decides only where a search begins."""

    settings: Sequence[float]
    """Quality settings, rising."""
    scores: Sequence[float]
    """Usual score at each, rising."""

    def setting(self, score: float) -> float:
        """Return the setting that usually has a score; beyond the ends, along the last slope."""
        xs, ys = np.asarray(self.scores, float), np.asarray(self.settings, float)
        if score < xs[0]:
            return float(ys[0] + (score - xs[0]) * (ys[1] - ys[0]) / (xs[1] - xs[0]))
        if score > xs[-1]:
            return float(ys[-1] + (score - xs[-1]) * (ys[-1] - ys[-2]) / (xs[-1] - xs[-2]))
        return float(np.interp(score, xs, ys))


def usual_curve(codec: Codec, scale: Fraction, screen: Screen | None) -> QualityCurve:
    """Return the curve of a codec for photos that are reduced and then enlarged by a student.

    Args:
        codec: The format.
        scale: How many times smaller the photo is; 1 at full size.
        screen: Where ColorVideoVDP judges, of which the nearest one measured stands for it; None
            for SSIMULACRA2.
    """
    size: _Size = "1" if scale == 1 else "3/2" if scale < Fraction(7, 4) else "2"
    curves = _SCORES["pixels" if screen is None else _nearest(screen)]
    return QualityCurve(settings=_SETTINGS, scores=curves[codec, size])


def _nearest(screen: Screen) -> str:
    def distance(name: str) -> float:
        return abs(math.log(screen.pixels_per_degree / SCREENS[name].pixels_per_degree))

    return min(SCREENS, key=distance)
