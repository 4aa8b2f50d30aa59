"""Whether a photo's AVIF files keep all its chroma (4:4:4) or half of it on each axis (4:2:0).

Colour edges ask for all of it: of some photos, such files are a fifth smaller at the same score,
while those of others are some per cent larger (docs/experiments/encoders.md). A small copy of the
photo, encoded three times, says which kind it is. The answer is for all its widths and scales.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from export.publish.choice import Settings
from export.publish.search.curves import kind_of, loss_of, usual_curves
from export.publish.source import PhotoSource
from pixels.quality.score import SMALLEST_PX
from pixels.sending.codecs import EFFORTS, Subsampling, decode, encode

_SIDE_PX = 800
"""Longest side of the copy."""
_STEP = 8
"""Settings between the two files by which bytes and score are related."""
_WIN = 0.02
"""Part of the bytes that all chroma must save on the copy: chroma is coarser there than in the
photo, which flatters it."""


def subsampling_for(source: PhotoSource, settings: Settings) -> Subsampling:
    """Decide how much chroma a photo's AVIF files keep.

    Args:
        source: The photo.
        settings: What is wanted.
    """
    if "AVIF" not in settings.codecs or source.pixels.shape[2] == 4:
        return "4:2:0"
    height, width = source.size
    share = min(1.0, _SIDE_PX / max(height, width))
    size = (max(1, round(height * share)), max(1, round(width * share)))
    if min(size) < SMALLEST_PX:
        return "4:2:0"
    copy = source.resized(size).pixels
    judge, encoder = settings.judge, EFFORTS["fast"]
    original = judge.original(copy)
    loss = loss_of(judge.measure, settings.target)
    usual = usual_curves(settings.screen).expected(kind_of("AVIF", Fraction(1)), [])
    setting = round(min(max(usual.setting_of_loss(loss), 1 + _STEP), 100 - _STEP))

    def made(setting: int, subsampling: Subsampling) -> tuple[float, float]:
        file = encode(copy, "AVIF", setting, encoder, subsampling=subsampling)
        return loss_of(judge.measure, original.score(decode(file))), float(np.log(len(file)))

    (low_loss, low), (high_loss, high) = made(setting - _STEP, "4:2:0"), made(setting, "4:2:0")
    full_loss, full = made(setting, "4:4:4")
    if low_loss <= high_loss:  # no score can tell files apart: the picture is too simple
        return "4:2:0"
    slope = (high - low) / (low_loss - high_loss)  # logarithm of bytes for that of loss
    saved = high - full + slope * (high_loss - full_loss)
    return "4:4:4" if saved > _WIN else "4:2:0"
