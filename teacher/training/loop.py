"""The project's only training loop: resumable, averaged, logged, on any number of processes.

A batch depends on the seed and the number of its step alone, so that a training that was killed
and started again sees what it would have seen, and ends with the same weights. With several
processes each takes its share of the same batch, and ends with the weights of one process alone.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from rich.progress import Progress, TaskID
from torch import Tensor, nn

from plumbing.command import UserError
from plumbing.progress import console, progress_bar
from teacher.networks.dropout import Dropout
from teacher.networks.flipboard import Flipboard
from teacher.networks.registry import Network
from teacher.recipes.flipboard import FlipboardRecipe
from teacher.recipes.recipe import Recipe
from teacher.recipes.stages import StagedRecipe
from teacher.runs.folder import ResumeState, read_resume, save_resume
from teacher.training.feed import Feed
from teacher.training.logbook import Logbook
from teacher.training.processes import Processes
from teacher.training.speed import Speed
from teacher.training.step import Step
from teacher.training.stopping import StopRequest

_WORTH_TELLING_SECONDS = 1.0

Batch = Sequence[Tensor]
Objective = Callable[[Network, Batch], dict[str, Tensor]]
"""Gives the terms of the loss by name; their sum is what is minimised."""
AnyRecipe = Recipe | StagedRecipe | FlipboardRecipe


def _no_pictures(network: Network) -> dict[str, Tensor]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Training:
    """All that `fit` needs to know."""

    network: Network
    """With fresh weights, the same in every process; `fit` leaves the averaged ones in it."""
    recipe: AnyRecipe
    """How to train it."""
    batch_at: Callable[[int], Batch]
    """Gives the batch of a step, of all processes together, on any device; it must depend on the
    step alone."""
    objective: Objective
    """What to minimise: means over the batch."""
    validate: Callable[[Network], dict[str, float]]
    """Measures the network now and then; may give nothing."""
    folder: Path
    """The run folder."""
    settings: dict[str, Any]
    """Whatever decides the result: a stopped training goes on only if these are the same."""
    checkpoint_seconds: float
    """How much work may be lost when the training is killed."""
    seed: int = 0
    """Decides what dropout drops."""
    pictures: Callable[[Network], dict[str, Tensor]] = _no_pictures
    """Gives pictures to look at beside every validation, (3, height, width) in [0, 1]."""
    processes: Processes = field(default_factory=Processes)
    """Who trains together; only the first one writes and measures."""
    speed: Speed = field(default_factory=Speed)
    """Number formats and compilation."""


class _Loss(nn.Module):
    """The objective as a module, which is what can be compiled and run in parallel."""

    def __init__(self, training: Training, network: Network) -> None:
        super().__init__()
        self.network = network
        self._objective = training.objective
        self._device = training.processes.device
        self._bf16 = training.speed.uses_bf16(self._device)

    def forward(self, *batch: Tensor) -> dict[str, Tensor]:
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._bf16):
            return self._objective(self.network, batch)


class _State:
    """What changes from step to step."""

    def __init__(self, training: Training) -> None:
        self.device = training.processes.device
        self.step = 0
        training.speed.placed(training.network, self.device)
        self.network = training.network.train()
        self.averaged = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = training.recipe.make_optimizer(self.network)
        loss = _Loss(training, self.network)
        if training.speed.compiles(self.device):
            for part in self.network.modules():
                if isinstance(part, Dropout):
                    part.leave_uncompiled()
            loss.compile(dynamic=False)  # each stage has one shape, and is worth its own kernels
        self.work = Step(
            loss=training.processes.parallel(loss),
            network=self.network,
            averaged=self.averaged,
            optimizer=self.optimizer,
            recipe=training.recipe,
            graphs=_records(training),
        )

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
        The last validation's metrics; nothing in other processes than the first.
        `training.network` holds the averaged weights, on the CPU, in evaluation mode.

    Raises:
        UserError: The folder holds a training with other settings, the loss is not finite any
            more (the last good checkpoint is kept), or the batch cannot be shared out.
        KeyboardInterrupt: After a checkpoint was written.
    """
    processes, recipe = training.processes, training.recipe
    for batch in recipe.batches:
        if batch % processes.count:
            raise UserError(
                f"a batch of {batch} crops cannot be shared out to {processes.count} processes: "
                f"give a --batch that makes it a multiple of {processes.count}"
            )
    left = processes.from_first(lambda: _read_same(training))
    state = _State(training)
    if left is not None:
        _restore(training, state, left)
    with closing(Logbook(training.folder, state.step, writes=processes.first)) as logbook:
        with progress_bar() as progress:
            task = progress.add_task("training", total=recipe.steps, completed=state.step, note="")
            progress.update(task, visible=processes.first)
            _run(training, state, logbook, progress, task)
        training.network.load_state_dict(state.averaged.state_dict())
        training.network.cpu().eval()
        return _validate(training, training.network, state.step, logbook)


