"""A training in three stages with warm restarts: learn, refine on larger crops, polish."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from typing import Any, Literal, Self

import torch
from torch import nn

from teacher.recipes.optimizers import OptimizerName, make_optimizer, optimizer_named, suited_rate
from teacher.recipes.schedule import Schedule

STAGES = 3


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a `StagedRecipe`."""

    share: float
    """Share of all steps, from 0 to 1; a stage with share 0 is skipped."""
    learning_rate: float
    """Learning rate at the start of the stage (first stage: after the warm-up); it decays to zero
    along a cosine."""
    batch: int
    """Crops per step."""
    crop_px: int
    """Side of a reduced training crop, in pixels."""
    truth: float = 1.0
    """Weight of the distance to the original photo."""
    teacher: float = 0.0
    """Weight of the distance to the teacher's output for photos whose original is known."""
    norm: Literal["l1", "l2"] = "l1"
    """Distance: mean absolute (`l1`) or mean squared (`l2`) error."""
    ssimulacra2: float = 0.0
    """Weight of SSIMULACRA2's error to the original photo, in addition to the distances: 0.003
    pulls about as hard as the weight 1 of an `l1` distance."""
    colorvideovdp: float = 0.0
    """The same of ColorVideoVDP's, on a phone."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"share must lie in [0, 1], got {self.share}")
        if not 0.0 < self.learning_rate < 1.0:
            raise ValueError(f"learning-rate must lie between 0 and 1, got {self.learning_rate}")
        if self.batch < 1 or self.crop_px < 8:
            raise ValueError(
                f"batch must be at least 1 and crop-px at least 8 pixels, "
                f"got {self.batch} and {self.crop_px}"
            )
        if not (self.truth >= 0.0 and self.teacher >= 0.0) or self.truth + self.teacher == 0.0:
            raise ValueError(
                f"truth and teacher must be at least 0, and one of them above 0, "
                f"got {self.truth} and {self.teacher}"
            )
        for name, weight in self.judges.items():
            if not weight >= 0.0:
                raise ValueError(f"{name} must be at least 0, got {weight}")

    @property
    def judges(self) -> dict[str, float]:
        """Weights of all judges by name."""
        return {"ssimulacra2": self.ssimulacra2, "colorvideovdp": self.colorvideovdp}

    @property
    def is_judged(self) -> bool:
        """Whether any judge is asked."""
        return any(self.judges.values())


@dataclass(frozen=True, kw_only=True)
class StagedRecipe(Schedule):
    """Three stages, each with its own rate, crops and loss; averaged weights.

    Larger crops come in smaller batches: every step sees as many pixels as in the first stage.
    """

    steps: int = 20_000
    """Optimiser steps of all stages."""
    optimizer: OptimizerName = "soap"
    """`soap` (`teacher.recipes.soap`) needs far fewer steps than `adam` (a `nano` 3,000 instead of
    46,000); `adam` needs a tenth of its learning rates: the default rates follow the optimiser."""
    stage1: Stage = Stage(share=0.7, learning_rate=1e-2, batch=16, crop_px=48)
    """Training from initial weights."""
    stage2: Stage = Stage(
        share=0.2, learning_rate=2e-3, batch=4, crop_px=96, truth=0.9, teacher=0.2
    )
    """A restart on larger crops, with the teacher's output as a second target."""
    stage3: Stage = Stage(share=0.1, learning_rate=5e-4, batch=4, crop_px=96, norm="l2")
    """The squared error, which PSNR measures."""
    warmup_steps: int = 100
    """Steps over which the first learning rate rises from zero (at most a quarter of all steps);
    deep students with ReLU die without a warm-up."""
    clip_norm: float = 1.0
    """Gradients are scaled down to this Euclidean norm."""
    ema_decay: float = 0.999
    """Decay per step of the moving average of the weights; the average is the result."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.warmup_steps < 0:
            raise ValueError("steps must be at least 1 and warmup-steps at least 0")
        if abs(sum(stage.share for stage in self.stages) - 1.0) > 1e-6:
            shares = ", ".join(f"{stage.share}" for stage in self.stages)
            raise ValueError(f"the stages' shares must add up to 1, got {shares}")
        if not self.clip_norm > 0.0:
            raise ValueError(f"clip-norm must be above 0, got {self.clip_norm}")
        if not 0.0 <= self.ema_decay < 1.0:
            raise ValueError(f"ema-decay must lie in [0, 1), got {self.ema_decay}")

    def suited_to(self, optimizer: str | None) -> Self:
        """Take another optimiser, with rates that suit it; an unknown name changes nothing."""
        name = optimizer_named(optimizer) or self.optimizer
        stage1, stage2, stage3 = (
            replace(stage, learning_rate=suited_rate(stage.learning_rate, self.optimizer, name))
            for stage in self.stages
        )
        return replace(self, optimizer=name, stage1=stage1, stage2=stage2, stage3=stage3)

    @property
    def stages(self) -> tuple[Stage, Stage, Stage]:
        """All stages, in order."""
        return self.stage1, self.stage2, self.stage3

    @property
    def recorded(self) -> dict[str, Any]:
        """The recipe as a run's settings hold it: without judges that no stage asks."""
        recipe = asdict(self)
        for number, stage in enumerate(self.stages, start=1):
            for name, weight in stage.judges.items():
                if not weight:  # as before there were any
                    del recipe[f"stage{number}"][name]
        return recipe

    @property
    def batches(self) -> tuple[int, ...]:
        """Crops per step of every stage."""
        return tuple(stage.batch for stage in self._used())

    @property
    def largest_crop_px(self) -> int:
        """Side of the largest crop: the minimum side of a reduced photo."""
        return max(stage.crop_px for stage in self._used())

    def stage_at(self, step: int) -> Stage:
        """The stage of a step, counted from zero."""
        return self._place(step)[0]

    def rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from zero."""
        stage, start, end = self._place(step)
        warmup = min(self.warmup_steps, self.steps // 4) if start == 0 else 0
        if step < warmup:
            return stage.learning_rate * (step + 1) / warmup
        progress = (step - start - warmup) / max(1, end - start - warmup)
        return stage.learning_rate * 0.5 * (1.0 + math.cos(math.pi * progress))

    def make_optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Make the optimiser of a network's weights."""
        return make_optimizer(self.optimizer, network, self.stage1.learning_rate)

    def _used(self) -> list[Stage]:
        return [stage for stage in self.stages if stage.share > 0.0]

    def _place(self, step: int) -> tuple[Stage, int, int]:
        """Find a step's stage, the stage's first step, and the first one after it."""
        shares = accumulate(stage.share for stage in self.stages)
        ends = [round(share * self.steps) for share in shares]
        for stage, start, end in zip(self.stages, [0, *ends], ends, strict=False):
            if step < end:
                return stage, start, end
        return self.stages[-1], ends[-2], ends[-1]
