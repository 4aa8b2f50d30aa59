"""Train a teacher: a full-size network that doubles photos.

The command can be stopped and given again: it goes on from its last checkpoint. Watch it with
`tensorboard --logdir runs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
import tyro
from torch import Tensor

from pixels.command import run_command
from teacher.loop import Batch
from teacher.networks import Network, Residual, ResidualConfig
from teacher.recipe import Recipe
from teacher.threads import Threads, use_threads
from teacher.training_run import TrainingRun, crop_batches, prepare_photos, train_and_save


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Settings of `python -m teacher.train`."""

    photos: Path
    """Folder of full-resolution training photos."""
    run: Path
    """Run folder to write: weights, record, checkpoints and TensorBoard events."""
    validation: Path | None = None
    """Folder of photos to measure on; without it a tenth of --photos is held out, by content."""
    network: tyro.conf.OmitArgPrefixes[ResidualConfig] = field(default_factory=ResidualConfig)
    recipe: tyro.conf.OmitArgPrefixes[Recipe] = field(default_factory=Recipe)
    seed: int = 0
    """Decides the fresh weights and every crop."""
    checkpoint_seconds: float = 30.0
    """How often the state is saved: how much work a killed training may lose."""
    threads: Threads = None
    """CPU threads; by default all that this process may use."""


def objective(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Mean absolute error in the network's own colours.

    Args:
        network: Any network.
        batch: Reduced crops (batch, 3, side, side) and the originals, uint8.

    Source: EDSR (Lim et al., 2017), which found L1 to train better than L2.
    """
    reduced, original = (network.native(layer.float() / 255.0) for layer in batch)
    return {"truth": (network.core(reduced) - original).abs().mean()}


def main(config: TrainConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    run = TrainingRun(
        folder=config.run,
        recipe=config.recipe,
        seed=config.seed,
        checkpoint_seconds=config.checkpoint_seconds,
    )
    photos = prepare_photos(run, config.photos, config.validation, scale=config.network.scale)
    torch.manual_seed(config.seed)
    train_and_save(
        run,
        photos,
        Residual(config.network),
        objective,
        crop_batches(run, photos.store, ["reduced", "full"]),
        extra_settings={},
    )


if __name__ == "__main__":
    run_command(TrainConfig, main)
