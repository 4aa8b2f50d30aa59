"""An all-convolutional residual network: the teacher that GPUs train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pixels.scale import HALF, Scale, parse_scale
from teacher.networks.colour import (
    ColourFormat,
    ColourTransform,
    enlarge_by_bicubic,
    require_whole_blocks,
)
from teacher.networks.fixed import BICUBIC_RADIUS_PX


@dataclass(frozen=True, kw_only=True)
class ResidualConfig:
    """Shape of a `Residual` network."""

    blocks: int = 8
    """Residual blocks; each has two 3x3 convolutions."""
    channels: int = 48
    """Feature maps of every convolution but the last."""
    residual_scale: float = 1.0
    """Factor on the output of each block; EDSR needs 0.1 at 256 channels to stay stable."""
    colour: ColourFormat = "rgb"
    """Channels the network works on; with `luma`, chroma is enlarged with bicubic."""
    scale: Scale = HALF
    """Ratio of output to input size."""

    def __post_init__(self) -> None:
        if not 1 <= self.blocks <= 256 or not 1 <= self.channels <= 1024:
            raise ValueError(
                f"blocks must be 1 to 256 and channels 1 to 1024, "
                f"got {self.blocks} and {self.channels}"
            )
        if not 0.0 < self.residual_scale <= 1.0:
            raise ValueError(f"residual-scale must lie in (0, 1], got {self.residual_scale}")
        if self.colour not in get_args(ColourFormat):
            raise ValueError(f"colour must be rgb, ycbcr or luma, got {self.colour!r}")
        parse_scale(self.scale)


class Residual(nn.Module):
    """All-convolutional residual network without batch normalisation.

    Source: Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", 2017
    (EDSR). Unlike EDSR, the input itself is added before the pixel shuffle, so that the network
    learns only the missing detail and is useful after a minute of training. With a scale `up/down`
    that is not whole, the head reads blocks of `down x down` pixels, and what is added is the input
    enlarged with bicubic.

    Attributes:
        config: The config that rebuilds it.
        scale: Scale of the output, `up/down`.
        margin_px: Receptive-field radius in pixels of the input; a multiple of `align_px`.
        align_px: `down`: sides of pictures and starts of tiles are multiples of it.
    """

    name = "residual"
    anchor: Tensor

    def __init__(self, config: ResidualConfig) -> None:
        super().__init__()
        self.config = config
        self.scale = config.scale
        up, down = config.scale.numerator, config.scale.denominator
        self.align_px = down
        # One per convolution: head, blocks, join, tail. That covers the bicubic of chroma.
        self.margin_px = max((2 * config.blocks + 3) * down, BICUBIC_RADIUS_PX)
        self.colour = ColourTransform(config.colour, config.scale)
        colours = self.colour.channels
        self.head = nn.Conv2d(colours, config.channels, 3 * down, stride=down, padding=down)
        self.blocks = nn.ModuleList(
            _Block(config.channels, config.residual_scale) for _ in range(config.blocks)
        )
        self.join = nn.Conv2d(config.channels, config.channels, 3, padding=1)
        self.tail = nn.Conv2d(config.channels, colours * up**2, 3, padding=1)
        if down == 1:
            anchor = torch.eye(colours).repeat_interleave(up**2, dim=0)
            self.register_buffer("anchor", anchor.view(-1, colours, 1, 1), persistent=False)

    def same_body(self, other: Residual) -> bool:
        """Whether all convolutions but the first and the last have the shape of another's."""
        shapes = ((c.blocks, c.channels, c.residual_scale) for c in (self.config, other.config))
        return len(set(shapes)) == 1

    def native(self, rgb: Tensor) -> Tensor:
        """Extract from RGB the channels that `core` works on: (batch, 1 or 3, height, width)."""
        return self.colour.native(rgb)

    def core(self, image: Tensor) -> Tensor:
        """Enlarge without clipping; training uses this.

        Args:
            image: (batch, 1 or 3, height, width), in [0, 1].

        Returns:
            (batch, 1 or 3, scale * height, scale * width).

        Raises:
            ValueError: A side is not a multiple of `align_px`.
        """
        require_whole_blocks(image, self.scale)
        head = self.head(image)
        features = head
        for block in self.blocks:
            features = block(features)
        planes = self.tail(self.join(features) + head)
        if torch.is_autocast_enabled(image.device.type):
            # In float32: bfloat16 would round the anchor to half a byte.
            with torch.autocast(image.device.type, enabled=False):
                return self._anchored(planes.float(), image.float(), repeat=True)
        return self._anchored(planes, image, repeat=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """Enlarge a batch.

        Args:
            rgb: (batch, 3, height, width), sRGB in [0, 1].

        Returns:
            (batch, 3, scale * height, scale * width), in [0, 1].
        """
        return self.colour.to_rgb(self.core(self.native(rgb)), rgb).clamp(0.0, 1.0)

    def _anchored(self, planes: Tensor, image: Tensor, *, repeat: bool) -> Tensor:
        """Add what the network starts from, and put the pixels in their places."""
        up = self.scale.numerator
        if self.align_px > 1:
            anchor = enlarge_by_bicubic(image, self.colour.phases, self.scale)
            return F.pixel_shuffle(planes, up) + anchor
        # The same numbers, but runtimes have the convolution, and GPUs may round its inputs.
        anchor = image.repeat_interleave(up**2, dim=1) if repeat else F.conv2d(image, self.anchor)
        return F.pixel_shuffle(planes + anchor, up)


class _Block(nn.Module):
    def __init__(self, channels: int, residual_scale: float) -> None:
        super().__init__()
        self.residual_scale = residual_scale
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        added = self.second(F.relu(self.first(features)))
        # Not multiplied by one: an exported graph would keep that operation.
        return features + (added if self.residual_scale == 1.0 else self.residual_scale * added)
