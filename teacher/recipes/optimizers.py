"""The optimisers that recipes name, and their preparation for each step.

A step may be recorded on a GPU and replayed (`teacher.training.step`): values that change are then
in tensors, and decisions are made here, outside the recording.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from teacher.recipes.soap import Soap
from teacher.recipes.uncompiled import Adam

OptimizerName = Literal["adam", "soap"]

# SOAP's steps are smaller at the same rate: docs/decisions/0023.
_OWN_RATE: dict[OptimizerName, float] = {"adam": 1.0, "soap": 10.0}

_TURN_EVERY = 10


def suited_rate(rate: float, before: OptimizerName, after: OptimizerName) -> float:
    """Convert a learning rate that suits one optimiser to one that suits another."""
    return float(f"{rate * _OWN_RATE[after] / _OWN_RATE[before]:.6g}")


def optimizer_named(name: str | None) -> OptimizerName | None:
    """Return the optimiser of this name; None if there is none."""
    return next((known for known in _OWN_RATE if known == name), None)


def make_optimizer(name: OptimizerName, network: nn.Module, rate: float) -> torch.optim.Optimizer:
    """Make an optimiser of all weights of a network.

    Args:
        name: `adam`, or `soap` (`teacher.recipes.soap`).
        network: Must be on the device where it is trained.
        rate: Learning rate of the first step.
    """
    weights = list(network.parameters())
    device = weights[0].device
    lr: float | Tensor = torch.tensor(rate, device=device) if device.type == "cuda" else rate
    if name == "soap":
        return Soap(weights, lr=lr)
    # Fused, because small networks have many small tensors.
    return Adam(weights, lr=lr, betas=(0.9, 0.99), fused=True, capturable=device.type == "cuda")


def prepare(optimizer: torch.optim.Optimizer, *, rate: float, step: int) -> None:
    """Set the learning rate of all weights, and turn SOAP's directions every few steps.

    Args:
        optimizer: Result of `make_optimizer`.
        rate: Learning rate of the step; written in place if it is a tensor.
        step: Counted from zero.
    """
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
    if isinstance(optimizer, Soap) and step % _TURN_EVERY == 0:
        optimizer.turn()