def _run(
    training: Training, state: _State, logbook: Logbook, progress: Progress, task: TaskID
) -> None:
    recipe, processes = training.recipe, training.processes
    measure_every = max(1, recipe.steps // 10)
    log_every = max(1, min(50, recipe.steps // 20))
    saved = time.monotonic()
    terms: Mapping[str, Tensor] = {}
    feed = Feed(training.batch_at, state.step, recipe.steps)
    with StopRequest() as stop:
        for batch in feed:
            terms = _step(state, training, batch)
            progress.update(task, completed=state.step)
            late = time.monotonic() - saved > training.checkpoint_seconds
            stopping, late = processes.any(stop.asked, late)
            saving = late or stopping or state.step == recipe.steps
            if saving or state.step % log_every == 0:
                values = _finite(training, state, terms)
                logbook.scalars(
                    state.step, {**values, **recipe.logged(state.step - 1), **feed.logged()}
                )
                progress.update(task, note=f"loss {values['loss']:.4f}")
            if state.step % measure_every == 0 and state.step < recipe.steps:
                _validate(training, state.averaged, state.step, logbook)
            if saving:
                _save(training, state)
                saved = time.monotonic()
            if stopping:
                raise KeyboardInterrupt
    if processes.first and feed.seconds > _WORTH_TELLING_SECONDS:
        console.print(f"waited for crops {feed.waiting_share:.1%} of the time")


def _records(training: Training) -> bool:
    """Whether steps are recorded as CUDA graphs: where nothing in a step is decided outside it."""
    if isinstance(training.network, Flipboard):  # what is dropped is drawn on the CPU
        return False
    return training.speed.records(training.processes.device, training.processes.count)


def _step(state: _State, training: Training, batch: Batch) -> Mapping[str, Tensor]:
    """Do one step; the terms of the loss come back with the size of the gradient."""
    processes = training.processes
    if isinstance(state.network, Flipboard):
        state.network.chances.begin(
            training.seed, state.step, rank=processes.rank, processes=processes.count
        )
    terms = state.work([processes.share(layer) for layer in batch], state.step)
    state.step += 1
    return terms


def _finite(training: Training, state: _State, terms: Mapping[str, Tensor]) -> dict[str, float]:
    """Read the terms of the loss, averaged over all processes, before anything is saved.

    Not at every step: reading a number makes a GPU wait. What was not finite once stays so, by
    the moving average and the optimiser's own averages.
    """
    weights = torch.stack([weight.abs().sum() for weight in state.averaged.parameters()]).sum()
    everything = torch.stack([term.detach().float() for term in (*terms.values(), weights)])
    *means, size, _ = found = training.processes.mean(everything).tolist()
    if not all(map(math.isfinite, found)):
        raise UserError(
            f"the loss is {sum(means)} at step {state.step - 1}: lower --learning-rate, delete "
            f"{training.folder} and start again (the last good checkpoint was kept there); its "
            f"gradient's size is {size}"
        )
    names = [f"loss/{name}" for name in terms if name != "gradient"]
    return {**dict(zip(names, means, strict=True)), "loss": sum(means), "gradient": size}


def _validate(
    training: Training, network: Network, step: int, logbook: Logbook
) -> dict[str, float]:
    if not training.processes.first:
        return {}
    metrics = training.validate(network)
    logbook.scalars(step, metrics)
    logbook.pictures(step, training.pictures(network))
    return metrics


def _read_same(training: Training) -> ResumeState | None:
    left = read_resume(training.folder)
    here = training.settings
    if left is not None and left.settings != here:
        differing = sorted(
            name for name in {*left.settings, *here} if left.settings.get(name) != here.get(name)
        )
        raise UserError(
            f"{training.folder} holds a training with other settings ({', '.join(differing)}): "
            "give the same ones to go on with it, or name another --run"
        )
    return left


def _restore(training: Training, state: _State, left: ResumeState) -> None:
    try:
        state.restore(left)
    except (KeyError, ValueError, RuntimeError) as error:  # altered, or by another version
        raise UserError(
            f"the saved state in {training.folder / 'resume'} does not fit the network: delete "
            f"{training.folder} to start from the beginning"
        ) from error


def _save(training: Training, state: _State) -> None:
    if training.processes.first:
        resume = ResumeState(step=state.step, settings=training.settings, tensors=state.tensors())
        save_resume(training.folder, resume)
