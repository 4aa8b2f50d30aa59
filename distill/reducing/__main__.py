"""Train a reducer: a network that makes photos smaller in place of a filter, for a student.

Publishing runs it (`--filters trained`), readers download nothing of it, and the student restores
more of its files. A stopped training continues from its last checkpoint when the command is given
again. It takes some ten minutes of one CPU core.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import torch
import tyro
from rich.console import Console

from distill.reducing.objective import ThroughStudent
from distill.sources import BatchSource, mixed_batches
from distill.tuning import open_student
from pixels.quality.psnr_ssim import compare
from pixels.scale import shave_px
from pixels.tensors import to_bytes, to_float
from plumbing.command import run_command
from plumbing.threads import use_threads
from teacher.enlarging.network import network_enlarger
from teacher.networks.chain import Chain
from teacher.networks.registry import Network
from teacher.recipes.stages import Stage, StagedRecipe
from teacher.reducing.network import Reducer
from teacher.reducing.weights import ReducerConfig
from teacher.runs.folder import save_run
from teacher.runs.record import read_record
from teacher.training.data import (
    DataConfig,
    Photos,
    PhotosConfig,
    prepare_photos,
    require_crops,
)
from teacher.training.loop import Trainer, TrainingRun
from teacher.training.processes import joined_processes
from teacher.training.run import describe, finished_for_all
from teacher.training.speed import Speed

_STAGE = Stage(
    share=1.0, learning_rate=3e-3, batch=8, crop_px=64, ssimulacra2=0.01, colorvideovdp=0.003
)
_RECIPE = StagedRecipe(
    steps=1500, stage1=_STAGE, stage2=replace(_STAGE, share=0.0), stage3=replace(_STAGE, share=0.0)
)


@dataclass(frozen=True, kw_only=True)
class ReducingConfig:
    """Settings of `python -m distill.reducing`."""

    run: Path
    """Run folder to write: weights, record, checkpoints and TensorBoard events."""
    student: Path
    """Run folder, or name, of the student in floats that restores what is reduced; it is not
    changed."""
    photos: tyro.conf.OmitArgPrefixes[PhotosConfig] = field(default_factory=PhotosConfig)
    channels: int = ReducerConfig.channels
    """Feature maps of every convolution but the last."""
    body: int = ReducerConfig.body
    """Number of convolutions between the first and the last one."""
    nearness: float = 0.2
    """Weight of the squared distance from bicubic: the smaller, the more pixels move, and the more
    bytes their files take."""
    recipe: Annotated[StagedRecipe, tyro.conf.arg(name="")] = _RECIPE
    seed: int = 0
    """Determines the fresh weights and every crop."""
    checkpoint_seconds: float = 30.0
    """Seconds between checkpoints: how much work a killed training can lose."""
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)

    def __post_init__(self) -> None:
        ReducerConfig(channels=self.channels, body=self.body)  # to fail before photos are read
        if not self.nearness >= 0.0:
            raise ValueError(f"nearness must be at least 0, got {self.nearness}")
        if any(stage.teacher for stage in self.recipe.stages):
            raise ValueError("a reducer learns from the photos alone: leave the teacher's weight 0")
        if self.student.resolve() == self.run.resolve():
            raise ValueError(f"--run must not be the student's own folder {self.student}")


def train_reducer(config: ReducingConfig) -> None:
    """Train a reducer and write its run folder, unless the run is finished already.

    Raises:
        UserError: A folder cannot be used, or `run` holds a run with other settings.
    """
    with joined_processes() as processes:
        use_threads(config.speed.threads, shared_by=processes.local_count)
        student = open_student(config.student, "--student")
        run = TrainingRun(
            folder=config.run,
            recipe=config.recipe,
            seed=config.seed,
            checkpoint_seconds=config.checkpoint_seconds,
            processes=processes,
            speed=config.speed,
        )
        photos = processes.in_turn(lambda: _prepared(config, student))
        torch.manual_seed(config.seed)
        shape = ReducerConfig(channels=config.channels, body=config.body, scale=1 / student.scale)
        reducer = Reducer(shape)
        extra = {
            "student": read_record(config.student).weights_sha256,
            "nearness": config.nearness,
        }
        # What trains networks asks no more of them than a reducer has.
        record = describe(run, photos, cast(Network, reducer), extra)
        if finished_for_all(run, record):
            return
        source = BatchSource(
            name="truth", store=photos.store, small=photos.input, truth="full", taught=None
        )
        trainer = Trainer(
            run,
            cast(Network, reducer),
            ThroughStudent(student, nearness=config.nearness),
            mixed_batches(
                config.recipe,
                [source.moved_to(processes.device)],
                teacher_only_share=0.0,
                seed=config.seed,
            ),
            settings=record.settings,
            validate=lambda trained: _measured(cast(Reducer, trained), student, photos),
        )
        metrics = trainer.fit()
        if processes.first:
            save_run(config.run, reducer, replace(record, metrics=metrics))
            _print_result(config.run, metrics)


def _prepared(config: ReducingConfig, student: Chain) -> Photos:
    for stage in config.recipe.stages:
        require_crops(stage.crop_px, student.scale)
    return prepare_photos(
        DataConfig(**vars(config.photos)),
        scale=student.scale,
        crop_px=config.recipe.largest_crop_px,
        stores=config.run.parent / "stores",
    )


def _measured(reducer: Reducer, student: Chain, photos: Photos) -> dict[str, float]:
    """Average the PSNR of what the student restores, from both ways to reduce; nothing is coded."""
    if not photos.validation:
        return {}
    enlarge, shave = network_enlarger(student), shave_px(student.scale)
    device = next(reducer.parameters()).device
    means = []
    for reduced, photo in photos.validation:
        with torch.inference_mode():
            made = to_bytes(reducer(to_float(photo).to(device), to_float(reduced).to(device)))
        means.append(
            [compare(enlarge(small), photo, shave_px=shave).psnr for small in (reduced, made)]
        )
    bicubic, trained = np.mean(means, axis=0)
    return {"validation/psnr": float(trained), "validation/bicubic_psnr": float(bicubic)}


def _print_result(folder: Path, metrics: dict[str, float]) -> None:
    figures = ""
    if metrics:
        figures = (
            f": what the student restores has {metrics['validation/psnr']:.2f} dB, "
            f"{metrics['validation/bicubic_psnr']:.2f} dB after bicubic, before any encoding"
        )
    Console().print(f"wrote {folder}{figures}", soft_wrap=True)


if __name__ == "__main__":
    run_command(ReducingConfig, train_reducer)
