"""The plain chain: a folded student, and all that the compact runtime has to support.

3x3 convolutions (zero padding, stride 1; larger odd kernels for experiments) with ReLU or PReLU
between them, a last one to up^2 x (output channels), the input repeated and added (the "anchor"),
and a pixel shuffle. It is one of the teacher's networks, not part of `distill`, because every tool
here runs it: docs/decisions/0002.

With a scale `up/down` that is not whole it works on blocks of `down x down` pixels: the first
convolution reads 3x3 blocks (side 3 * down, stride `down`), and the anchor is bicubic.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pixels.color import LUMA_WEIGHTS
from pixels.tensors import luma
from teacher.networks.chain_config import CHAIN, ChainConfig
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.colour import (
    bicubic_phases,
    require_whole_blocks,
    rgb_to_ycbcr,
    ycbcr_to_rgb,
)
from teacher.networks.fixed import BICUBIC_RADIUS_PX, bicubic_reach_px


class ConvolutionChain(nn.Module):
    """Convolutions with activations between them: what chains and reducers have in common.

    Attributes:
        config: The config that rebuilds the network.
    """

    def __init__(self, config: ChainConfig) -> None:
        super().__init__()
        self.config = config
        self.convolutions = nn.ModuleList()
        for after, before, side, _ in config.kernel_shapes:
            stride = side // config.kernel
            padding = config.kernel // 2 * stride
            self.convolutions.append(nn.Conv2d(before, after, side, stride, padding))
        self.activations = nn.ModuleList(
            nn.PReLU(config.channels) if config.activation == "prelu" else nn.ReLU()
            for _ in range(config.body + 1)
        )

    @classmethod
    def of(cls, weights: ChainWeights) -> Self:
        """Build a network with given weights, in evaluation mode."""
        network = cls(weights.config)
        network.load_state_dict(
            {name: torch.from_numpy(array) for name, array in weights.tensors().items()}
        )
        return network.eval()

    def _detail(self, image: Tensor) -> Tensor:
        """Compute what is added to the anchor, in planes of the blocks' size."""
        features = image
        for convolution, activation in zip(self.convolutions, self.activations, strict=False):
            features = activation(convolution(features))
        return self.convolutions[-1](features)


