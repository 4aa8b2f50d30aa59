"""A training of a tiny network on made-up batches, which takes milliseconds."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import Network
from teacher.recipes.recipe import Recipe
from teacher.recipes.schedule import Schedule
from teacher.training.feed import Batch
from teacher.training.loop import Objective, Trainer, TrainingRun
from teacher.training.processes import Processes

ALONE = Processes()
SETTINGS = {"seed": 1, "data": {"photos": 2}}
RECIPE = Recipe(steps=12, batch=2, crop_px=8, learning_rate=0.01, ema_decay=0.8)


def objective(network: Network, batch: Batch) -> dict[str, Tensor]:
    small, large = batch
    return {
        "near": (network.core(small) - large).abs().mean(),
        "far": 0.1 * (network.core(small) - large).square().mean(),
    }


def batch_at(step: int) -> Batch:
    chances = torch.Generator().manual_seed(step)
    small = torch.rand(2, 1, 8, 8, generator=chances)
    return [small, small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3).square()]


def fresh() -> Chain:
    torch.manual_seed(4)
    return Chain(ChainConfig(body=1, channels=3))


def trainer(
    folder: Path,
    recipe: Schedule = RECIPE,
    *,
    network: Network | None = None,
    batch_at: Callable[[int], Batch] = batch_at,
    objective: Objective = objective,
    settings: dict[str, Any] = SETTINGS,
    checkpoint_seconds: float = 1e9,
    processes: Processes = ALONE,
) -> Trainer:
    folder.mkdir(exist_ok=True)
    return Trainer(
        TrainingRun(
            folder=folder,
            recipe=recipe,
            seed=0,
            checkpoint_seconds=checkpoint_seconds,
            processes=processes,
        ),
        network or fresh(),
        objective,
        batch_at,
        settings=settings,
        validate=lambda network: {"validation/sum": weight_sum(network)},
    )


def weight_sum(network: Network) -> float:
    return sum(parameter.sum().item() for parameter in network.parameters())


@dataclass
class Interrupter:
    """Gives the batches of `batch_at`, and Ctrl-C when a certain one is asked for."""

    at: int
    number: int = signal.SIGINT
    asked: list[int] = field(default_factory=list)

    def __call__(self, step: int) -> Batch:
        self.asked.append(step)
        if step == self.at:
            os.kill(os.getpid(), self.number)
        return batch_at(step)


@pytest.fixture(scope="module", autouse=True)
def no_reports() -> Iterator[None]:
    """Draw no report in this module's tests; tests of training draw and read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("teacher.training.report.write_report", lambda *_, **__: None)
        yield
