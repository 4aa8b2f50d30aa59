"""The recipe of fully convolutional networks: optimiser, schedule and averaging."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import nn

from teacher.recipes.optimizers import OptimizerName, make_optimizer, optimizer_named, suited_rate
from teacher.recipes.schedule import CropSchedule


@dataclass(frozen=True, kw_only=True)
class Recipe(CropSchedule):
    """Warm-up and a cosine schedule, gradient clipping, and averaged weights."""

    steps: int = 20_000
    """Optimiser steps."""
    batch: int = 16
    """Crops per step."""
    crop_px: int = 48
    """Side of a reduced training crop, in pixels."""
    learning_rate: float = 1e-3
    """Learning rate after the warm-up; it decays to zero along a cosine."""
    optimizer: OptimizerName = "adam"
    """`adam`, or `soap` (`teacher.recipes.soap`), which needs about ten times the learning rate:
    the default rate follows the optimiser."""
    warmup_steps: int = 100
    """Steps over which the learning rate rises from zero (at most a tenth of all steps)."""
    polish_share: float = 0.0
    """Share of the steps, at the end, that minimise the squared error (which PSNR measures) on
    larger crops: fewer crops with the same number of pixels per step."""
    polish_crop_px: int = 96
    """Side of a reduced crop in those steps, in pixels."""
    clip_norm: float = 1.0
    """Gradients are scaled down to this Euclidean norm."""
    ema_decay: float = 0.999
    """Decay per step of the moving average of the weights; the average is the result."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.warmup_steps < 0:
            raise ValueError("steps and batch must be at least 1 and warmup-steps at least 0")
        if self.crop_px < 8:
            raise ValueError(f"crop-px must be at least 8 pixels, got {self.crop_px}")
        if not 0.0 <= self.polish_share <= 1.0 or self.polish_crop_px < 8:
            raise ValueError(
                f"polish-share must lie in [0, 1] and polish-crop-px be at least 8 pixels, "
                f"got {self.polish_share} and {self.polish_crop_px}"
            )
        if not 0.0 < self.learning_rate < 1.0 or not self.clip_norm > 0.0:
            raise ValueError("learning-rate must lie between 0 and 1, clip-norm above 0")
        if not 0.0 <= self.ema_decay < 1.0:
            raise ValueError(f"ema-decay must lie in [0, 1), got {self.ema_decay}")

    def suited_to(self, optimizer: str | None) -> Self:
        """Take another optimiser, with a rate that suits it; an unknown name changes nothing."""
        name = optimizer_named(optimizer) or self.optimizer
        rate = suited_rate(self.learning_rate, self.optimizer, name)
        return replace(self, optimizer=name, learning_rate=rate)

    @property
    def batches(self) -> tuple[int, ...]:
        """Every batch size that occurs, in crops per step."""
        return tuple({self.crops_at(step)[0] for step in (0, self.steps - 1)})

    @property
    def largest_crop_px(self) -> int:
        """Side of the largest crop: the minimum side of a reduced photo."""
        return max(self.crops_at(step)[1] for step in (0, self.steps - 1))

    def polishes(self, step: int) -> bool:
        """Whether a step, counted from zero, is one of the last, which minimise squared error."""
        return step >= self.steps - round(self.polish_share * self.steps)

    def crops_at(self, step: int) -> tuple[int, int]:
        """Number of crops of a step, and their side in pixels of the reduced photo."""
        if not self.polishes(step):
            return self.batch, self.crop_px
        return max(1, self.batch * self.crop_px**2 // self.polish_crop_px**2), self.polish_crop_px

    def rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from zero."""
        warmup = min(self.warmup_steps, self.steps // 10)
        if step < warmup:
            return self.learning_rate * (step + 1) / warmup
        progress = (step - warmup) / max(1, self.steps - warmup)
        return self.learning_rate * 0.5 * (1.0 + math.cos(math.pi * progress))

    def make_optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Make the optimiser of a network's weights."""
        return make_optimizer(self.optimizer, network, self.learning_rate)
