"""The arithmetic in whole numbers with PyTorch, by floats: docs/reference/format.md, version 3.

All numbers are whole and below 2^24, so that float32 computes them exactly. What training needs is
another way to round: `straight_floor`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor

from teacher.networks.fixed import bicubic_reach_px
from teacher.networks.integer.arithmetic import (
    BLUE_OF_GREEN,
    GREEN_ONE,
    LAST_LEAST,
    LAST_MOST,
    LUMA_ONE,
    LUMA_PARTS,
    MULTIPLIER_ONE,
    RED_OF_GREEN,
    SUM_LEAST,
    SUM_MOST,
)
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.enlargement import bicubic_taps
from teacher.networks.integer.weights import EIGHTHS_MOST

Floor = Callable[[Tensor], Tensor]
"""Rounds down: `torch.floor`, or `straight_floor` where gradients are needed."""


@dataclass(frozen=True, kw_only=True)
class FloatLayer:
    """A convolution and its rescaling, as whole numbers in float32."""

    shift: int
    """By how many bits a sum is shifted to the right."""
    kernels: Tensor
    """(outputs, inputs, rows, columns)"""
    biases: Tensor
    """(outputs)"""
    multipliers: Tensor
    """(outputs)"""
    below: Tensor | None
    """(outputs): multipliers below zero; None for ReLU and in the last layer."""
    ranges: Tensor | None
    """(outputs): how far a result may lie below zero; None for ReLU and in the last layer."""


def straight_floor(values: Tensor) -> Tensor:
    """Round down, and pass gradients straight on.

    Source: Bengio et al., "Estimating or Propagating Gradients Through Stochastic Neurons", 2013.
    """
    return values + (values.floor() - values).detach()


def bytes_of(rgb: Tensor) -> Tensor:
    """Turn (..., 3, height, width) in [0, 1] into bytes; what lies between two is rounded."""
    return (rgb * 255.0 + 0.5).floor().clamp(0.0, 255.0)


def native_eighths(
    bytes_: Tensor, config: IntegerChainConfig, floor: Floor = torch.floor
) -> Tensor:
    """Extract what the first convolution sees, 0 to 2040: (batch, 1 or 3, height, width)."""
    if config.colour == "rgb":
        return 8.0 * bytes_
    red, green, blue = bytes_[:, 0:1], bytes_[:, 1:2], bytes_[:, 2:3]
    total = LUMA_PARTS[0] * red + LUMA_PARTS[1] * green + LUMA_PARTS[2] * blue
    return floor(total * (8 / LUMA_ONE) + 0.5)


def detail(
    image: Tensor, layers: Sequence[FloatLayer], config: IntegerChainConfig, floor: Floor
) -> Tensor:
    """Compute what the network adds to its anchor, in 64ths of a byte.

    Args:
        image: Result of `native_eighths`.
        layers: The network.
        config: Its shape.
        floor: How to round down.

    Returns:
        (batch, colours * up^2, rows of blocks, columns of blocks).
    """
    features, down = image, config.scale.denominator
    for layer in layers:
        last = layer is layers[-1]
        stride = down if layer is layers[0] else 1
        # Shifted before the sum instead of after it, which is exact.
        unit = 2.0**-layer.shift
        sums = F.conv2d(features, layer.kernels * unit, layer.biases * unit, stride, stride)
        shifted = floor(sums)
        multipliers = (layer.multipliers / MULTIPLIER_ONE)[:, None, None]
        if last:
            values = floor(shifted.clamp(float(SUM_LEAST), float(SUM_MOST)) * multipliers + 0.5)
            return values.clamp(float(LAST_LEAST), float(LAST_MOST))
        # Of a ReLU all below zero becomes zero.
        values = shifted.clamp(0.0, float(SUM_MOST)) * multipliers
        if layer.below is None or layer.ranges is None:
            features = floor(values + 0.5).clamp(0.0, float(config.most))
            continue
        below = (layer.below / MULTIPLIER_ONE)[:, None, None]
        values = values + shifted.clamp(float(SUM_LEAST), 0.0) * below
        ranges = layer.ranges[:, None, None]
        # Above the range below zero, the bounds of all channels are the same.
        features = floor(values + (ranges + 0.5)).clamp(0.0, float(config.most)) - ranges
    raise ValueError("a network has a last layer")


@dataclass(frozen=True, kw_only=True)
class WholeBicubic:
    """The enlargements in whole numbers: bicubic, and each pixel repeated."""

    scale: Fraction
    """The scale `up/down`."""
    tall: Tensor
    """(up, 1, taps, 1): kernels along the columns, in 256ths."""
    wide: Tensor
    """(up, 1, 1, taps): kernels along the rows, in 512ths."""

    @classmethod
    def of(cls, scale: Fraction, device: torch.device | None = None) -> WholeBicubic:
        """Prepare the kernels for a scale."""
        taps = torch.from_numpy(bicubic_taps(scale)).float().to(device)
        tall, wide = taps[:, None, :, None] * 2.0**-8, taps[:, None, None, :] * 2.0**-9
        return cls(scale=scale, tall=tall, wide=wide)

    def __call__(self, planes: Tensor, floor: Floor = torch.floor) -> Tensor:
        """Enlarge each channel; edges are repeated.

        Args:
            planes: (batch, channels, height, width) of whole numbers up to 2040 in amount.
            floor: How to round down.

        Returns:
            (batch, channels * up^2, rows of blocks, columns of blocks), eight times the values.
        """
        channels, reach = planes.shape[1], bicubic_reach_px(self.scale)
        up, down = self.scale.numerator, self.scale.denominator
        seen = F.pad(planes, (0, 0, reach, reach), mode="replicate")
        kernels, halves = _for_each(self.tall, channels)
        seen = floor(F.conv2d(seen, kernels, halves, stride=(down, 1), groups=channels))
        seen = F.pad(seen, (reach, reach, 0, 0), mode="replicate")
        kernels, halves = _for_each(self.wide, channels * up)
        return floor(F.conv2d(seen, kernels, halves, stride=(1, down), groups=channels * up))

    def repeated(self, planes: Tensor) -> Tensor:
        """Repeat each pixel, where `down` is 1: values and shape as `__call__` gives them."""
        channels, up = planes.shape[1], self.scale.numerator
        eights = torch.full((channels * up**2, 1, 1, 1), 8.0, device=planes.device)
        return F.conv2d(planes, eights, groups=channels)


def _for_each(kernels: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """Repeat kernels for each channel, with a bias that rounds to the nearest."""
    kernels = kernels.repeat(channels, 1, 1, 1)
    return kernels, torch.full((len(kernels),), 0.5, device=kernels.device)


def output_values(
    bytes_: Tensor,
    image: Tensor,
    added: Tensor,
    config: IntegerChainConfig,
    larger: WholeBicubic,
) -> Tensor:
    """Put anchor, detail and chroma together, in 64ths of a byte.

    Args:
        bytes_: The picture, (batch, 3, height, width), 0 to 255.
        image: Result of `native_eighths`.
        added: Result of `detail`.
        config: The network's shape.
        larger: The enlargement for its scale.

    Returns:
        (batch, 3 * up^2, rows of blocks, columns of blocks), not clipped.
    """
    is_luma = config.colour == "luma"
    if config.scale.denominator > 1:
        return larger(8.0 * bytes_) + (torch.cat([added] * 3, dim=1) if is_luma else added)
    if not is_luma:
        return larger.repeated(image) + added
    luma = larger.repeated(image) + added
    red = larger(8.0 * bytes_[:, 0:1] - image)
    blue = larger(8.0 * bytes_[:, 2:3] - image)
    mixed = RED_OF_GREEN * red + BLUE_OF_GREEN * blue
    green = (mixed * (1 / GREEN_ONE) + 0.5).floor()
    return torch.cat([luma + red, luma - green, luma + blue], dim=1)


def output_bytes(values: Tensor) -> Tensor:
    """Round 64ths of a byte to bytes."""
    return (values * (1 / 64) + 0.5).floor().clamp(0.0, 255.0)


def core_values(
    image: Tensor, added: Tensor, config: IntegerChainConfig, larger: WholeBicubic, floor: Floor
) -> Tensor:
    """Put anchor and detail together in the network's own colours, for training.

    Args:
        image: Result of `native_eighths`.
        added: Result of `detail`.
        config: The network's shape.
        larger: The enlargement for its scale.
        floor: How to round down.

    Returns:
        (batch, 1 or 3, scale * height, scale * width): 1 is 255, and nothing is rounded to bytes.
    """
    up = config.scale.numerator
    if config.scale.denominator > 1:
        values = larger(image, floor) + added
    else:
        values = larger.repeated(image) + added
    return F.pixel_shuffle(values, up) * (1 / (8 * EIGHTHS_MOST))
