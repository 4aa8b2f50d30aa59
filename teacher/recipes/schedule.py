"""The interface between the training loop and the recipes."""

from __future__ import annotations

from dataclasses import Field, asdict
from typing import Any, ClassVar, Protocol

import torch
from torch import nn

from teacher.recipes.optimizers import prepare


class Schedule(Protocol):
    """The interface of all recipes for the training loop, with the behaviour that most share.

    A recipe is a frozen dataclass: all its fields are part of a run's settings.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    steps: int
    """Optimiser steps."""
    clip_norm: float
    """Gradients are scaled down to this Euclidean norm."""
    ema_decay: float
    """Decay per step of the moving average of the weights; 0 keeps the latest weights."""

    @property
    def batches(self) -> tuple[int, ...]:
        """Every batch size that occurs, in crops per step."""
        ...

    @property
    def largest_crop_px(self) -> int:
        """Side of the largest crop: the minimum side of a reduced photo."""
        ...

    def rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from zero."""
        ...

    def make_optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Make the optimiser of a network's weights."""
        ...

    @property
    def recorded(self) -> dict[str, Any]:
        """The recipe as a run's settings hold it."""
        return asdict(self)

    def averaging_at(self, step: int) -> float:
        """Decay of the moving average at a step: lower at first, to forget the initial weights."""
        return min(self.ema_decay, (1 + step) / (10 + step))

    def before_step(self, optimizer: torch.optim.Optimizer, step: int) -> None:
        """Set the learning rate of a step."""
        prepare(optimizer, rate=self.rate_at(step), step=step)

    def after_step(self, network: nn.Module) -> None:
        """Constrain the new weights; by default they are unconstrained."""

    def logged(self, step: int) -> dict[str, float]:
        """Name the values of the schedule at a step, for the log."""
        return {"rate": self.rate_at(step)}


class CropSchedule(Schedule, Protocol):
    """A schedule whose steps all crop the same layers."""

    def crops_at(self, step: int) -> tuple[int, int]:
        """Number of crops of a step, and their side in pixels of the reduced photo."""
        ...
