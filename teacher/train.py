"""Train a teacher: a full-size network that doubles photos.

The command can be stopped and given again: it goes on from its last checkpoint. Watch it with
`tensorboard --logdir runs`.

On several GPUs or machines: `torchrun --nproc-per-node N -m -- teacher.train ...`. The two hyphens
in the middle keep torchrun from taking our flags for abbreviations of its own.

`--network` and `--preset` decide which further flags there are and their defaults: add them before
`--help`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

import torch
import tyro

from plumbing.command import run_command
from teacher.networks.flipboard import Flipboard
from teacher.networks.flipboard_config import FlipboardConfig
from teacher.networks.residual import Residual, ResidualConfig
from teacher.recipes.flipboard import FlipboardRecipe
from teacher.recipes.presets import FlipboardPreset, NetworkName, PresetName, choose
from teacher.recipes.recipe import Recipe
from teacher.training.data import DataConfig, crop_batches, prepare_photos
from teacher.training.objectives import objective_of, polished, standardise
from teacher.training.processes import joined_processes
from teacher.training.run import TrainingRun, Watch, train_and_save, unwatched
from teacher.training.speed import Speed
from teacher.training.threads import use_threads


@dataclass(frozen=True, kw_only=True)
class _Common:
    run: Path
    """Run folder to write: weights, record, checkpoints, TensorBoard events and report.png."""
    data: tyro.conf.OmitArgPrefixes[DataConfig] = field(default_factory=DataConfig)
    preset: PresetName | None = None
    """Settings to start from; other flags override them. With `quick` it takes half an hour on a
    CPU; `standard` and `large` (residual) want a GPU; `flipboard-2015` has the post's values."""
    seed: int = 0
    """Decides the fresh weights, every crop, and what dropout drops."""
    checkpoint_seconds: float = 30.0
    """How often the state is saved: how much work a killed training may lose."""
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)


@dataclass(frozen=True, kw_only=True)
class TrainResidual(_Common):
    """Settings of `python -m teacher.train --network residual`."""

    network: Literal["residual"] = "residual"
    """`residual`: all-convolutional. `flipboard`: the 2015 one, which has flags of its own."""
    shape: tyro.conf.OmitArgPrefixes[ResidualConfig] = field(default_factory=ResidualConfig)
    recipe: tyro.conf.OmitArgPrefixes[Recipe] = field(default_factory=Recipe)


@dataclass(frozen=True, kw_only=True)
class TrainFlipboard(_Common):
    """Settings of `python -m teacher.train --network flipboard`."""

    network: Literal["flipboard"] = "flipboard"
    """`flipboard`: the 2015 one. `residual`: all-convolutional, which has flags of its own."""
    shape: tyro.conf.OmitArgPrefixes[FlipboardConfig] = field(default_factory=FlipboardConfig)
    recipe: tyro.conf.OmitArgPrefixes[FlipboardRecipe] = field(default_factory=FlipboardRecipe)


TrainConfig = TrainResidual | TrainFlipboard


def defaults(arguments: Sequence[str]) -> TrainConfig:
    """Find the settings that `--network` and `--preset` among a command's arguments start from.

    What else is there, and what is wrong with it, is not judged here.

    Raises:
        SystemExit: With status 2 and a sentence, where the two do not go together.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--network", choices=get_args(NetworkName))
    parser.add_argument("--preset", choices=get_args(PresetName))
    try:
        asked, _ = parser.parse_known_args(arguments)
        start = choose(asked.network, asked.preset)
    except argparse.ArgumentError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    missing = {"run": tyro.MISSING, "preset": asked.preset}
    if isinstance(start, FlipboardPreset):
        return TrainFlipboard(**missing, shape=start.network, recipe=start.recipe)
    return TrainResidual(**missing, shape=start.network, recipe=start.recipe)


def main(config: TrainConfig, *, watch: Watch = unwatched) -> None:
    """Run the command; `watch` is told what each validation measured."""
    with joined_processes() as processes:
        use_threads(config.speed.threads, shared_by=processes.local_count)
        recipe = config.recipe
        if isinstance(config, TrainFlipboard):
            recipe = replace(config.recipe, crop_px=config.shape.patch_px)
        run = TrainingRun(
            folder=config.run,
            recipe=recipe,
            seed=config.seed,
            checkpoint_seconds=config.checkpoint_seconds,
            processes=processes,
            speed=config.speed,
            watch=watch,
        )
        photos = processes.in_turn(
            lambda: prepare_photos(run, config.data, scale=config.shape.scale)
        )
        layers = [photos.input, "full"]
        batch_at = crop_batches(run, recipe, photos.store, layers)
        torch.manual_seed(config.seed)
        if isinstance(config, TrainFlipboard):
            network = Flipboard(config.shape)
            standardise(network, batch_at, recipe.batch)
        else:
            network = Residual(config.shape)
            batch_at = polished(batch_at, config.recipe)
        train_and_save(run, photos, network, objective_of(network), batch_at, extra_settings={})


if __name__ == "__main__":
    start = defaults(sys.argv[1:])
    run_command(type(start), main, default=start)
