"""Train a teacher: the large network, which enlarges photos.

A training that was stopped continues from its last checkpoint when the same command is given
again. Watch it with `tensorboard --logdir runs`.

On several GPUs or machines: `torchrun --nproc-per-node N -m -- teacher.train ...`. The two hyphens
in the middle keep torchrun from reading our flags as abbreviations of its own.

`--network` and `--preset` determine which further flags exist and their defaults: add them before
`--help`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Self

import torch
import tyro

from plumbing.command import UserError, flag_value, run_command
from plumbing.threads import use_threads
from teacher.networks.flipboard import Flipboard
from teacher.networks.flipboard_config import FlipboardConfig
from teacher.networks.registry import Network
from teacher.networks.residual import Residual, ResidualConfig
from teacher.recipes.flipboard import FlipboardRecipe
from teacher.recipes.presets import FLIPBOARD, RESIDUAL, NetworkName, Preset, PresetName
from teacher.recipes.recipe import Recipe
from teacher.runs.folder import load_network
from teacher.runs.record import read_record
from teacher.training.data import DataConfig, crop_batches, prepare_photos, require_crops
from teacher.training.feed import Batch
from teacher.training.loop import Objective, TrainingRun, Watch, unwatched
from teacher.training.objectives import absolute_error, patch_square_error, polished, standardise
from teacher.training.processes import joined_processes
from teacher.training.run import train_and_save
from teacher.training.speed import Speed

BatchAt = Callable[[int], Batch]


@dataclass(frozen=True, kw_only=True)
class _Common:
    presets: ClassVar[Mapping[PresetName, Preset]]
    """Presets of the network."""

    run: Path
    """Run folder to write: weights, record, checkpoints, TensorBoard events and report.png."""
    data: tyro.conf.OmitArgPrefixes[DataConfig] = field(default_factory=DataConfig)
    network: NetworkName
    """`residual`: all-convolutional. `flipboard`: the network of Flipboard's 2015 post. Each has
    its own flags."""
    preset: PresetName | None = None
    """Settings to start from; other flags override them. `quick` takes half an hour on a CPU;
    `standard` and `large` (residual) need a GPU; `flipboard-2015` has the values of the post."""
    seed: int = 0
    """Determines the initial weights, every crop, and what dropout drops."""
    checkpoint_seconds: float = 30.0
    """Seconds between checkpoints: how much work a killed training may lose."""
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)

    def __post_init__(self) -> None:
        if self.preset is not None and self.preset not in self.presets:
            raise ValueError(
                f"--preset {self.preset} is not for --network {self.network}, which has "
                f"{', '.join(self.presets)}"
            )

    @property
    def start_settings(self) -> dict[str, str]:
        """What the initial weights depend on, besides shape and seed."""
        return {}

    @classmethod
    def starting_from(cls, preset: str | None) -> Self:
        """Return the defaults of a command line with this preset; unknown ones change nothing."""
        chosen = next((vars(start) for name, start in cls.presets.items() if name == preset), {})
        return cls(run=tyro.MISSING, **chosen)


@dataclass(frozen=True, kw_only=True)
class TrainResidual(_Common):
    """Settings of `python -m teacher.train --network residual`."""

    presets = RESIDUAL
    network: NetworkName = "residual"
    """`residual`: all-convolutional. `flipboard`: the network of Flipboard's 2015 post. Each has
    its own flags."""
    body_from: Path | None = None
    """Run folder, or released weights, of a residual teacher of any scale: all its convolutions but
    the first and the last are taken over, and trained with the rest. Its blocks and channels must
    be those asked for."""
    shape: tyro.conf.OmitArgPrefixes[ResidualConfig] = field(default_factory=ResidualConfig)
    recipe: tyro.conf.OmitArgPrefixes[Recipe] = field(default_factory=Recipe)

    @property
    def schedule(self) -> Recipe:
        """The recipe, complete."""
        return self.recipe

    @property
    def start_settings(self) -> dict[str, str]:
        """The weights of the body, if it is another network's."""
        return {"body_from": read_record(self.body_from).weights_sha256} if self.body_from else {}

    def build(self, batch_at: BatchAt) -> tuple[Network, Objective, BatchAt]:
        """Build the network with initial weights, its objective, and the batches for both."""
        network = Residual(self.shape)
        if self.body_from is not None:
            self._take_body(network, self.body_from)
        return network, absolute_error, polished(batch_at, self.recipe)

    def _take_body(self, network: Residual, run: Path) -> None:
        """Copy what does not depend on the scale.

        Raises:
            UserError: The run is of another network.
        """
        trained, _ = load_network(run)
        if not isinstance(trained, Residual) or not network.same_body(trained):
            raise UserError(
                f"--body-from {run} is no residual network with --blocks {self.shape.blocks} "
                f"--channels {self.shape.channels} --residual-scale {self.shape.residual_scale:g}"
            )
        network.blocks.load_state_dict(trained.blocks.state_dict())
        network.join.load_state_dict(trained.join.state_dict())


