"""A student in whole numbers in operators that every runtime has, on floats that stay whole.

It is the network itself, with its tensors as floats: convolutions, sums, products, rounding down
and bounds. All numbers are below 2^24, where float32 is exact, so that a runtime that computes with
float32 gives the very bytes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from teacher.networks.integer.arithmetic import LUMA_ONE, LUMA_PARTS
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.integer.layers import (
    FloatLayer,
    WholeBicubic,
    bytes_of,
    detail,
    output_bytes,
    output_values,
)


class IntegerGraph(nn.Module):
    """Computes the same bytes as the student it is made from; for exporting only."""

    def __init__(self, network: IntegerChain) -> None:
        """Take the tensors of a student."""
        super().__init__()
        self.config = network.config
        layers = network.float_layers()
        self._count = len(layers)
        for at, layer in enumerate(layers):
            for name in _TENSORS:
                # Kernels and biases are shifted here instead of in each run, which is exact.
                tensor = getattr(layer, name)
                shifted = name in ("kernels", "biases")
                value = tensor * 2.0**-layer.shift if shifted else tensor
                self.register_buffer(f"{name}_{at}", value)
        larger = WholeBicubic.of(network.scale)
        self.register_buffer("tall", larger.tall)
        self.register_buffer("wide", larger.wide)
        luma = torch.tensor(LUMA_PARTS).view(1, 3, 1, 1) * (8 / LUMA_ONE)
        self.register_buffer("luma", luma)
        # As a convolution: its outputs can be put into another runtime's order of sub-pixels.
        planes = 3 * network.scale.numerator**2
        self.register_buffer("to_ones", torch.eye(planes).view(planes, planes, 1, 1) / 255.0)

    def forward(self, rgb: Tensor) -> Tensor:
        """Enlarge (batch, 3, height, width), sRGB in [0, 1], as `IntegerChain` does."""
        bytes_ = bytes_of(rgb)
        config = self.config
        if config.colour == "luma":
            # With a bias of its own: some runtimes fuse it, and take no single number for one.
            image = F.conv2d(bytes_, self.get_buffer("luma"), torch.full((1,), 0.5)).floor()
        else:
            image = 8.0 * bytes_
        layers = [self._layer(at) for at in range(self._count)]
        tall, wide = self.get_buffer("tall"), self.get_buffer("wide")
        larger = WholeBicubic(scale=config.scale, tall=tall, wide=wide)
        added = detail(image, layers, config, torch.floor)
        planes = output_bytes(output_values(bytes_, image, added, config, larger))
        ones = F.conv2d(planes, self.get_buffer("to_ones"))
        return F.pixel_shuffle(ones, config.scale.numerator)

    def _layer(self, at: int) -> FloatLayer:
        part = {name: getattr(self, f"{name}_{at}") for name in _TENSORS}
        return FloatLayer(shift=0, **part)


_TENSORS = ("kernels", "biases", "multipliers", "below", "ranges")
