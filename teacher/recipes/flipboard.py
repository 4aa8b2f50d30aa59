"""The recipe of the 2015 network: SGD with Nesterov momentum, max norm and per-layer rates.

Source: Norman Tasfi's post, see `teacher.networks.flipboard`. Max norm, dropout and the
rise of the momentum are from Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks
from Overfitting", 2014.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

import torch
import tyro
from torch import Tensor, nn

from teacher.networks.flipboard import Flipboard, FlipboardLayer
from teacher.recipes.schedule import CropSchedule
from teacher.recipes.uncompiled import SGD


@dataclass(frozen=True, kw_only=True)
class FlipboardRecipe(CropSchedule):
    """The optimiser of the post. Where the post gives no value, the default is our choice."""

    steps: int = 2_400_000
    """Optimiser steps; the post trains on 80 % of its 3 million samples for 250 epochs."""
    batch: int = 250
    """Patches per step, of all processes together (the post: 1000 ended in local minima)."""
    epochs: float = 250.0
    """Number of epochs that all steps represent: the momentum schedule is in epochs."""
    learning_rate: float = 0.01
    """Learning rate of the weights of the last layer; the other rates are relative to it."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """`cosine`: rates decay to zero along a cosine; `constant`: no decay (the post is silent)."""
    earliest_rate: float = 4.0
    """Learning rate of the first layer, relative to the last. Layer i of n gets earliest-rate to
    the power of (n - i) / (n - 1). The formula of the post is lost; it too favoured earlier
    layers."""
    bias_rate: float = 2.0
    """Learning rate of a bias, relative to the weights of its layer."""
    momentum_start: float = 0.15
    """Initial Nesterov momentum."""
    momentum_end: float = 0.7
    """Final Nesterov momentum."""
    momentum_epochs: float = 45.0
    """Epochs over which the momentum rises linearly."""
    convolution_norm: float = 1.5
    """Max norm of the weights of a filter (Euclidean): tight."""
    dense_norm: float = 4.0
    """Max norm of the incoming weights of a dense unit: loose. The last layer has none."""
    early_l2: float = 1e-5
    """L2 on convolutions and the dense layers between them: mild. Adds l2/2 |w|^2 to the loss."""
    late_l2: float = 1e-4
    """L2 on the other dense layers, including the last: stronger. Biases have none."""
    clip_norm: float = 10.0
    """Gradients are scaled down to this Euclidean norm: only runaway steps reach it."""
    ema_decay: float = 0.0
    """Decay per step of the moving average of the weights; 0 keeps the latest, as in 2015."""
    crop_px: tyro.conf.Suppress[int] = 12
    """Side of a training patch: the patch-px of the network."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1:
            raise ValueError("steps and batch must be at least 1")
        if not self.epochs > 0.0 or not self.momentum_epochs >= 0.0:
            raise ValueError("epochs must be above 0 and momentum-epochs at least 0")
        if not 0.0 < self.learning_rate < 10.0 or not self.clip_norm > 0.0:
            raise ValueError("learning-rate must lie between 0 and 10, clip-norm above 0")
        if not (self.earliest_rate > 0.0 and self.bias_rate > 0.0):
            raise ValueError("earliest-rate and bias-rate must be above 0")
        if not (0.0 < self.momentum_start < 1.0 and 0.0 < self.momentum_end < 1.0):
            raise ValueError("momentum-start and momentum-end must lie between 0 and 1")
        if not (self.convolution_norm > 0.0 and self.dense_norm > 0.0):
            raise ValueError("convolution-norm and dense-norm must be above 0")
        if not (self.early_l2 >= 0.0 and self.late_l2 >= 0.0):
            raise ValueError("early-l2 and late-l2 must be at least 0")
        if not 0.0 <= self.ema_decay < 1.0:
            raise ValueError(f"ema-decay must lie in [0, 1), got {self.ema_decay}")

    @property
    def batches(self) -> tuple[int, ...]:
        """Patches per step."""
        return (self.batch,)

    @property
    def largest_crop_px(self) -> int:
        """Side of a patch: the minimum side of a reduced photo."""
        return self.crop_px

    def crops_at(self, step: int) -> tuple[int, int]:
        """Number of patches of a step, and their side: the same in all steps."""
        return self.batch, self.crop_px

    def epoch_at(self, step: int) -> float:
        """Epoch of a step; both are counted from zero."""
        return step * self.epochs / self.steps

    def momentum_at(self, step: int) -> float:
        """Nesterov momentum of a step: rises linearly, then is constant."""
        if self.momentum_epochs == 0.0:
            return self.momentum_end
        risen = min(1.0, self.epoch_at(step) / self.momentum_epochs)
        return self.momentum_start + risen * (self.momentum_end - self.momentum_start)

    def rate_at(self, step: int) -> float:
        """Learning rate of the last layer's weights at a step."""
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * 0.5 * (1.0 + math.cos(math.pi * step / self.steps))

    def layer_rate(self, position: int, layers: int) -> float:
        """Learning rate of a layer, relative to the last layer.

        Args:
            position: Position of the layer, counted from 1 at the input.
            layers: Number of layers.
        """
        if layers == 1:
            return 1.0
        return self.earliest_rate ** ((layers - position) / (layers - 1))

    def l2_of(self, kind: FlipboardLayer) -> float:
        """L2 on the weights of a layer."""
        return self.early_l2 if kind in ("convolution", "reprojection") else self.late_l2

    def norm_of(self, kind: FlipboardLayer) -> float | None:
        """Max norm of a unit's incoming weights, or None."""
        if kind == "output":
            return None
        return self.convolution_norm if kind == "convolution" else self.dense_norm

    def make_optimizer(self, network: nn.Module) -> SGD:
        """Make SGD with one group for the weights and one for the bias of each layer."""
        layers = cast(Flipboard, network).layers()
        groups = []
        for position, (kind, layer) in enumerate(layers, start=1):
            rate = self.layer_rate(position, len(layers))
            groups.append(
                {"params": [layer.weight], "rate": rate, "weight_decay": self.l2_of(kind)}
            )
            groups.append(
                {"params": [layer.bias], "rate": self.bias_rate * rate, "weight_decay": 0.0}
            )
        return SGD(groups, lr=self.learning_rate, momentum=self.momentum_start, nesterov=True)

    def before_step(self, optimizer: torch.optim.Optimizer, step: int) -> None:
        """Set every group's learning rate and momentum."""
        rate, momentum = self.rate_at(step), self.momentum_at(step)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["rate"]
            group["momentum"] = momentum

    def after_step(self, network: nn.Module) -> None:
        """Project weights back to their max norm."""
        for kind, layer in cast(Flipboard, network).layers():
            bound = self.norm_of(kind)
            if bound is not None:
                project(layer.weight, bound)

    def logged(self, step: int) -> dict[str, float]:
        """Name the values of the schedule at a step, for the log."""
        return {"rate": self.rate_at(step), "momentum": self.momentum_at(step)}


@torch.no_grad()
def project(weight: Tensor, bound: float) -> None:
    """Scale the incoming weights of every unit down to a maximum norm, in place.

    Args:
        weight: (units, inputs) of a dense layer, or (maps, channels, side, side) of filters.
        bound: Maximum Euclidean norm.
    """
    weight.copy_(torch.renorm(weight, p=2, dim=0, maxnorm=bound))