@dataclass(frozen=True, kw_only=True)
class TrainFlipboard(_Common):
    """Settings of `python -m teacher.train --network flipboard`."""

    presets = FLIPBOARD
    network: NetworkName = "flipboard"
    """`flipboard`: the network of Flipboard's 2015 post. `residual`: all-convolutional. Each has
    its own flags."""
    shape: tyro.conf.OmitArgPrefixes[FlipboardConfig] = field(default_factory=FlipboardConfig)
    recipe: tyro.conf.OmitArgPrefixes[FlipboardRecipe] = field(default_factory=FlipboardRecipe)

    @property
    def schedule(self) -> FlipboardRecipe:
        """The recipe, complete: its crops are the network's patches."""
        return replace(self.recipe, crop_px=self.shape.patch_px)

    def build(self, batch_at: BatchAt) -> tuple[Network, Objective, BatchAt]:
        """Build the network with initial weights, its objective, and the batches for both."""
        network = Flipboard(self.shape)
        standardise(network, batch_at, self.recipe.batch)
        return network, patch_square_error, batch_at


TrainConfig = TrainResidual | TrainFlipboard

NETWORKS: dict[NetworkName, type[TrainConfig]] = {
    "residual": TrainResidual,
    "flipboard": TrainFlipboard,
}


def defaults(arguments: Sequence[str]) -> TrainConfig:
    """Return the settings that a command's `--network`, `--preset` and `--optimizer` start from.

    The arguments are not validated here: they are parsed once, with these defaults.
    """
    network, preset = (flag_value(arguments, flag) for flag in ("--network", "--preset"))
    fitting = (
        config
        for name, config in NETWORKS.items()
        if network == name or (network is None and preset in config.presets)
    )
    start = next(fitting, TrainResidual).starting_from(preset)
    if not isinstance(start, TrainResidual):
        return start
    return replace(start, recipe=start.recipe.suited_to(flag_value(arguments, "--optimizer")))


def main(config: TrainConfig, *, watch: Watch = unwatched) -> None:
    """Run the command; `watch` receives the metrics of each validation."""
    with joined_processes() as processes:
        use_threads(config.speed.threads, shared_by=processes.local_count)
        schedule, start_settings = config.schedule, config.start_settings
        for step in (0, schedule.steps - 1):
            require_crops(schedule.crops_at(step)[1], config.shape.scale)
        run = TrainingRun(
            folder=config.run,
            recipe=schedule,
            seed=config.seed,
            checkpoint_seconds=config.checkpoint_seconds,
            processes=processes,
            speed=config.speed,
            watch=watch,
        )
        photos = processes.in_turn(
            lambda: prepare_photos(
                config.data,
                scale=config.shape.scale,
                crop_px=schedule.largest_crop_px,
                stores=config.run.parent / "stores",
            )
        )
        crops = crop_batches(photos, schedule, seed=config.seed, device=processes.device)
        torch.manual_seed(config.seed)
        network, objective, batch_at = config.build(crops)
        train_and_save(run, photos, network, objective, batch_at, extra_settings=start_settings)


if __name__ == "__main__":
    start = defaults(sys.argv[1:])
    run_command(type(start), main, default=start)
