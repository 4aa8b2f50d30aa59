"""What every training command does around `fit`: photos in, a finished run folder out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from pixels.color import to_float
from pixels.quality.psnr_ssim import compare
from pixels.resize import Pair, resize
from plumbing.command import UsageError, UserError
from plumbing.progress import console
from teacher.enlarging.runner import network_enlarger
from teacher.networks.registry import Network
from teacher.runs.folder import RunRecord, git_commit, read_record, save_run
from teacher.training.data import Photos
from teacher.training.loop import AnyRecipe, Batch, Objective, Training, fit
from teacher.training.processes import Processes
from teacher.training.speed import Speed

_SHOWN_PHOTOS = 3


Watch = Callable[[Mapping[str, float]], None]
"""Is told the metrics of each validation; what it raises ends the training."""


def unwatched(metrics: Mapping[str, float]) -> None:
    """Take no notice."""


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """The settings that all training commands share."""

    folder: Path
    """Run folder."""
    recipe: AnyRecipe
    """How to train."""
    seed: int
    """Decides the fresh weights and every crop."""
    checkpoint_seconds: float
    """How often the state is saved."""
    processes: Processes = field(default_factory=Processes)
    """Who trains together."""
    speed: Speed = field(default_factory=Speed)
    """Number formats and compilation."""
    watch: Watch = unwatched
    """Who else looks at the validations."""

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**63:
            raise UsageError(f"--seed must be 0 to 2^63 - 1, got {self.seed}")
        if not self.checkpoint_seconds >= 0.0:
            raise UsageError(
                f"--checkpoint-seconds must be at least 0, got {self.checkpoint_seconds}"
            )


def train_and_save(
    run: TrainingRun,
    photos: Photos,
    network: Network,
    objective: Objective,
    batch_at: Callable[[int], Batch],
    *,
    extra_settings: dict[str, Any],
    finish: Callable[[Network], Network] = lambda network: network,
) -> None:
    """Train a network and write its run folder; where it is written already, say so.

    Args:
        run: The command's settings.
        photos: What to train and measure on.
        network: With fresh weights.
        objective: What to minimise.
        batch_at: Gives the batch of a step.
        extra_settings: Further settings that decide the result.
        finish: Turns the trained network into the one to write: folds what only training needs.

    Raises:
        UserError: The folder holds a run with other settings.
    """
    record = _describe(run, photos, network, extra_settings)
    if _finished_for_all(run, record):
        return
    training = Training(
        network=network,
        recipe=run.recipe,
        batch_at=batch_at,
        objective=objective,
        validate=lambda trained: _watched(run, trained, photos.validation),
        folder=run.folder,
        settings=record.settings,
        checkpoint_seconds=run.checkpoint_seconds,
        seed=run.seed,
        pictures=lambda trained: side_by_side(trained, photos.validation),
        processes=run.processes,
        speed=run.speed,
    )
    record = replace(record, metrics=fit(training))
    if run.processes.first:
        _write(run.folder, finish(network), record, photos)


def measure(network: Network, pairs: Sequence[Pair]) -> dict[str, float]:
    """Average PSNR and SSIM over validation pairs; nothing where there are none."""
    if not pairs:
        return {}
    enlarge, scale = network_enlarger(network), network.scale
    qualities = [compare(enlarge(reduced), original, shave_px=scale) for reduced, original in pairs]
    plain = [
        compare(resize(reduced, original.shape[:2]), original, shave_px=scale)
        for reduced, original in pairs
    ]
    return {
        "validation/psnr": float(np.mean([quality.psnr for quality in qualities])),
        "validation/ssim": float(np.mean([quality.ssim for quality in qualities])),
        "validation/bicubic_psnr": float(np.mean([quality.psnr for quality in plain])),
    }


def _watched(run: TrainingRun, network: Network, pairs: Sequence[Pair]) -> dict[str, float]:
    metrics = measure(network, pairs)
    run.watch(metrics)
    return metrics


def side_by_side(network: Network, pairs: Sequence[Pair]) -> dict[str, Tensor]:
    """Show what became of the first validation photos.

    Returns:
        `NUMBER/KIND` to (3, height, width) in [0, 1], of equal size; kinds are input (its pixels
        repeated), bicubic, network and truth.
    """
    enlarge = network_enlarger(network)
    pictures = {}
    for number, (reduced, original) in enumerate(pairs[:_SHOWN_PHOTOS], start=1):
        repeated = reduced.repeat(network.scale, axis=0).repeat(network.scale, axis=1)
        kinds = {
            "input": repeated,
            "bicubic": resize(reduced, original.shape[:2]),
            "network": enlarge(reduced),
            "truth": original,
        }
        for kind, picture in kinds.items():
            pictures[f"{number}/{kind}"] = to_float(picture)[0]
    return pictures


def _describe(
    run: TrainingRun, photos: Photos, network: Network, extra_settings: dict[str, Any]
) -> RunRecord:
    """Write down what is known before the training: all that decides its result."""
    data = {"fingerprint": photos.store.fingerprint, "photos": photos.store.file_count}
    settings = {
        "network": {"name": network.name, **asdict(network.config)},
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "data": data,
        **photos.settings,
        **extra_settings,
    }
    return RunRecord(
        network=network.name,
        network_config=asdict(network.config),
        settings=json.loads(json.dumps(settings)),  # as read back: JSON knows no tuples
        git_commit=git_commit(),
        data=data,
    )


def _write(folder: Path, network: Network, record: RunRecord, photos: Photos) -> None:
    """Write what the training made, the run's record last, and say so."""
    from teacher.training.report import write_report  # slow to import, and not needed before

    write_report(folder, side_by_side(network, photos.validation))
    save_run(folder, network, record)
    _tell(folder, record.metrics)


def _tell(folder: Path, metrics: dict[str, float]) -> None:
    figures = ", ".join(f"{name.split('/')[-1]} {value:.4g}" for name, value in metrics.items())
    console.print(f"wrote {folder} ({figures or 'not validated'})")
    if metrics and metrics["validation/psnr"] < metrics["validation/bicubic_psnr"]:
        console.print(
            "WARNING: it is worse than bicubic there: train for more steps, or, if it had many, "
            "with a lower learning rate or another --seed (a network can die early on)",
            style="bold yellow",
        )


def _finished_for_all(run: TrainingRun, record: RunRecord) -> bool:
    """Let the first process say whether the run is there already.

    Raises:
        UserError: It is there, with other settings, or this process has other photos.
    """
    if run.processes.from_first(lambda: _finished(run.folder, record.settings)):
        return True
    if run.processes.from_first(lambda: record.data) != record.data:
        raise UserError("the photos here are not those of the first machine: copy them again")
    return False


def _finished(folder: Path, settings: dict[str, Any]) -> bool:
    """Whether the run is there already; if not, make its folder.

    Raises:
        UserError: It is there, with other settings.
    """
    if not (folder / "run.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        return False
    there = read_record(folder).settings
    differing = sorted(
        name for name in {*there, *settings} if there.get(name) != settings.get(name)
    )
    if differing:
        raise UserError(
            f"{folder} holds a finished run with other settings ({', '.join(differing)}): "
            "name another --run, or delete it"
        )
    console.print(f"{folder} is finished already; delete it to train again")
    return True
