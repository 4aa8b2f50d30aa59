"""How a network is trained: optimiser, schedule and averaging, apart from any network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from teacher.recipes.optimizers import OptimizerName, make_optimizer
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
    """The optimiser's rate after the warm-up; it falls to zero along a cosine."""
    optimizer: OptimizerName = "adam"
    """What adjusts the weights: `adam`, or `soap` (`teacher.recipes.soap`) at some ten times
    its rate."""
    warmup_steps: int = 100
    """Steps over which the rate rises from zero (at most a tenth of all steps)."""
    polish_share: float = 0.0
    """Part of all steps, the last one, that minimises the squared error, which PSNR measures, on
    larger crops: as many pixels a step, in fewer crops."""
    polish_crop_px: int = 96
    """Side of a reduced crop then, in pixels."""
    clip_norm: float = 1.0
    """Gradients are scaled down to this Euclidean norm."""
    ema_decay: float = 0.999
    """Decay per step of the moving average of the weights, which is what is kept at the end."""

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

    @property
    def batches(self) -> tuple[int, ...]:
        """Crops per step, of all kinds of steps."""
        return tuple({self.crops_at(step)[0] for step in (0, self.steps - 1)})

    @property
    def largest_crop_px(self) -> int:
        """Side of the largest crop: what photos must have."""
        return max(self.crops_at(step)[1] for step in (0, self.steps - 1))

    def polishes(self, step: int) -> bool:
        """Whether a step, counted from zero, belongs to the last part."""
        return step >= self.steps - round(self.polish_share * self.steps)

    def crops_at(self, step: int) -> tuple[int, int]:
        """How many crops a step takes, and their side in pixels of the reduced photo."""
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
        """Make the optimiser."""
        return make_optimizer(self.optimizer, network, self.learning_rate)
