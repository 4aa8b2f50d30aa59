"""The project's only training loop: resumable, averaged, logged.

A batch depends on the seed and the number of its step alone, so that a training that was killed
and started again sees what it would have seen, and ends with the same weights.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.progress import Progress, TaskID
from torch import Tensor

from pixels.command import UserError
from pixels.progress import progress_bar
from teacher.checkpoint import ResumeState, best_device, read_resume, save_resume
from teacher.logbook import Logbook
from teacher.networks import Network
from teacher.recipe import Recipe
from teacher.stopping import StopRequest

Batch = Sequence[Tensor]
Objective = Callable[[Network, Batch], dict[str, Tensor]]
"""Gives the terms of the loss by name; their sum is what is minimised."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """All that `fit` needs to know."""

    network: Network
    """With fresh weights; `fit` leaves the averaged ones in it."""
    recipe: Recipe
    """How to train it."""
    batch_at: Callable[[int], Batch]
    """Gives the batch of a step, on the CPU; it must depend on the step alone."""
    objective: Objective
    """What to minimise."""
    validate: Callable[[Network], dict[str, float]]
    """Measures the network now and then; may give nothing."""
    folder: Path
    """The run folder."""
    settings: dict[str, Any]
    """Whatever decides the result: a stopped training goes on only if these are the same."""
    checkpoint_seconds: float
    """How much work may be lost when the training is killed."""


class _State:
    """What changes from step to step."""

    def __init__(self, training: Training) -> None:
        device = best_device()
        self.step = 0
        self.network = training.network.to(device).train()
        self.averaged = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = training.recipe.optimizer(self.network)
        self.device = device

    def tensors(self) -> dict[str, Tensor]:
        """Name every tensor that has to survive a stop."""
        named = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        for name, tensor in self.averaged.state_dict().items():
            named[f"averaged.{name}"] = tensor
        for index, slots in self.optimizer.state_dict()["state"].items():
            for slot, tensor in slots.items():
                named[f"optimizer.{index}.{slot}"] = tensor
        return named

    def restore(self, state: ResumeState) -> None:
        """Take over what `tensors` named."""
        slots: dict[int, dict[str, Tensor]] = {}
        weights: dict[str, dict[str, Tensor]] = {"network": {}, "averaged": {}}
        for name, tensor in state.tensors.items():
            owner, rest = name.split(".", 1)
            if owner == "optimizer":
                index, slot = rest.split(".")
                slots.setdefault(int(index), {})[slot] = tensor
            else:
                weights[owner][rest] = tensor
        self.network.load_state_dict(weights["network"])
        self.averaged.load_state_dict(weights["averaged"])
        content = self.optimizer.state_dict()
        self.optimizer.load_state_dict({**content, "state": slots})
        self.step = state.step


def fit(training: Training) -> dict[str, float]:
    """Train a network, or go on with a training that was stopped.

    Args:
        training: What to train, on what, and where.

    Returns:
        The last validation's metrics. `training.network` holds the averaged weights, on the CPU,
        in evaluation mode.

    Raises:
        UserError: The folder holds a training with other settings, or the loss is not finite any
            more; the last good checkpoint is kept.
        KeyboardInterrupt: After a checkpoint was written.
    """
    state = _State(training)
    _resume(training, state)
    with closing(Logbook(training.folder, state.step)) as logbook, progress_bar() as progress:
        task = progress.add_task(
            "training", total=training.recipe.steps, completed=state.step, note=""
        )
        _run(training, state, logbook, progress, task)
    training.network.load_state_dict(state.averaged.state_dict())
    training.network.cpu().eval()
    return training.validate(training.network)


def _run(
    training: Training, state: _State, logbook: Logbook, progress: Progress, task: TaskID
) -> None:
    recipe = training.recipe
    measure_every = max(1, recipe.steps // 10)
    log_every = max(1, min(50, recipe.steps // 20))
    saved = time.monotonic()
    with StopRequest() as stop:
        for batch in _batches(training, state):
            terms = _step(state, training, batch)
            progress.update(task, completed=state.step)
            if state.step % log_every == 0:
                values = {f"loss/{name}": term.item() for name, term in terms.items()}
                loss = sum(values.values())
                logbook.scalars(
                    state.step, {**values, "rate": recipe.rate_at(state.step - 1), "loss": loss}
                )
                progress.update(task, note=f"loss {loss:.4f}")
            if state.step % measure_every == 0 and state.step < recipe.steps:
                logbook.scalars(state.step, training.validate(state.averaged))
            if stop.asked or time.monotonic() - saved > training.checkpoint_seconds:
                _save(training, state)
                saved = time.monotonic()
            if stop.asked:
                raise KeyboardInterrupt
    _save(training, state)
    logbook.scalars(state.step, training.validate(state.averaged))


def _step(state: _State, training: Training, batch: Batch) -> dict[str, Tensor]:
    recipe = training.recipe
    for group in state.optimizer.param_groups:
        group["lr"] = recipe.rate_at(state.step)
    terms = training.objective(state.network, [layer.to(state.device) for layer in batch])
    loss = torch.stack(list(terms.values())).sum()
    if not math.isfinite(loss.item()):
        raise UserError(
            f"the loss is {loss.item()} at step {state.step}: lower --learning-rate, delete "
            f"{training.folder} and start again (the last good checkpoint was kept there)"
        )
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), recipe.clip_norm)
    state.optimizer.step()
    decay = recipe.averaging_at(state.step)
    with torch.no_grad():
        pairs = zip(state.averaged.parameters(), state.network.parameters(), strict=True)
        for average, weight in pairs:
            average.lerp_(weight, 1.0 - decay)
    state.step += 1
    return terms


def _batches(training: Training, state: _State) -> Iterator[Batch]:
    """Give the batches of the steps to come; the next one is cut while this one is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(training.batch_at, state.step)
        for step in range(state.step, training.recipe.steps):
            batch = coming.result()
            if step + 1 < training.recipe.steps:
                coming = pool.submit(training.batch_at, step + 1)
            yield batch


def _resume(training: Training, state: _State) -> None:
    left = read_resume(training.folder)
    if left is None:
        return
    if left.settings != training.settings:
        differing = sorted(
            name
            for name in {*left.settings, *training.settings}
            if left.settings.get(name) != training.settings.get(name)
        )
        raise UserError(
            f"{training.folder} holds a training with other settings ({', '.join(differing)}): "
            "give the same ones to go on with it, or name another --run"
        )
    try:
        state.restore(left)
    except (KeyError, ValueError, RuntimeError) as error:  # altered, or by another version
        raise UserError(
            f"the saved state in {training.folder / 'resume'} does not fit the network: delete "
            f"{training.folder} to start from the beginning"
        ) from error


def _save(training: Training, state: _State) -> None:
    resume = ResumeState(step=state.step, settings=training.settings, tensors=state.tensors())
    save_resume(training.folder, resume)
