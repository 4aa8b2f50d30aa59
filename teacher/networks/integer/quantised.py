"""A float chain that computes as a student in whole numbers does, so that it can be trained.

The weights stay floats; each forward pass rounds them, computes exactly what the student in whole
numbers computes, and passes gradients through every rounding as if there were none. The grids
(steps, shifts, multipliers, ranges) were chosen before (`calibration`). All but the multipliers
stay; these are trained too, and with them the step of each activation.

Source of training the steps: Esser et al., "Learned Step Size Quantization", 2020.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from teacher.networks.chain import Chain
from teacher.networks.colour import require_whole_blocks
from teacher.networks.integer.arithmetic import MULTIPLIER_ONE
from teacher.networks.integer.config import INTEGER_CHAIN, IntegerChainConfig
from teacher.networks.integer.layers import (
    FloatLayer,
    Floor,
    WholeBicubic,
    bytes_of,
    core_values,
    detail,
    native_eighths,
    output_bytes,
    output_values,
    straight_floor,
)
from teacher.networks.integer.weights import (
    EIGHTHS_MOST,
    MOST_MULTIPLIER,
    IntegerChainWeights,
    IntegerLayer,
)

MOST_WEIGHT = 127
_NEARLY = 1e-3


@dataclass(frozen=True, kw_only=True)
class LayerGrid:
    """The values that a layer's numbers may have."""

    shift: int
    """By how many bits a sum is shifted to the right."""
    steps: Tensor
    """(outputs): what 1 of a sum is worth; of the network's input and output, 1 is 255."""
    multipliers: Tensor
    """(outputs): whole numbers; training changes those of hidden layers."""
    ranges: Tensor
    """(outputs): how far a result may lie below zero."""


