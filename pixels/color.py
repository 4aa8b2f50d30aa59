"""The two lumas of BT.601."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# ITU-R BT.601-7, section 2.5.1: the weights of red, green and blue in luma.
LUMA_WEIGHTS = (0.299, 0.587, 0.114)

# MATLAB `rgb2ycbcr`: studio range, luma from 16 to 235, for RGB in [0, 1].
_STUDIO_WEIGHTS = (65.481, 128.553, 24.966)
_STUDIO_BLACK = 16.0


def studio_luma(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Weigh an 8-bit picture into the studio-range luma of published PSNR tables.

    Args:
        image: (height, width, 3) sRGB, 0 to 255.

    Returns:
        (height, width), 16 to 235, not rounded.

    Source: ITU-R BT.601; same constants as MATLAB `rgb2ycbcr`.
    """
    return image.astype(np.float64) @ np.array(_STUDIO_WEIGHTS) / 255.0 + _STUDIO_BLACK


def full_luma(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Weigh an 8-bit picture into full-range luma; grey pixels keep their value.

    Args:
        image: (height, width, 3) sRGB, 0 to 255.

    Returns:
        (height, width), 0 to 255, not rounded.

    Source: ITU-R BT.601 and the JFIF specification.
    """
    return image.astype(np.float64) @ np.array(LUMA_WEIGHTS)
