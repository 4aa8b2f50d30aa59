"""The colours that a network works on: RGB, YCbCr, or luma with fixed bicubic for chroma."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from teacher.networks.fixed import (
    bicubic_kernels,
    bicubic_reach_px,
    require_blocks,
    rgb_from_ycbcr,
    ycbcr_from_rgb,
)

ColourFormat = Literal["rgb", "ycbcr", "luma"]


def bicubic_phases(scale: Fraction) -> Tensor:
    """Return `bicubic_kernels` as a tensor: (up * up, side, side)."""
    return torch.from_numpy(bicubic_kernels(scale))


def enlarge_by_bicubic(image: Tensor, phases: Tensor, scale: Fraction) -> Tensor:
    """Enlarge every channel with bicubic, in floats; edges are repeated.

    Args:
        image: (batch, channels, height, width); sides are multiples of `down`.
        phases: Result of `bicubic_phases(scale)`.
        scale: The scale `up/down`.

    Returns:
        (batch, channels, scale * height, scale * width), not clipped.
    """
    channels = image.shape[1]
    kernel = phases.unsqueeze(1).repeat(channels, 1, 1, 1)
    planes = F.conv2d(
        F.pad(image, (bicubic_reach_px(scale),) * 4, mode="replicate"),
        kernel,
        stride=scale.denominator,
        groups=channels,
    )
    return F.pixel_shuffle(planes, scale.numerator)


def require_whole_blocks(image: Tensor, scale: Fraction) -> None:
    """Require a batch to have sides that a network of this scale can enlarge.

    Raises:
        ValueError: A side is not a multiple of `down`.
    """
    # An exported graph has the condition on its card instead (`align_px`).
    if scale.denominator > 1 and not torch.compiler.is_compiling():
        require_blocks((image.shape[2], image.shape[3]), scale)


class ColourTransform(nn.Module):
    """Convert RGB to the channels that a network works on, and its enlargement back to RGB.

    YCbCr is full-range BT.601 as in JPEG; Cb and Cr are shifted by a half so that all lie in [0,
    1].

    Attributes:
        channels: 1 for luma, else 3.
    """

    forth: Tensor
    back: Tensor
    offset: Tensor
    phases: Tensor

    def __init__(self, colour: ColourFormat, scale: Fraction) -> None:
        """Prepare the matrices.

        Raises:
            ValueError: `colour` is not one of the formats.
        """
        super().__init__()
        if colour not in get_args(ColourFormat):
            known = ", ".join(get_args(ColourFormat))
            raise ValueError(f"colour must be one of {known}, got {colour!r}")
        self.colour = colour
        self.channels = 1 if colour == "luma" else 3
        self.scale = scale
        # Fixed, so not part of the weights file. Matrices, not kernels: (3, 3).
        self.register_buffer("forth", rgb_to_ycbcr(), persistent=False)
        self.register_buffer("back", ycbcr_to_rgb(), persistent=False)
        offset = torch.tensor([0.0, 0.5, 0.5]).view(3, 1, 1)
        self.register_buffer("offset", offset, persistent=False)
        self.register_buffer("phases", bicubic_phases(scale), persistent=False)

    def native(self, rgb: Tensor) -> Tensor:
        """Extract the channels to work on from RGB.

        Args:
            rgb: (batch, 3, height, width), sRGB in [0, 1].

        Returns:
            (batch, 1 or 3, height, width), in [0, 1].
        """
        if self.colour == "rgb":
            return rgb
        return self._ycbcr(rgb)[:, : self.channels]

    def to_rgb(self, enlarged: Tensor, rgb: Tensor) -> Tensor:
        """Convert an enlargement to RGB; for luma, chroma is enlarged from the input with bicubic.

        Args:
            enlarged: (batch, 1 or 3, scale * height, scale * width).
            rgb: The input that was enlarged, (batch, 3, height, width).

        Returns:
            (batch, 3, scale * height, scale * width), not clipped.
        """
        if self.colour == "rgb":
            return enlarged
        if self.colour == "luma":
            chroma = enlarge_by_bicubic(self._ycbcr(rgb)[:, 1:], self.phases, self.scale)
            enlarged = torch.cat([enlarged, chroma], dim=1)
        return F.conv2d(enlarged - self.offset, self.back.view(3, 3, 1, 1))

    def _ycbcr(self, rgb: Tensor) -> Tensor:
        return F.conv2d(rgb, self.forth.view(3, 3, 1, 1)) + self.offset


def rgb_to_ycbcr() -> Tensor:
    """Return the matrix (3, 3) from RGB to Y, Cb and Cr; Cb and Cr are centred on zero."""
    return torch.from_numpy(ycbcr_from_rgb()).float()


def ycbcr_to_rgb() -> Tensor:
    """Return the inverse of `rgb_to_ycbcr`."""
    return torch.from_numpy(rgb_from_ycbcr()).float()
