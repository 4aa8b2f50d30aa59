"""The student in whole numbers as a network of PyTorch: bytes in, bytes out."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from teacher.networks.colour import require_whole_blocks
from teacher.networks.integer.config import INTEGER_CHAIN, IntegerChainConfig
from teacher.networks.integer.layers import (
    FloatLayer,
    WholeBicubic,
    bytes_of,
    core_values,
    detail,
    native_eighths,
    output_bytes,
    output_values,
)
from teacher.networks.integer.weights import EIGHTHS_MOST, IntegerChainWeights, tensor_shapes

_PARAMETERS = ("kernels", "biases", "below")


class IntegerChain(nn.Module):
    """A finished student in whole numbers: RGB in, RGB out, each a byte divided by 255.

    Its tensors are integers, and there is nothing to train: `QuantisedChain` trains. It is exact on
    a CPU; a GPU's library may choose Winograd's convolution or shorter floats, which are not.

    Attributes:
        config: The config that rebuilds it.
        scale: Scale of the output, `up/down`.
        margin_px: Receptive-field radius in pixels of the input; a multiple of `align_px`.
        align_px: `down`: sides of pictures and starts of tiles are multiples of it.
    """

    name = INTEGER_CHAIN

    def __init__(self, config: IntegerChainConfig) -> None:
        super().__init__()
        self.config = config
        self.scale = config.scale
        self.align_px = config.scale.denominator
        self.margin_px = config.margin_px
        self.layers = nn.ModuleList(_Layer() for _ in range(config.body + 2))
        for name, (shape, kind) in tensor_shapes(config).items():
            _, at, part = name.split(".")
            blank, layer = torch.zeros(shape, dtype=getattr(torch, kind.name)), self.layers[int(at)]
            # As many parameters as the student in floats has: the others are only its rescaling.
            if part in _PARAMETERS:
                layer.register_parameter(part, nn.Parameter(blank, requires_grad=False))
            else:
                layer.register_buffer(part, blank)

    @classmethod
    def of(cls, weights: IntegerChainWeights) -> IntegerChain:
        """Build a student with given weights, in evaluation mode."""
        network = cls(weights.config)
        tensors = {
            name: torch.from_numpy(array.copy()) for name, array in weights.tensors().items()
        }
        network.load_state_dict(tensors)
        return network.eval()

    def weights(self) -> IntegerChainWeights:
        """Return the weights as arrays.

        Raises:
            ValueError: A number is out of range, or a sum can reach 2^24.
        """
        tensors = {name: tensor.cpu().numpy() for name, tensor in self.state_dict().items()}
        return IntegerChainWeights.from_tensors(self.config, tensors)

    def native(self, rgb: Tensor) -> Tensor:
        """Extract from RGB the channels that `core` works on: (batch, 1 or 3, height, width)."""
        return native_eighths(bytes_of(rgb), self.config) / EIGHTHS_MOST

    def core(self, image: Tensor) -> Tensor:
        """Enlarge the student's own channels without clipping or rounding to bytes.

        Args:
            image: Result of `native`.

        Returns:
            (batch, 1 or 3, scale * height, scale * width).

        Raises:
            ValueError: A side is not a multiple of `align_px`.
        """
        require_whole_blocks(image, self.scale)
        eighths = (image * EIGHTHS_MOST).round()
        added = detail(eighths, self.float_layers(), self.config, torch.floor)
        larger = self._enlargement()
        return core_values(eighths, added, self.config, larger, torch.floor)

    def forward(self, rgb: Tensor) -> Tensor:
        """Enlarge a batch.

        Args:
            rgb: (batch, 3, height, width), sRGB in [0, 1]; what lies between two bytes is rounded.

        Returns:
            (batch, 3, scale * height, scale * width), in [0, 1]: bytes divided by 255.

        Raises:
            ValueError: A side is not a multiple of `align_px`.
        """
        require_whole_blocks(rgb, self.scale)
        bytes_ = bytes_of(rgb)
        image = native_eighths(bytes_, self.config)
        added = detail(image, self.float_layers(), self.config, torch.floor)
        values = output_values(bytes_, image, added, self.config, self._enlargement())
        return F.pixel_shuffle(output_bytes(values), self.scale.numerator) / 255.0

    def macs_per_block(self) -> int:
        """Count multiply-accumulates of all layers, fixed ones included, per block of the input."""
        kernels = sum(tensor.numel() for tensor in self.parameters() if tensor.ndim == 4)
        larger, up = self._enlargement(), self.scale.numerator
        colours = 3 if self.align_px > 1 else 2 if self.config.colour == "luma" else 0
        return kernels + colours * (larger.tall.numel() + up * larger.wide.numel())

    def float_layers(self) -> list[FloatLayer]:
        """Return the layers as floats."""
        return [layer.floats() for layer in self.layers if isinstance(layer, _Layer)]

    def _enlargement(self) -> WholeBicubic:
        return WholeBicubic.of(self.scale, next(self.parameters()).device)


class _Layer(nn.Module):
    """The tensors of a layer, as a run folder names them."""

    def floats(self) -> FloatLayer:
        part = {name: tensor.float() for name, tensor in self.state_dict().items()}
        return FloatLayer(
            shift=int(part["shift"]),
            kernels=part["kernels"],
            biases=part["biases"],
            multipliers=part["multipliers"],
            below=part.get("below"),
            ranges=part.get("ranges"),
        )
