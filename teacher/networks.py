"""The networks that a run folder may name, and how to build one from its name and config.

Every network takes and gives RGB: `forward(rgb)` maps float32 (batch, 3, height, width) in [0, 1]
to (batch, 3, scale * height, scale * width), clipped to [0, 1]; that is what is evaluated and
exported. Training goes through `core`, which works on the network's own colour channels (`native`
takes them from RGB) and does not clip, so that gradients never die.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from teacher.chain import Chain, ChainConfig


@dataclass(frozen=True, kw_only=True)
class ResidualConfig:
    """Shape of a `Residual` network."""

    blocks: int = 8
    """Residual blocks; each has two 3x3 convolutions."""
    channels: int = 48
    """Feature maps of every convolution but the last."""
    scale: int = 2
    """How many times larger the output is."""

    def __post_init__(self) -> None:
        if not 1 <= self.blocks <= 256 or not 1 <= self.channels <= 1024:
            raise ValueError(
                f"blocks must be 1 to 256 and channels 1 to 1024, "
                f"got {self.blocks} and {self.channels}"
            )
        if not 2 <= self.scale <= 4:
            raise ValueError(f"scale must be 2, 3 or 4, got {self.scale}")


class Residual(nn.Module):
    """All-convolutional residual network without batch normalisation.

    Source: Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", 2017
    (EDSR). Unlike there, the input itself is added before the pixel shuffle, so that the network
    learns only what an enlargement lacks and is useful after a minute of training.

    Attributes:
        config: What rebuilds it.
        scale: How many times larger the output is.
        margin_px: Receptive-field radius in pixels of the input.
    """

    name = "residual"
    anchor: Tensor

    def __init__(self, config: ResidualConfig) -> None:
        super().__init__()
        self.config = config
        self.scale = config.scale
        self.margin_px = 2 * config.blocks + 3  # one per convolution: head, blocks, join, tail
        self.head = nn.Conv2d(3, config.channels, 3, padding=1)
        self.blocks = nn.ModuleList(_Block(config.channels) for _ in range(config.blocks))
        self.join = nn.Conv2d(config.channels, config.channels, 3, padding=1)
        self.tail = nn.Conv2d(config.channels, 3 * config.scale**2, 3, padding=1)
        anchor = torch.eye(3).repeat_interleave(config.scale**2, dim=0).view(-1, 3, 1, 1)
        self.register_buffer("anchor", anchor, persistent=False)

    def native(self, rgb: Tensor) -> Tensor:
        """Give RGB back: this network works on all three channels."""
        return rgb

    def core(self, image: Tensor) -> Tensor:
        """Enlarge without clipping: what training works on.

        Args:
            image: (batch, 3, height, width), in [0, 1].

        Returns:
            (batch, 3, scale * height, scale * width).
        """
        head = self.head(image)
        features = head
        for block in self.blocks:
            features = block(features)
        planes = self.tail(self.join(features) + head) + F.conv2d(image, self.anchor)
        return F.pixel_shuffle(planes, self.scale)

    def forward(self, rgb: Tensor) -> Tensor:
        """Enlarge a batch.

        Args:
            rgb: (batch, 3, height, width), sRGB in [0, 1].

        Returns:
            (batch, 3, scale * height, scale * width), in [0, 1].
        """
        return self.core(rgb).clamp(0.0, 1.0)


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        return features + self.second(F.relu(self.first(features)))


Network = Residual | Chain
Config = ResidualConfig | ChainConfig


def build(name: str, settings: Mapping[str, Any]) -> Network:
    """Build a network with fresh weights.

    Args:
        name: `residual` or `chain`.
        settings: The fields of its config.

    Raises:
        ValueError: The name or a setting is not known or out of range.
    """
    try:
        if name == Residual.name:
            return Residual(ResidualConfig(**settings))
        if name == Chain.name:
            return Chain(ChainConfig(**settings))
    except TypeError as error:  # an unknown field, or text where a number belongs
        raise ValueError(f"unknown settings for network {name!r}: {error}") from error
    raise ValueError(f"unknown network {name!r}; known are {Residual.name!r} and {Chain.name!r}")


def parameter_count(network: nn.Module) -> int:
    """Count the numbers that training adjusts."""
    return sum(parameter.numel() for parameter in network.parameters())


def macs_per_output_pixel(network: Network) -> float:
    """Count multiply-accumulates of all convolutions, fixed ones too, per pixel of the output."""
    tensors = [*network.parameters(), *network.buffers()]
    # Every convolution runs at the input's size, so that each weight of a kernel is used once per
    # input pixel.
    return sum(tensor.numel() for tensor in tensors if tensor.ndim == 4) / network.scale**2
