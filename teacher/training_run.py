"""What every training command does around `fit`: photos in, a finished run folder out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pixels.command import UsageError, UserError
from pixels.files import ImageError, list_pictures, read_picture
from pixels.metrics import compare, smallest_measurable_px
from pixels.photos import Pair, PhotoStore, held_out, open_or_build_store, reduce_photo
from pixels.progress import console
from teacher.checkpoint import RunRecord, git_commit, read_record, save_run
from teacher.loop import Batch, Objective, Training, fit
from teacher.networks import Network
from teacher.recipe import Recipe
from teacher.runner import network_enlarger

_VALIDATION_PHOTOS = 8
# Validation runs many times in a training: the middle of a photo says enough.
_VALIDATION_PX = 192


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """The settings that all training commands share."""

    folder: Path
    """Run folder."""
    recipe: Recipe
    """How to train."""
    seed: int
    """Decides the fresh weights and every crop."""
    checkpoint_seconds: float
    """How often the state is saved."""

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**63:
            raise UsageError(f"--seed must be 0 to 2^63 - 1, got {self.seed}")
        if not self.checkpoint_seconds >= 0.0:
            raise UsageError(
                f"--checkpoint-seconds must be at least 0, got {self.checkpoint_seconds}"
            )


@dataclass(frozen=True, kw_only=True)
class Photos:
    """Photos ready for training."""

    store: PhotoStore
    """What is trained on."""
    validation: list[Pair]
    """What is measured on: reduced and original, cut from the middle; may be empty."""


def prepare_photos(
    run: TrainingRun, photos: Path, validation: Path | None, *, scale: int
) -> Photos:
    """Read the folders that a command names; stores lie beside the run folder.

    Raises:
        UserError: A folder is missing or empty, or no photo in it can be used.
    """
    paths = list_pictures(photos)
    if validation is None:
        measured = [path for path in paths if held_out(path)]
        # A handful of photos may all fall on one side; training needs them more.
        paths = [path for path in paths if path not in measured] or paths
    else:
        measured = list_pictures(validation)
    store = open_or_build_store(
        paths, run.folder.parent / "stores", scale=scale, smallest_px=run.recipe.crop_px
    )
    for entry in store.left_out:
        console.print(f"left out: {entry.reason}", style="yellow")
    pairs = _validation_pairs(measured, scale)
    if not pairs:
        console.print("no validation: no photo to hold out (name some by --validation)")
    return Photos(store=store, validation=pairs)


def crop_batches(
    run: TrainingRun, store: PhotoStore, layers: Sequence[str]
) -> Callable[[int], Batch]:
    """Cut the batch of a step from the layers of a store: uint8 (batch, 3, side, side) each."""

    def batch_at(step: int) -> list[Tensor]:
        rng = np.random.default_rng((run.seed, step))
        crops = store.crops(rng, run.recipe.batch, run.recipe.crop_px, layers)
        return [torch.from_numpy(crop) for crop in crops]

    return batch_at


def train_and_save(
    run: TrainingRun,
    photos: Photos,
    network: Network,
    objective: Objective,
    batch_at: Callable[[int], Batch],
    *,
    extra_settings: dict[str, Any],
) -> None:
    """Train a network and write its run folder; where it is written already, say so.

    Args:
        run: The command's settings.
        photos: What to train and measure on.
        network: With fresh weights.
        objective: What to minimise.
        batch_at: Gives the batch of a step.
        extra_settings: Further settings that decide the result.

    Raises:
        UserError: The folder holds a run with other settings.
    """
    record = _describe(run, photos, network, extra_settings)
    if (run.folder / "run.json").exists():
        _require_same(run.folder, record.settings)
        console.print(f"{run.folder} is finished already; delete it to train again")
        return
    run.folder.mkdir(parents=True, exist_ok=True)
    training = Training(
        network=network,
        recipe=run.recipe,
        batch_at=batch_at,
        objective=objective,
        validate=lambda trained: measure(trained, photos.validation),
        folder=run.folder,
        settings=record.settings,
        checkpoint_seconds=run.checkpoint_seconds,
    )
    record = replace(record, metrics=fit(training))
    save_run(run.folder, network, record)
    _tell(run.folder, record.metrics)


def measure(network: Network, pairs: Sequence[Pair]) -> dict[str, float]:
    """Average PSNR and SSIM over validation pairs; nothing where there are none."""
    if not pairs:
        return {}
    enlarge = network_enlarger(network)
    qualities = [
        compare(enlarge(reduced), original, shave_px=network.scale) for reduced, original in pairs
    ]
    return {
        "validation/psnr": float(np.mean([quality.psnr for quality in qualities])),
        "validation/ssim": float(np.mean([quality.ssim for quality in qualities])),
    }


def _validation_pairs(paths: Sequence[Path], scale: int) -> list[Pair]:
    """Cut the middle out of the first photos that can be read and are large enough."""
    side = _VALIDATION_PX * scale
    pairs: list[Pair] = []
    for path in paths:
        if len(pairs) == _VALIDATION_PHOTOS:
            break
        try:
            photo = read_picture(path).rgb
        except ImageError as error:
            console.print(f"left out: {error}", style="yellow")
            continue
        if min(photo.shape[:2]) < smallest_measurable_px(scale):
            console.print(f"left out: {path} is too small to measure", style="yellow")
            continue
        top, left = (max(0, (length - side) // 2) for length in photo.shape[:2])
        pairs.append(reduce_photo(photo[top : top + side, left : left + side], scale))
    return pairs


def _describe(
    run: TrainingRun, photos: Photos, network: Network, extra_settings: dict[str, Any]
) -> RunRecord:
    """Write down what is known before the training: all that decides its result."""
    data = {"fingerprint": photos.store.fingerprint, "photos": len(photos.store.photos)}
    settings = {
        "network": {"name": network.name, **asdict(network.config)},
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "data": data,
        **extra_settings,
    }
    return RunRecord(
        network=network.name,
        network_config=asdict(network.config),
        settings=settings,
        git_commit=git_commit(),
        data=data,
    )


def _tell(folder: Path, metrics: dict[str, float]) -> None:
    figures = ", ".join(f"{name.split('/')[-1]} {value:.4g}" for name, value in metrics.items())
    console.print(f"wrote {folder} ({figures or 'not validated'})")


def _require_same(folder: Path, settings: dict[str, Any]) -> None:
    there = read_record(folder).settings
    differing = sorted(
        name for name in {*there, *settings} if there.get(name) != settings.get(name)
    )
    if differing:
        raise UserError(
            f"{folder} holds a finished run with other settings ({', '.join(differing)}): "
            "name another --run, or delete it"
        )
