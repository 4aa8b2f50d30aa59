"""Distil a student: train a small network on photos and on a teacher's outputs for them.

The command can be stopped and given again: it goes on from its last checkpoint. Watch it with
`tensorboard --logdir runs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
import tyro

from distill.losses import distillation
from distill.students import StudentConfig
from pixels.command import run_command
from pixels.store import PhotoStore
from teacher.chain import Chain
from teacher.checkpoint import load_network
from teacher.data import DataConfig, crop_batches, prepare_photos
from teacher.networks import Network
from teacher.recipe import Recipe
from teacher.runner import network_enlarger
from teacher.threads import Threads, use_threads
from teacher.training_run import TrainingRun, train_and_save


@dataclass(frozen=True, kw_only=True)
class DistillConfig:
    """Settings of `python -m distill.run`."""

    teacher: Path
    """Run folder of the teacher; its scale is the student's."""
    run: Path
    """Run folder to write: weights, record, checkpoints and TensorBoard events."""
    data: tyro.conf.OmitArgPrefixes[DataConfig] = field(default_factory=DataConfig)
    teacher_weight: float = 0.2
    """Weight of the distance to the teacher's output, beside 1 for the distance to the truth."""
    network: tyro.conf.OmitArgPrefixes[StudentConfig] = field(default_factory=StudentConfig)
    recipe: tyro.conf.OmitArgPrefixes[Recipe] = field(
        default_factory=lambda: Recipe(learning_rate=2e-3)
    )
    seed: int = 0
    """Decides the fresh weights and every crop."""
    checkpoint_seconds: float = 30.0
    """How often the state is saved: how much work a killed training may lose."""
    threads: Threads = None
    """CPU threads; by default all that this process may use."""

    def __post_init__(self) -> None:
        if self.teacher_weight < 0.0:
            raise ValueError(f"teacher-weight must be at least 0, got {self.teacher_weight}")
        if self.teacher.resolve() == self.run.resolve():
            raise ValueError(f"--run must not be the teacher's own folder {self.teacher}")


def add_teacher_layer(
    store: PhotoStore, teacher: Network, weights_sha256: str, source: str = "reduced"
) -> str:
    """Write the teacher's output for every picture of a layer, once; give the new one's name."""
    layer = f"teacher-{weights_sha256[:16]}" + ("" if source == "reduced" else f"-{source}")
    if not store.has_layer(layer):
        store.add_layer(layer, network_enlarger(teacher), "asking the teacher", source)
    return layer


def main(config: DistillConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    teacher, record = load_network(config.teacher)
    student = config.network.chain(teacher.scale)
    run = TrainingRun(
        folder=config.run,
        recipe=config.recipe,
        seed=config.seed,
        checkpoint_seconds=config.checkpoint_seconds,
    )
    photos = prepare_photos(run, config.data, scale=teacher.scale)
    layer = add_teacher_layer(photos.store, teacher, record.weights_sha256, photos.input)
    torch.manual_seed(config.seed)
    train_and_save(
        run,
        photos,
        Chain(student),
        distillation(config.teacher_weight),
        crop_batches(run, photos.store, [photos.input, "full", layer]),
        extra_settings={
            "teacher": record.weights_sha256,
            "teacher_weight": config.teacher_weight,
        },
    )


if __name__ == "__main__":
    run_command(DistillConfig, main)
