"""A reducer in PyTorch, for training."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pixels.tensors import luma
from teacher.networks.chain_weights import ChainWeights
from teacher.reducing.weights import REDUCER, ReducerConfig

_GREY = 0.5


class Reducer(nn.Module):
    """Adds to a photo that was reduced by bicubic what lets a student restore more of it.

    A chain the other way round: it reads the photo's luma in blocks of `up x up` pixels and adds,
    to all three colours alike, to the reduced photo's blocks of `down x down`. Colours stay as
    bicubic leaves them, since students enlarge them by bicubic.

    Attributes:
        config: The config that rebuilds it.

    Source: networks that reduce, trained through one that enlarges: Kim et al., "Task-Aware Image
    Downscaling", 2018; Sun and Chen, "Learned Image Downscaling for Upscaling Using Content
    Adaptive Resampler", arXiv 1907.12904.
    """

    name = REDUCER

    def __init__(self, config: ReducerConfig) -> None:
        super().__init__()
        self.config = config
        self.convolutions = nn.ModuleList()
        for after, before, side, _ in config.kernel_shapes:
            stride = side // config.kernel
            padding = config.kernel // 2 * stride
            self.convolutions.append(nn.Conv2d(before, after, side, stride, padding))
        self.activations = nn.ModuleList(nn.PReLU(config.channels) for _ in range(config.body + 1))
        # It begins as bicubic.
        for weights in self.convolutions[-1].parameters():
            nn.init.zeros_(weights)

    @classmethod
    def of(cls, weights: ChainWeights) -> Reducer:
        """Build a reducer with given weights, in evaluation mode."""
        assert isinstance(weights.config, ReducerConfig)
        network = cls(weights.config)
        network.load_state_dict(
            {name: torch.from_numpy(array) for name, array in weights.tensors().items()}
        )
        return network.eval()

    def forward(self, photo: Tensor, reduced: Tensor) -> Tensor:
        """Reduce a batch, without clipping.

        Args:
            photo: (batch, 3, height, width), sRGB in [0, 1].
            reduced: The same, reduced by bicubic.

        Returns:
            A batch of the size of `reduced`.
        """
        features = luma(photo) - _GREY
        for convolution, activation in zip(self.convolutions, self.activations, strict=False):
            features = activation(convolution(features))
        added = self.convolutions[-1](features)
        return reduced + F.pixel_shuffle(added, self.config.scale.numerator)
