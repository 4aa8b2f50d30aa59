"""Bytes to floats and back, and the two lumas of BT.601."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# ITU-R BT.601-7, section 2.5.1: the weights of red, green and blue in luma.
LUMA_WEIGHTS = (0.299, 0.587, 0.114)

# MATLAB `rgb2ycbcr`: studio range, luma from 16 to 235, for RGB in [0, 1].
_STUDIO_WEIGHTS = (65.481, 128.553, 24.966)
_STUDIO_BLACK = 16.0


def to_float(image: NDArray[np.uint8]) -> Tensor:
    """Convert an 8-bit picture to a batch of one.

    Args:
        image: (height, width, channels), 0 to 255.

    Returns:
        float32 (1, channels, height, width), in [0, 1].
    """
    planes = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
    return planes.unsqueeze(0).float() / 255.0


def to_bytes(batch: Tensor) -> NDArray[np.uint8]:
    """Convert a batch of one to an 8-bit picture; values are clipped and rounded half up.

    Args:
        batch: (1, channels, height, width).

    Returns:
        (height, width, channels), 0 to 255.
    """
    # floor(x + 0.5), not round(): torch rounds halves to even, the browser's code rounds them up.
    scaled = (batch[0].detach().float().clamp(0.0, 1.0) * 255.0 + 0.5).floor()
    return np.ascontiguousarray(scaled.to(torch.uint8).cpu().numpy().transpose(1, 2, 0))


def luma(image: Tensor) -> Tensor:
    """Weigh RGB into full-range luma, as JPEG does: the input of luma networks.

    Args:
        image: (batch, 3, height, width), sRGB in [0, 1].

    Returns:
        (batch, 1, height, width), in [0, 1].

    Raises:
        ValueError: `image` does not have three channels.

    Source: ITU-R BT.601-7 and the JFIF specification.
    """
    if image.ndim != 4 or image.shape[1] != 3:
        raise ValueError(f"expected (batch, 3, height, width), got {tuple(image.shape)}")
    # Plain numbers: a tensor of weights would be copied to the GPU at every call.
    red, green, blue = (
        weight * channel
        for weight, channel in zip(LUMA_WEIGHTS, image.split(1, dim=1), strict=True)
    )
    return red + green + blue


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
