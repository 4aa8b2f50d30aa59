"""Search the hyperparameters of the 2015 network, with any number of workers.

Start the same command once for each core or machine: all workers share one study. A stopped study
continues when the command is given again. Trials that fall behind are stopped early. (The post's
own search tried about 500 configurations in about 4 weeks.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import optuna
import tyro

from plumbing.command import run_command
from teacher.networks.flipboard_config import FlipboardConfig
from teacher.recipes.flipboard import FlipboardRecipe
from teacher.recipes.presets import FLIPBOARD
from teacher.searching.study import StudyConfig, command_words, flags_of, search
from teacher.train import TrainFlipboard
from teacher.train import main as train
from teacher.training.data import DataConfig, prepare_photos
from teacher.training.loop import Watch
from teacher.training.speed import Speed

_QUICK = FLIPBOARD["quick"]
_SHAPE = ("weight-gain", "first-maps", "reproject-maps", "dense-keep")


@dataclass(frozen=True, kw_only=True)
class TeacherSearchConfig:
    """Settings of `python -m teacher.search`; settings not searched are those of preset `quick`."""

    study: tyro.conf.OmitArgPrefixes[StudyConfig]
    data: tyro.conf.OmitArgPrefixes[DataConfig] = field(default_factory=DataConfig)
    steps: int = 2000
    """Training steps of each trial."""
    batch: int = 250
    """Patches per step."""
    seed: int = 0
    """Determines the initial weights, every crop, and what dropout drops; the same for all
    trials."""
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1:
            raise ValueError("steps and batch must be at least 1")

    def prepare(self, run: Path) -> None:
        """Build the store of photos."""
        prepare_photos(
            self.data,
            scale=_QUICK.shape.scale,
            crop_px=_QUICK.shape.patch_px,
            stores=run.parent / "stores",
        )

    def suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        """Let a trial choose values for the searched flags."""
        return {
            "learning-rate": trial.suggest_float("learning-rate", 0.02, 2.0, log=True),
            "earliest-rate": trial.suggest_float("earliest-rate", 1.0, 8.0),
            "early-l2": trial.suggest_float("early-l2", 1e-7, 1e-4, log=True),
            "late-l2": trial.suggest_float("late-l2", 1e-6, 1e-3, log=True),
            "weight-gain": trial.suggest_float("weight-gain", 0.8, 2.5),
            "first-maps": trial.suggest_categorical("first-maps", [16, 24, 48]),
            "reproject-maps": trial.suggest_categorical("reproject-maps", [4, 8]),
            "dense-keep": trial.suggest_float("dense-keep", 0.5, 1.0),
        }

    def train(self, chosen: Mapping[str, Any], run: Path, watch: Watch) -> None:
        """Train what a trial chose."""
        shape: FlipboardConfig = replace(_QUICK.shape, **_fields(chosen, shape=True))
        recipe: FlipboardRecipe = replace(
            _QUICK.recipe, steps=self.steps, batch=self.batch, **_fields(chosen, shape=False)
        )
        config = TrainFlipboard(
            data=self.data,
            run=run,
            preset="quick",
            shape=shape,
            recipe=recipe,
            seed=self.seed,
            speed=self.speed,
        )
        train(config, watch=watch)

    def command_line(self, chosen: Mapping[str, Any]) -> list[str]:
        """Write that training as the command that a user would type."""
        flags: dict[str, object] = {
            "network": "flipboard",
            "preset": "quick",
            **flags_of(self.data),
            "run": self.study.study / "best",
            "steps": self.steps,
            "batch": self.batch,
            "seed": self.seed,
            "threads": self.speed.threads,
            **chosen,
        }
        return command_words("teacher.train", flags)


def _fields(chosen: Mapping[str, Any], *, shape: bool) -> dict[str, Any]:
    return {
        name.replace("-", "_"): value for name, value in chosen.items() if (name in _SHAPE) == shape
    }


if __name__ == "__main__":
    run_command(TeacherSearchConfig, search)
