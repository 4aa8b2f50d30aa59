"""Dropout with masks that depend on the seed and the step, so that trainings resume exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import torch
from torch import Tensor, nn


class MaskGenerator:
    """Random masks for all dropout layers of a network, step by step.

    All masks of a step are drawn from one generator seeded with (seed, step), for the batch of all
    processes together; each process then takes its share. Neither a restart nor the number of
    processes changes what is dropped.
    """

    def __init__(self) -> None:
        self._generator = torch.Generator()
        self._rank, self._processes = 0, 1

    def begin(self, seed: int, step: int, *, rank: int = 0, processes: int = 1) -> None:
        """Start a step: the masks drawn from now on depend only on these numbers."""
        digest = hashlib.sha256(f"dropout {seed} {step}".encode()).digest()
        self._generator.manual_seed(int.from_bytes(digest[:8], "little") >> 1)
        self._rank, self._processes = rank, processes

    def mask(self, shape: tuple[int, ...], keep: float, like: Tensor) -> Tensor:
        """Draw zeros and ones.

        Args:
            shape: (samples of this process, ...).
            keep: Probability of a one.
            like: Tensor whose device and dtype the mask gets.
        """
        # On the CPU, so that a GPU drops the same units; the masks are small.
        everyone = (shape[0] * self._processes, *shape[1:])
        drawn = torch.rand(everyone, generator=self._generator) < keep
        share = drawn[self._rank * shape[0] : (self._rank + 1) * shape[0]]
        return share.to(device=like.device, dtype=like.dtype)


class Dropout(nn.Module):
    """Drop units of a dense layer, or whole maps of a convolution, while training.

    Kept values are divided by the probability of keeping them, so that nothing has to be scaled
    later.

    Attributes:
        keep: Probability of keeping a unit or map.
        masks: Source of the masks; shared by all dropout layers of a network.

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting", 2014; they give the probability of *keeping* a unit, and so does the 2015 post.
    Whole maps: Tompson et al., "Efficient Object Localization Using Convolutional Networks",
    2015, because neighbouring pixels of a map are strongly correlated.
    """

    def __init__(self, keep: float, masks: MaskGenerator) -> None:
        super().__init__()
        self.keep, self.masks = keep, masks
        self._draw: Callable[..., Tensor] = masks.mask

    def leave_uncompiled(self) -> None:
        """Keep the random numbers out of what torch.compile builds: it cannot compile generators.

        A decorator would import the compiler, which adds seconds to the start of every command.
        """
        self._draw = torch.compiler.disable(self._draw)  # pyright: ignore[reportAttributeAccessIssue]

    def forward(self, features: Tensor) -> Tensor:
        """Drop from (batch, units) or (batch, maps, height, width)."""
        if not self.training or self.keep == 1.0:
            return features
        shape = (*features.shape[:2], *(1 for _ in features.shape[2:]))
        return features * self._draw(shape, self.keep, features) / self.keep


def dropouts(network: nn.Module) -> list[Dropout]:
    """List the dropout layers of a network."""
    return [part for part in network.modules() if isinstance(part, Dropout)]
