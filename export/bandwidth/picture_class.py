"""Classify photos as smooth, textured or text-like, because savings depend on it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pixels.color import full_luma
from pixels.survey.kinds import signs

PictureClass = Literal["smooth", "textured", "text-like"]
CLASSES: tuple[PictureClass, ...] = ("smooth", "textured", "text-like")

_BLOCK_PX = 16
_BUSY_STEPS = 8.0  # standard deviation of luma within a block, of 255
_BUSY_SHARE = 0.7
# Letters, signs and screenshots: much is flat, and much of the rest changes abruptly.
_TEXT_FLAT, _TEXT_HARD = 0.15, 0.2

EXPLAINED = (
    f"Text-like: at least {_TEXT_FLAT:.0%} of the pixels are flat, and at least {_TEXT_HARD:.0%} "
    "of the others differ from a neighbour by 40 of 255 steps or more. Textured: in at least "
    f"{_BUSY_SHARE:.0%} of the {_BLOCK_PX} px blocks, the standard deviation of luma is more than "
    f"{_BUSY_STEPS:g} steps. Smooth: all others"
)
"""How photos are classified, for the report."""


def picture_class(photo: NDArray[np.uint8]) -> PictureClass:
    """Classify a photo by its pixels, as `EXPLAINED` says.

    Args:
        photo: (height, width, 3) sRGB, 0 to 255.
    """
    found = signs(photo)
    if found.flat >= _TEXT_FLAT and found.hard >= _TEXT_HARD:
        return "text-like"
    luma = full_luma(photo)
    side = min(_BLOCK_PX, *luma.shape)
    height, width = (length // side for length in luma.shape)
    blocks = luma[: height * side, : width * side].reshape(height, side, width, side)
    busy = float((blocks.std(axis=(1, 3)) > _BUSY_STEPS).mean())
    return "textured" if busy >= _BUSY_SHARE else "smooth"
