"""Dropout whose chances belong to the step, so that a killed training goes on exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import torch
from torch import Tensor, nn


class Chances:
    """Where a network's dropout gets its random numbers from, for one step.

    All masks of a step are drawn from one generator seeded by (seed, step), for the batch of all
    processes together; each process then takes its own share. So neither a restart nor the number
    of processes changes what is dropped.
    """

    def __init__(self) -> None:
        self._generator = torch.Generator()
        self._rank, self._processes = 0, 1

    def begin(self, seed: int, step: int, *, rank: int = 0, processes: int = 1) -> None:
        """Start a step: what is drawn from now on depends on these numbers alone."""
        digest = hashlib.sha256(f"dropout {seed} {step}".encode()).digest()
        self._generator.manual_seed(int.from_bytes(digest[:8], "little") >> 1)
        self._rank, self._processes = rank, processes

    def mask(self, shape: tuple[int, ...], keep: float, like: Tensor) -> Tensor:
        """Draw zeros and ones: `keep` is the probability of a one.

        Args:
            shape: (samples of this process, ...).
            keep: Inclusion probability.
            like: Whose device and type the mask gets.
        """
        # On the CPU, so that a GPU drops the same; the masks are small.
        everyone = (shape[0] * self._processes, *shape[1:])
        drawn = torch.rand(everyone, generator=self._generator) < keep
        mine = drawn[self._rank * shape[0] : (self._rank + 1) * shape[0]]
        return mine.to(device=like.device, dtype=like.dtype)


class Dropout(nn.Module):
    """Drop units of a dense layer, or whole maps of a convolution, while training.

    What is kept is divided by the inclusion probability, so that nothing has to be scaled later.

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting", 2014; they give the probability of *keeping* a unit, and so does the 2015 post.
    Whole maps: Tompson et al., "Efficient Object Localization Using Convolutional Networks",
    2015, because neighbouring pixels of a map tell the same.
    """

    def __init__(self, keep: float, chances: Chances) -> None:
        super().__init__()
        self.keep = keep
        self._draw: Callable[..., Tensor] = chances.mask

    def leave_uncompiled(self) -> None:
        """Keep the random numbers out of what torch.compile builds: it knows no generators.

        A decorator would import the compiler, seconds of every command's start.
        """
        self._draw = torch.compiler.disable(self._draw)  # pyright: ignore[reportAttributeAccessIssue]

    def forward(self, features: Tensor) -> Tensor:
        """Drop from (batch, units) or (batch, maps, height, width)."""
        if not self.training or self.keep == 1.0:
            return features
        shape = (*features.shape[:2], *(1 for _ in features.shape[2:]))
        return features * self._draw(shape, self.keep, features) / self.keep
