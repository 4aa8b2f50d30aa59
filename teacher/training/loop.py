"""The project's only training loop: resumable, averaged, logged, on any number of processes.

A batch depends only on the seed and the number of its step, so that a training that was killed and
started again sees the batches it would have seen, and ends with the same weights. Several processes
share each batch, and end with the weights that a single process would have.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from plumbing.command import UsageError, UserError, continuing
from plumbing.progress import console, progress_bar
from teacher.networks.dropout import dropouts
from teacher.networks.registry import Network
from teacher.recipes.schedule import Schedule
from teacher.runs.folder import ResumeState, read_resume, save_resume
from teacher.training.feed import Batch, Feed
from teacher.training.logbook import Logbook
from teacher.training.processes import Processes
from teacher.training.speed import Speed
from teacher.training.step import Step
from teacher.training.stopping import StopRequest

_REPORTED_WAIT_SECONDS = 1.0

Objective = Callable[[Network, Batch], dict[str, Tensor]]
"""Returns the terms of the loss by name; their sum is minimised."""
Watch = Callable[[Mapping[str, float]], None]
"""Receives the metrics of each validation; an exception that it raises ends the training."""


def unwatched(metrics: Mapping[str, float]) -> None:
    """Ignore the metrics."""


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """The settings that all training commands share."""

    folder: Path
    """Run folder."""
    recipe: Schedule
    """How to train."""
    seed: int
    """Determines the initial weights, every crop, and what dropout drops."""
    checkpoint_seconds: float
    """Seconds between checkpoints: how much work a killed training may lose."""
    processes: Processes = field(default_factory=Processes)
    """The processes that train together; only the first one writes and validates."""
    speed: Speed = field(default_factory=Speed)
    """Number formats and compilation."""
    watch: Watch = unwatched
    """Observer of the validations."""

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**63:
            raise UsageError(f"--seed must be 0 to 2^63 - 1, got {self.seed}")
        if not self.checkpoint_seconds >= 0.0:
            raise UsageError(
                f"--checkpoint-seconds must be at least 0, got {self.checkpoint_seconds}"
            )


def _no_pictures(network: Network) -> dict[str, Tensor]:
    return {}


class Trainer:
    """One training of one network, from its initial weights or from a checkpoint to its end.

    Attributes:
        network: The network; holds the averaged weights after `fit`.
        step: Number of steps done.
    """

    def __init__(
        self,
        run: TrainingRun,
        network: Network,
        objective: Objective,
        batch_at: Callable[[int], Batch],
        *,
        settings: dict[str, Any],
        validate: Callable[[Network], dict[str, float]],
        pictures: Callable[[Network], dict[str, Tensor]] = _no_pictures,
    ) -> None:
        """Put the network on its device and prepare its optimiser.

        Args:
            run: Where and how to train.
            network: With initial weights, the same in every process.
            objective: What to minimise: means over the batch.
            batch_at: Returns the batch of a step, of all processes together, on any device; it must
                depend only on the step.
            settings: All that determines the result: a stopped training only resumes with equal
                settings.
            validate: Measures the network now and then; may return no metrics.
            pictures: Returns pictures to log with every validation, (3, height, width) in [0, 1].

        Raises:
            UserError: The processes cannot share the batch equally.
        """
        recipe, processes, speed = run.recipe, run.processes, run.speed
        for batch in recipe.batches:
            if batch % processes.count:
                raise UserError(
                    f"a batch of {batch} crops cannot be shared equally by {processes.count} "
                    f"processes: give a --batch that makes it a multiple of {processes.count}"
                )
        self._run, self._batch_at, self._settings = run, batch_at, settings
        self._measure, self._pictures = validate, pictures
        self.step = self._saved_step = 0
        speed.placed(network, processes.device)
        self.network = network.train()
        self._averaged = copy.deepcopy(network).eval().requires_grad_(False)
        self._optimizer = recipe.make_optimizer(network)
        self._dropouts = dropouts(network)
        loss = _Loss(run, network, objective)
        if speed.compiles(processes.device):
            for dropout in self._dropouts:
                dropout.leave_uncompiled()
            loss.compile(dynamic=False)  # each stage has one shape, and is worth its own kernels
        self._step = Step(
            loss=processes.parallel(loss),
            network=network,
            averaged=self._averaged,
            optimizer=self._optimizer,
            schedule=recipe,
            # A recording would replay the same random numbers: dropout draws them on the CPU.
            graphs=not self._dropouts and speed.records(processes.device, processes.count),
        )

    def fit(self) -> dict[str, float]:
        """Train, or resume a training that was stopped.

        Returns:
            The metrics of the last validation; empty in all processes but the first.
            `network` holds the averaged weights, on the CPU, in evaluation mode.

        Raises:
            UserError: The folder holds a training with other settings, or the loss is no longer
                finite (the last good checkpoint is kept).
            KeyboardInterrupt: After a checkpoint was written; the message says how to continue.
        """
        processes = self._run.processes
        checkpoint = processes.from_first(self._read_checkpoint)
        if checkpoint is not None:
            self._restore(checkpoint)
        with (
            continuing(self._how_to_continue),
            closing(Logbook(self._run.folder, self.step, writes=processes.first)) as logbook,
        ):
            self._train(logbook)
            self.network.load_state_dict(self._averaged.state_dict())
            self.network.cpu().eval()
            return self._validate(self.network, logbook)

    def _train(self, logbook: Logbook) -> None:
        recipe, processes = self._run.recipe, self._run.processes
        validate_every = max(1, recipe.steps // 10)
        log_every = max(1, min(50, recipe.steps // 20))
        saved = time.monotonic()
        feed = Feed(self._batch_at, self.step, recipe.steps)
        with progress_bar() as progress, StopRequest() as stop:
            task = progress.add_task("training", total=recipe.steps, completed=self.step, note="")
            progress.update(task, visible=processes.first)
            for batch in feed:
                for dropout in self._dropouts[:1]:  # all share one generator of masks
                    dropout.masks.begin(
                        self._run.seed, self.step, rank=processes.rank, processes=processes.count
                    )
                terms = self._step([processes.share(layer) for layer in batch], self.step)
                self.step += 1
                progress.update(task, completed=self.step)
                late = time.monotonic() - saved > self._run.checkpoint_seconds
                stopping, late = processes.any(stop.asked, late)
                saving = late or stopping or self.step == recipe.steps
                if saving or self.step % log_every == 0:
                    values = self._finite(terms)
                    schedule = recipe.logged(self.step - 1)
                    logbook.scalars(self.step, {**values, **schedule, **feed.logged()})
                    progress.update(task, note=f"loss {values['loss']:.4f}")
                if self.step % validate_every == 0 and self.step < recipe.steps:
                    self._validate(self._averaged, logbook)
                if saving:
                    self._save()
                    saved = time.monotonic()
                if stopping:
                    raise KeyboardInterrupt
        if processes.first and feed.seconds > _REPORTED_WAIT_SECONDS:
            console.print(f"waited for crops {feed.waiting_share:.1%} of the time")

    def _finite(self, terms: Mapping[str, Tensor]) -> dict[str, float]:
        """Read the terms of the loss, averaged over all processes; check them before a save.

        Not at every step: reading a number makes a GPU wait. A value that was not finite once stays
        so in the moving average and in the optimiser's averages.
        """
        weights = torch.stack([weight.abs().sum() for weight in self._averaged.parameters()]).sum()
        everything = torch.stack([term.detach().float() for term in (*terms.values(), weights)])
        *means, size, _ = numbers = self._run.processes.mean(everything).tolist()
        if not all(map(math.isfinite, numbers)):
            raise UserError(
                f"the loss is {sum(means)} at step {self.step - 1}: lower --learning-rate, delete "
                f"{self._run.folder} and start again (the last good checkpoint was kept there); "
                f"the norm of the gradient is {size}"
            )
        names = [f"loss/{name}" for name in terms if name != "gradient"]
        return {**dict(zip(names, means, strict=True)), "loss": sum(means), "gradient": size}

    def _validate(self, network: Network, logbook: Logbook) -> dict[str, float]:
        if not self._run.processes.first:
            return {}
        metrics = self._measure(network)
        self._run.watch(metrics)
        logbook.scalars(self.step, metrics)
        logbook.pictures(self.step, self._pictures(network))
        return metrics

    def _how_to_continue(self) -> str:
        stopped = f"interrupted at step {self.step} of {self._run.recipe.steps}"
        if self._saved_step == 0:
            return f"{stopped}, before the first checkpoint: the same command starts again"
        place = "there" if self._saved_step == self.step else f"step {self._saved_step}"
        return f"{stopped}: the same command continues from {place}"

    def _read_checkpoint(self) -> ResumeState | None:
        folder, settings = self._run.folder, self._settings
        checkpoint = read_resume(folder)
        if checkpoint is not None and checkpoint.settings != settings:
            differing = sorted(
                name
                for name in {*checkpoint.settings, *settings}
                if checkpoint.settings.get(name) != settings.get(name)
            )
            raise UserError(
                f"{folder} holds a training with other settings ({', '.join(differing)}): give the "
                "same settings to resume it, or name another --run"
            )
        return checkpoint

    def _save(self) -> None:
        if not self._run.processes.first:
            self._saved_step = self.step
            return
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        for name, tensor in self._averaged.state_dict().items():
            tensors[f"averaged.{name}"] = tensor
        for index, slots in self._optimizer.state_dict()["state"].items():
            for slot, tensor in slots.items():
                tensors[f"optimizer.{index}.{slot}"] = tensor
        state = ResumeState(step=self.step, settings=self._settings, tensors=tensors)
        save_resume(self._run.folder, state)
        self._saved_step = self.step

    def _restore(self, checkpoint: ResumeState) -> None:
        """Load what `_save` wrote."""
        try:
            slots: dict[int, dict[str, Tensor]] = {}
            weights: dict[str, dict[str, Tensor]] = {"network": {}, "averaged": {}}
            for name, tensor in checkpoint.tensors.items():
                owner, rest = name.split(".", 1)
                if owner == "optimizer":
                    index, slot = rest.split(".")
                    slots.setdefault(int(index), {})[slot] = tensor
                else:
                    weights[owner][rest] = tensor
            self.network.load_state_dict(weights["network"])
            self._averaged.load_state_dict(weights["averaged"])
            content = self._optimizer.state_dict()
            self._optimizer.load_state_dict({**content, "state": slots})
            self.step = self._saved_step = checkpoint.step
        except (KeyError, ValueError, RuntimeError) as error:  # altered, or of another version
            raise UserError(
                f"the saved state in {self._run.folder / 'resume'} does not fit the network: "
                f"delete {self._run.folder} to start from the beginning"
            ) from error


class _Loss(nn.Module):
    """The objective as a module, which can be compiled and run in parallel."""

    def __init__(self, run: TrainingRun, network: Network, objective: Objective) -> None:
        super().__init__()
        self.network = network
        self._objective = objective
        self._device = run.processes.device
        self._bf16 = run.speed.uses_bf16(self._device)

    def forward(self, *batch: Tensor) -> dict[str, Tensor]:
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._bf16):
            return self._objective(self.network, batch)
