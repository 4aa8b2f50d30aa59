"""From photos and an untrained network to a finished run folder: what all trainings share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from plumbing.command import UserError
from plumbing.progress import console
from teacher.networks.registry import Network
from teacher.networks.settings import settings_of
from teacher.runs.folder import git_commit, save_run
from teacher.runs.record import RunRecord, read_record
from teacher.training.data import Photos
from teacher.training.feed import Batch
from teacher.training.loop import Objective, Trainer, TrainingRun
from teacher.training.validation import measure, side_by_side


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
    """Train a network and write its run folder; a run that is finished already is kept.

    Args:
        run: The command's settings.
        photos: Photos to train and validate on.
        network: With initial weights.
        objective: What to minimise.
        batch_at: Returns the batch of a step.
        extra_settings: Further settings that determine the result.
        finish: Turns the trained network into the one to write: folds what only training needs.

    Raises:
        UserError: The folder holds a run with other settings.
    """
    record = describe(run, photos, network, extra_settings)
    if finished_for_all(run, record):
        return
    trainer = Trainer(
        run,
        network,
        objective,
        batch_at,
        settings=record.settings,
        validate=lambda trained: measure(trained, photos.validation),
        pictures=lambda trained: side_by_side(trained, photos.validation),
    )
    record = replace(record, metrics=trainer.fit())
    if run.processes.first:
        _write(run.folder, finish(network), record, photos)


def describe(
    run: TrainingRun, photos: Photos, network: Network, extra_settings: dict[str, Any]
) -> RunRecord:
    """Record what is known before the training: everything that determines its result.

    Args:
        run: The command's settings.
        photos: Photos to train and validate on.
        network: What is trained.
        extra_settings: Further settings that determine the result.
    """
    data = {"fingerprint": photos.store.fingerprint, "photos": photos.store.file_count}
    settings = {
        "network": {"name": network.name, **settings_of(network.config)},
        "recipe": run.recipe.recorded,
        "seed": run.seed,
        "data": data,
        **photos.settings,
        **extra_settings,
    }
    return RunRecord(
        network=network.name,
        network_config=settings_of(network.config),
        settings=json.loads(json.dumps(settings)),  # as read back: JSON has no tuples
        git_commit=git_commit(),
        data=data,
    )


def finished_for_all(run: TrainingRun, record: RunRecord) -> bool:
    """Let the first process find out whether the run of a record is finished already.

    Raises:
        UserError: It is finished, with other settings, or this process has other photos.
    """
    if run.processes.from_first(lambda: _finished(run.folder, record.settings)):
        return True
    if run.processes.from_first(lambda: record.data) != record.data:
        raise UserError("the photos here are not those of the first machine: copy them again")
    return False


def _finished(folder: Path, settings: dict[str, Any]) -> bool:
    """Whether the run is finished already; if not, make its folder.

    Raises:
        UserError: It is finished, with other settings.
    """
    if not (folder / "run.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        return False
    finished = read_record(folder).settings
    differing = sorted(
        name for name in {*finished, *settings} if finished.get(name) != settings.get(name)
    )
    if differing:
        raise UserError(
            f"{folder} holds a finished run with other settings ({', '.join(differing)}): "
            "name another --run, or delete it"
        )
    console.print(f"{folder} is finished already; delete it to train again")
    return True


def _write(folder: Path, network: Network, record: RunRecord, photos: Photos) -> None:
    """Write the report, the weights and, last, the record; print the result."""
    from teacher.training.report import write_report  # slow to import, and not needed before

    write_report(folder, side_by_side(network, photos.validation))
    save_run(folder, network, record)
    _print_result(folder, record.metrics)


def _print_result(folder: Path, metrics: dict[str, float]) -> None:
    figures = ", ".join(f"{name.split('/')[-1]} {value:.4g}" for name, value in metrics.items())
    console.print(f"wrote {folder} ({figures or 'not validated'})")
    if metrics and metrics["validation/psnr"] < metrics["validation/bicubic_psnr"]:
        console.print(
            "WARNING: its validation PSNR is below bicubic's: train for more steps, or, after many "
            "steps, with a lower learning rate or another --seed (a network can die early on)",
            style="bold yellow",
        )
