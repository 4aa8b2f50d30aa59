"""Smooth, textured or text-like: what a photo's savings depend on."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pixels.color import full_luma
from pixels.kinds import signs

PictureClass = Literal["smooth", "textured", "text-like"]
CLASSES: tuple[PictureClass, ...] = ("smooth", "textured", "text-like")

_BLOCK_PX = 16
_BUSY_STEPS = 8.0  # standard deviation of luma within a block, of 255
_BUSY_SHARE = 0.7
# Below the bound from which `pixels.kinds` calls a picture drawn: photos of signs and facades too.
_TEXT_BOUND = -3.0

EXPLAINED = (
    f"text-like: hard edges and few colours (`pixels.kinds`, above {_TEXT_BOUND:g}); else textured "
    f"where luma varies by more than {_BUSY_STEPS:g} of 255 steps (standard deviation) within at "
    f"least {_BUSY_SHARE:.0%} of all {_BLOCK_PX} px blocks, and smooth where not"
)


def picture_class(photo: NDArray[np.uint8]) -> PictureClass:
    """Sort a photo, (height, width, 3), by what its pixels do."""
    if signs(photo).drawn > _TEXT_BOUND:
        return "text-like"
    luma = full_luma(photo)
    side = min(_BLOCK_PX, *luma.shape)
    height, width = (length // side for length in luma.shape)
    blocks = luma[: height * side, : width * side].reshape(height, side, width, side)
    busy = float((blocks.std(axis=(1, 3)) > _BUSY_STEPS).mean())
    return "textured" if busy >= _BUSY_SHARE else "smooth"
