"""Pictures as tensors of PyTorch and back, and the luma of a batch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixels.color import LUMA_WEIGHTS


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