class QuantisedChain(nn.Module):
    """A chain behind grids: a network to train, with the pixels of its `IntegerChain`.

    Attributes:
        config: The config of the student in whole numbers.
        chain: The floats that are trained.
        scale: Scale of the output, `up/down`.
        margin_px: Receptive-field radius in pixels of the input.
        align_px: `down`.
    """

    name = INTEGER_CHAIN

    def __init__(self, chain: Chain, config: IntegerChainConfig, grids: list[LayerGrid]) -> None:
        """Put a chain behind grids, one for each convolution."""
        super().__init__()
        self.config = config
        self.chain = chain
        self.scale, self.align_px, self.margin_px = chain.scale, chain.align_px, chain.margin_px
        self._shifts = [grid.shift for grid in grids]
        for at, grid in enumerate(grids):
            for name in ("steps", "multipliers", "ranges"):
                self.register_buffer(f"{name}_{at}", getattr(grid, name).float(), persistent=False)
        # Logarithms of what training multiplies the multipliers of hidden layers by.
        self.factors = nn.ParameterList(torch.zeros_like(grid.steps) for grid in grids[:-1])
        larger = WholeBicubic.of(chain.scale)
        self.register_buffer("tall", larger.tall, persistent=False)
        self.register_buffer("wide", larger.wide, persistent=False)

    def native(self, rgb: Tensor) -> Tensor:
        """Extract from RGB the channels that `core` works on: (batch, 1 or 3, height, width).

        With gradients, and without clipping; of bytes it is what `IntegerChain.native` extracts.
        """
        bytes_ = _snapped(255.0 * rgb)
        return native_eighths(bytes_, self.config, straight_floor) / EIGHTHS_MOST

    def core(self, image: Tensor) -> Tensor:
        """Enlarge as `IntegerChain.core` does, with gradients."""
        require_whole_blocks(image, self.scale)
        with torch.autocast(image.device.type, enabled=False):
            eighths = (image.float() * EIGHTHS_MOST).round()
            added = detail(eighths, self._layers(), self.config, straight_floor)
            return core_values(eighths, added, self.config, self._larger(), straight_floor)

    def unclipped(self, rgb: Tensor) -> Tensor:
        """Enlarge with gradients, neither clipped nor rounded to bytes.

        Args:
            rgb: (batch, 3, height, width), sRGB in [0, 1]; what lies between two bytes is rounded.

        Returns:
            (batch, 3, scale * height, scale * width).
        """
        with torch.autocast(rgb.device.type, enabled=False):
            values = self._values(rgb.float(), straight_floor)
            return F.pixel_shuffle(values, self.scale.numerator) * (1 / (8 * EIGHTHS_MOST))

    def forward(self, rgb: Tensor) -> Tensor:
        """Enlarge as `IntegerChain` does."""
        planes = output_bytes(self._values(rgb.float(), torch.floor))
        return F.pixel_shuffle(planes, self.scale.numerator) / 255.0

    def _values(self, rgb: Tensor, floor: Floor) -> Tensor:
        require_whole_blocks(rgb, self.scale)
        bytes_ = bytes_of(rgb)
        image = native_eighths(bytes_, self.config)
        added = detail(image, self._layers(), self.config, floor)
        return output_values(bytes_, image, added, self.config, self._larger())

    @torch.no_grad()
    def integers(self) -> IntegerChainWeights:
        """Round to the student in whole numbers.

        Raises:
            ValueError: A sum can reach 2^24.
        """
        layers = []
        for layer in self._layers():
            below, ranges = layer.below, layer.ranges
            layers.append(
                IntegerLayer(
                    shift=layer.shift,
                    biases=_array(layer.biases, np.int32),
                    multipliers=_array(layer.multipliers, np.int16),
                    below=_array(torch.zeros(0) if below is None else below, np.int16),
                    ranges=_array(torch.zeros(0) if ranges is None else ranges, np.uint8),
                    kernels=_array(layer.kernels, np.int8),
                )
            )
        return IntegerChainWeights(config=self.config, layers=tuple(layers))

    def _layers(self) -> list[FloatLayer]:
        layers, inputs = [], torch.tensor(1 / EIGHTHS_MOST)
        for at, convolution in enumerate(self.chain.convolutions):
            assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None
            steps, shift, multipliers = (
                self._grid("steps", at),
                self._shifts[at],
                self._multipliers(at),
            )
            inputs = inputs.to(steps.device).expand(convolution.weight.shape[1])
            scaled = convolution.weight * inputs[:, None, None] / steps[:, None, None, None]
            # What a shift cuts off is on the average half of its unit.
            half = 2.0 ** (shift - 1) if shift else 0.0
            below = ranges = None
            activation = self.chain.activations[at] if at < len(self._shifts) - 1 else None
            if isinstance(activation, nn.PReLU):
                below = straight_round(multipliers * activation.weight)
                below = below.clamp(-MOST_MULTIPLIER, MOST_MULTIPLIER)
                ranges = self._grid("ranges", at)
            layers.append(
                FloatLayer(
                    shift=shift,
                    kernels=straight_round(scaled.clamp(-MOST_WEIGHT, MOST_WEIGHT)),
                    biases=straight_round(convolution.bias / steps + half),
                    multipliers=multipliers,
                    below=below,
                    ranges=ranges,
                )
            )
            inputs = steps * 2.0**shift * MULTIPLIER_ONE / multipliers
        return layers

    def _multipliers(self, at: int) -> Tensor:
        multipliers = self._grid("multipliers", at)
        if at == len(self._shifts) - 1:
            return multipliers
        changed = multipliers * self.factors[at].exp()
        return straight_round(changed.clamp(1.0, float(MOST_MULTIPLIER)))

    def _grid(self, name: str, at: int) -> Tensor:
        buffer = getattr(self, f"{name}_{at}")
        assert isinstance(buffer, Tensor)
        return buffer

    def _larger(self) -> WholeBicubic:
        tall, wide = self.get_buffer("tall"), self.get_buffer("wide")
        return WholeBicubic(scale=self.scale, tall=tall, wide=wide)


def straight_round(values: Tensor) -> Tensor:
    """Round to the nearest whole number, and pass gradients straight on."""
    return values + (values.round() - values).detach()


def _snapped(bytes_: Tensor) -> Tensor:
    """Take what is a byte but for the rounding of a division as that byte."""
    off = bytes_.round() - bytes_
    return bytes_ + torch.where(off.abs() < _NEARLY, off, 0.0).detach()


def _array(values: Tensor, kind: type) -> np.ndarray:
    return np.rint(values.cpu().numpy()).astype(kind)
