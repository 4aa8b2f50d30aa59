"""A reducer in PyTorch, for training."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from pixels.tensors import luma
from teacher.networks.chain import ConvolutionChain
from teacher.reducing.weights import REDUCER, ReducerConfig

_GREY = 0.5


class Reducer(ConvolutionChain):
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
        super().__init__(config)
        # It begins as bicubic.
        for weights in self.convolutions[-1].parameters():
            nn.init.zeros_(weights)

    def forward(self, photo: Tensor, reduced: Tensor) -> Tensor:
        """Reduce a batch, without clipping.

        Args:
            photo: (batch, 3, height, width), sRGB in [0, 1].
            reduced: The same, reduced by bicubic.

        Returns:
            A batch of the size of `reduced`.
        """
        added = self._detail(luma(photo) - _GREY)
        return reduced + F.pixel_shuffle(added, self.config.scale.numerator)
