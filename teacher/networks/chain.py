"""The plain chain: a folded student, and all that the compact runtime has to support.

3x3 convolutions (zero padding, stride 1; larger odd kernels for experiments) with ReLU or PReLU
between them, a last one to scale^2 x (output channels), the input repeated and added (the
"anchor"), and a pixel shuffle. It is one of the teacher's networks, not part of `distill`, because
every tool here runs it: docs/decisions/0002.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pixels.color import LUMA_WEIGHTS, luma
from teacher.networks.colour import BICUBIC_RADIUS_PX, bicubic_phases, rgb_to_ycbcr, ycbcr_to_rgb

Colour = Literal["luma", "rgb"]
Activation = Literal["relu", "prelu"]


@dataclass(frozen=True, kw_only=True)
class ChainConfig:
    """Shape of a `Chain`."""

    body: int = 6
    """Number of convolutions between the first and the last one."""
    channels: int = 16
    """Feature maps of every convolution but the last."""
    colour: Colour = "luma"
    """`luma`: the chain works on luma, and chroma is enlarged with bicubic; `rgb`: it works on
    RGB."""
    activation: Activation = "prelu"
    """Activation function between the convolutions."""
    kernel: int = 3
    """Side of every kernel in pixels; odd."""
    scale: int = 2
    """Scale factor of the output."""

    def __post_init__(self) -> None:
        if not 0 <= self.body <= 256 or not 1 <= self.channels <= 1024:
            raise ValueError(
                f"body must be 0 to 256 and channels 1 to 1024, got {self.body} and {self.channels}"
            )
        if self.kernel % 2 == 0 or not 3 <= self.kernel <= 15:
            raise ValueError(f"kernel must be odd and 3 to 15 pixels, got {self.kernel}")
        if self.colour not in ("luma", "rgb") or self.activation not in ("relu", "prelu"):
            raise ValueError(f"unknown colour {self.colour!r} or activation {self.activation!r}")
        if not 2 <= self.scale <= 4:
            raise ValueError(f"scale must be 2, 3 or 4, got {self.scale}")


class Chain(nn.Module):
    """A folded student: RGB in, RGB out.

    Attributes:
        config: The config that rebuilds it.
        scale: Scale factor of the output.
        margin_px: Receptive-field radius in pixels of the input.
    """

    name = "chain"
    align_px = 1
    anchor: Tensor
    to_luma: Tensor
    to_chroma: Tensor
    to_rgb: Tensor

    def __init__(self, config: ChainConfig) -> None:
        super().__init__()
        self.config = config
        self.scale = config.scale
        reach = config.kernel // 2
        self.margin_px = max((config.body + 2) * reach, BICUBIC_RADIUS_PX)
        colours = 1 if config.colour == "luma" else 3
        widths = [colours, *[config.channels] * (config.body + 1), colours * config.scale**2]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, config.kernel, padding=reach)
            for before, after in pairwise(widths)
        )
        self.activations = nn.ModuleList(
            nn.PReLU(config.channels) if config.activation == "prelu" else nn.ReLU()
            for _ in range(config.body + 1)
        )
        # Fixed, so not part of the weights file.
        self.register_buffer("anchor", _anchor_kernel(colours, config.scale), persistent=False)
        if config.colour == "luma":
            weights = torch.tensor(LUMA_WEIGHTS).view(1, 3, 1, 1)
            self.register_buffer("to_luma", weights, persistent=False)
            self.register_buffer("to_chroma", _chroma_kernel(config.scale), persistent=False)
            self.register_buffer("to_rgb", _assembly_kernel(config.scale), persistent=False)

    def native(self, rgb: Tensor) -> Tensor:
        """Extract from RGB the channels that `core` works on: (batch, 1 or 3, height, width)."""
        return luma(rgb) if self.config.colour == "luma" else rgb

    def core(self, image: Tensor) -> Tensor:
        """Enlarge the chain's own channels without clipping; training uses this.

        Args:
            image: (batch, 1 or 3, height, width), in [0, 1].

        Returns:
            (batch, 1 or 3, scale * height, scale * width).
        """
        return F.pixel_shuffle(self._planes(image), self.scale)

    def forward(self, rgb: Tensor) -> Tensor:
        """Enlarge a batch.

        Args:
            rgb: (batch, 3, height, width), sRGB in [0, 1].

        Returns:
            (batch, 3, scale * height, scale * width), in [0, 1].
        """
        if self.config.colour == "rgb":
            return self.core(rgb).clamp(0.0, 1.0)
        # All at the small size: luma planes, chroma planes, and a 1x1 convolution that turns them
        # into RGB planes, so that a runtime shuffles pixels once and never mixes large images.
        planes = self._planes(F.conv2d(rgb, self.to_luma))
        edges = (BICUBIC_RADIUS_PX,) * 4
        chroma = F.conv2d(F.pad(rgb, edges, mode="replicate"), self.to_chroma)
        mixed = F.conv2d(torch.cat([planes, chroma], dim=1), self.to_rgb)
        return F.pixel_shuffle(mixed, self.scale).clamp(0.0, 1.0)

    def _planes(self, image: Tensor) -> Tensor:
        features = image
        for convolution, activation in zip(self.convolutions, self.activations, strict=False):
            features = activation(convolution(features))
        planes = self.convolutions[-1](features)
        if torch.is_autocast_enabled(image.device.type):
            # Equal to the anchor's convolution, which bfloat16 would round to half a byte.
            repeated = image.float().repeat_interleave(self.scale**2, dim=1)
            return planes.float() + repeated
        return planes + F.conv2d(image, self.anchor)


def _anchor_kernel(colours: int, scale: int) -> Tensor:
    """Repeat each colour for each of the scale^2 sub-pixels, in pixel-shuffle order."""
    return torch.eye(colours).repeat_interleave(scale**2, dim=0).view(-1, colours, 1, 1)


def _chroma_kernel(scale: int) -> Tensor:
    """Extract Cb and Cr from RGB and enlarge them with bicubic: (2 * scale^2, 3, 5, 5)."""
    kernel = torch.einsum("dc,pij->dpcij", rgb_to_ycbcr()[1:], bicubic_phases(scale))
    return kernel.reshape(2 * scale**2, 3, 5, 5)


def _assembly_kernel(scale: int) -> Tensor:
    """Mix planes of Y, Cb and Cr into planes of R, G and B: (3 * scale^2, 3 * scale^2, 1, 1)."""
    return torch.kron(ycbcr_to_rgb(), torch.eye(scale**2)).view(3 * scale**2, 3 * scale**2, 1, 1)