class Chain(ConvolutionChain):
    """A folded student: RGB in, RGB out.

    Attributes:
        config: The config that rebuilds it.
        scale: Scale of the output, `up/down`.
        margin_px: Receptive-field radius in pixels of the input; a multiple of `align_px`.
        align_px: `down`: sides of pictures and starts of tiles are multiples of it.
    """

    name = CHAIN
    anchor: Tensor
    to_luma: Tensor
    to_chroma: Tensor
    to_rgb: Tensor

    def __init__(self, config: ChainConfig) -> None:
        super().__init__(config)
        self.scale = config.scale
        up, down = config.scale.numerator, config.scale.denominator
        self.align_px = down
        self.margin_px = config.margin_px
        colours = 1 if config.colour == "luma" else 3
        # Fixed, so not part of the weights file.
        anchor = _anchor_kernel(colours, up) if down == 1 else _bicubic_kernel(config.scale)
        self.register_buffer("anchor", anchor, persistent=False)
        if config.colour == "luma":
            weights = torch.tensor(LUMA_WEIGHTS).view(1, 3, 1, 1)
            self.register_buffer("to_luma", weights, persistent=False)
            if down == 1:
                self.register_buffer("to_chroma", _chroma_kernel(config.scale), persistent=False)
                self.register_buffer("to_rgb", _assembly_kernel(up), persistent=False)

    def native(self, rgb: Tensor) -> Tensor:
        """Extract from RGB the channels that `core` works on: (batch, 1 or 3, height, width)."""
        return luma(rgb) if self.config.colour == "luma" else rgb

    def core(self, image: Tensor) -> Tensor:
        """Enlarge the chain's own channels without clipping; training uses this.

        Args:
            image: (batch, 1 or 3, height, width), in [0, 1].

        Returns:
            (batch, 1 or 3, scale * height, scale * width).

        Raises:
            ValueError: A side is not a multiple of `align_px`.
        """
        require_whole_blocks(image, self.scale)
        return F.pixel_shuffle(self._planes(image), self.scale.numerator)

    def forward(self, rgb: Tensor) -> Tensor:
        """Enlarge a batch.

        Args:
            rgb: (batch, 3, height, width), sRGB in [0, 1].

        Returns:
            (batch, 3, scale * height, scale * width), in [0, 1].

        Raises:
            ValueError: A side is not a multiple of `align_px`.
        """
        return self.unclipped(rgb).clamp(0.0, 1.0)

    def unclipped(self, rgb: Tensor) -> Tensor:
        """Enlarge a batch as `forward` does, without clipping: for losses that judge colours."""
        if self.config.colour == "rgb":
            return self.core(rgb)
        if self.align_px > 1:
            require_whole_blocks(rgb, self.scale)
            # The anchor and chroma are the same bicubic, so it enlarges all of RGB at once.
            detail = self._detail(F.conv2d(rgb, self.to_luma))
            mixed = self._bicubic_planes(rgb) + torch.cat([detail] * 3, dim=1)
            return F.pixel_shuffle(mixed, self.scale.numerator)
        # All at the small size: luma planes, chroma planes, and a 1x1 convolution that turns them
        # into RGB planes, so that a runtime shuffles pixels once and never mixes large images.
        planes = self._planes(F.conv2d(rgb, self.to_luma))
        edges = (BICUBIC_RADIUS_PX,) * 4
        chroma = F.conv2d(F.pad(rgb, edges, mode="replicate"), self.to_chroma)
        mixed = F.conv2d(torch.cat([planes, chroma], dim=1), self.to_rgb)
        return F.pixel_shuffle(mixed, self.scale.numerator)

    def _planes(self, image: Tensor) -> Tensor:
        detail = self._detail(image)
        if torch.is_autocast_enabled(image.device.type):
            # In float32: bfloat16 would round the anchor to half a byte.
            with torch.autocast(image.device.type, enabled=False):
                image = image.float()
                if self.align_px > 1:
                    return detail.float() + self._bicubic_planes(image)
                return detail.float() + image.repeat_interleave(self.scale.numerator**2, dim=1)
        if self.align_px > 1:
            return detail + self._bicubic_planes(image)
        return detail + F.conv2d(image, self.anchor)

    def _bicubic_planes(self, image: Tensor) -> Tensor:
        """Enlarge (batch, 1 or 3, height, width) with bicubic, before the pixel shuffle."""
        colours = image.shape[1]
        kernel = self.anchor[: colours * self.scale.numerator**2, :colours]
        padded = F.pad(image, (bicubic_reach_px(self.scale),) * 4, mode="replicate")
        return F.conv2d(padded, kernel, stride=self.align_px)


def _anchor_kernel(colours: int, up: int) -> Tensor:
    """Repeat each colour for each of the up^2 sub-pixels, in pixel-shuffle order."""
    return torch.eye(colours).repeat_interleave(up**2, dim=0).view(-1, colours, 1, 1)


def _bicubic_kernel(scale: Fraction) -> Tensor:
    """Enlarge each of R, G and B alone with bicubic: (3 * up^2, 3, 3 * down, 3 * down)."""
    # Not a grouped convolution, which fewer runtimes have.
    phases = bicubic_phases(scale)
    kernel = torch.einsum("dc,pij->dpcij", torch.eye(3), phases)
    return kernel.reshape(3 * len(phases), 3, *phases.shape[1:])


def _chroma_kernel(scale: Fraction) -> Tensor:
    """Extract Cb and Cr from RGB and enlarge them with bicubic: (2 * up^2, 3, 5, 5)."""
    phases = bicubic_phases(scale)
    kernel = torch.einsum("dc,pij->dpcij", rgb_to_ycbcr()[1:], phases)
    return kernel.reshape(2 * len(phases), 3, *phases.shape[1:])


def _assembly_kernel(up: int) -> Tensor:
    """Mix planes of Y, Cb and Cr into planes of R, G and B: (3 * up^2, 3 * up^2, 1, 1)."""
    return torch.kron(ycbcr_to_rgb(), torch.eye(up**2)).view(3 * up**2, 3 * up**2, 1, 1)
