"""Search a student's hyperparameters under a budget of parameters, by any number of workers.

Start the same command as often as there are cores or machines: all work on one study, which goes
on where it stopped. What falls behind is stopped early.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import optuna
import tyro

from distill.run import DistillConfig, distil, prepared
from distill.students import StudentConfig
from plumbing.command import run_command
from teacher.networks.chain import Chain, Colour
from teacher.networks.residual import parameter_count
from teacher.recipes.stages import StagedRecipe
from teacher.searching.study import StudyConfig, search
from teacher.training.data import DataConfig
from teacher.training.run import Watch
from teacher.training.speed import Speed

_LEAST_CHANNELS = 4
_STEP_CHANNELS = 2  # odd numbers of channels are slow everywhere


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Settings of `python -m distill.search`."""

    study: tyro.conf.OmitArgPrefixes[StudyConfig]
    data: tyro.conf.OmitArgPrefixes[DataConfig] = field(default_factory=DataConfig)
    teacher: Path | None = None
    """Run folder of the teacher; without it the student learns from the truth alone."""
    teacher_ensemble: bool = True
    """Ask the teacher in all eight orientations and average."""
    parameters: int = 15_000
    """Most parameters that a student may have: depth is searched, and as many channels taken."""
    colour: Colour = "luma"
    """What students see."""
    recipe: Annotated[StagedRecipe, tyro.conf.arg(name="")] = field(
        default_factory=lambda: StagedRecipe(steps=5000)
    )
    seed: int = 0
    """Decides the fresh weights and every crop, the same for all."""
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)

    def __post_init__(self) -> None:
        if self.parameters < 1000:
            raise ValueError(f"parameters must be at least 1000, got {self.parameters}")


def suggest(config: SearchConfig, trial: optuna.Trial) -> dict[str, Any]:
    """Let a trial choose what is searched, by the names of the flags."""
    chosen = {
        "body": trial.suggest_int("body", 1, 12),
        "activation": trial.suggest_categorical("activation", ["relu", "prelu"]),
        "expansion": trial.suggest_categorical("expansion", [0, 32, 64, 128]),
        "stage1.learning-rate": trial.suggest_float("stage1.learning-rate", 2e-3, 3e-2, log=True),
        "stage1.share": trial.suggest_float("stage1.share", 0.4, 0.8),
        "stage2.learning-rate": trial.suggest_float("stage2.learning-rate", 5e-4, 1e-2, log=True),
        "stage3.norm": trial.suggest_categorical("stage3.norm", ["l1", "l2"]),
    }
    if config.teacher is not None:
        chosen["stage2.teacher"] = trial.suggest_float("stage2.teacher", 0.0, 1.0)
    return chosen


def configured(config: SearchConfig, chosen: Mapping[str, Any], run: Path) -> DistillConfig:
    """Set up the training that a trial chose."""
    recipe = config.recipe
    # The polish keeps its share, the restart takes the rest.
    first = min(chosen["stage1.share"], 1.0 - recipe.stage3.share)
    stage1 = replace(recipe.stage1, share=first, learning_rate=chosen["stage1.learning-rate"])
    stage2 = replace(
        recipe.stage2,
        share=1.0 - recipe.stage3.share - first,
        learning_rate=chosen["stage2.learning-rate"],
        teacher=chosen.get("stage2.teacher", 0.0),
    )
    stage3 = replace(recipe.stage3, norm=chosen["stage3.norm"])
    return DistillConfig(
        data=config.data,
        run=run,
        teacher=config.teacher,
        teacher_ensemble=config.teacher_ensemble,
        network=_largest(config, chosen["body"], chosen["activation"]),
        expansion=chosen["expansion"],
        recipe=replace(recipe, stage1=stage1, stage2=stage2, stage3=stage3),
        seed=config.seed,
        speed=config.speed,
    )


def command_line(config: SearchConfig, chosen: Mapping[str, Any]) -> list[str]:
    """Write a training as the command that a user would type for it."""
    training = configured(config, chosen, config.study.study / "best")
    network, recipe = training.network, training.recipe
    flags: dict[str, object] = {
        "photos": config.data.photos,
        "store": config.data.store,
        "validation": config.data.validation,
        "degradation": config.data.degradation,
        "teacher": config.teacher,
        "run": training.run,
        "body": network.body,
        "channels": network.channels,
        "activation": network.activation,
        "colour": network.colour,
        "expansion": training.expansion,
        "steps": recipe.steps,
        "optimizer": recipe.optimizer,
        "ema-decay": recipe.ema_decay,
        "warmup-steps": recipe.warmup_steps,
        "seed": training.seed,
        "precision": config.speed.precision,
        "threads": config.speed.threads,
    }
    for number, stage in enumerate(recipe.stages, start=1):
        for name in ("share", "learning_rate", "batch", "crop_px", "truth", "teacher", "norm"):
            flags[f"stage{number}.{name.replace('_', '-')}"] = getattr(stage, name)
    words = [] if config.teacher_ensemble else ["--no-teacher-ensemble"]
    for name, value in flags.items():
        words += [] if value is None else [f"--{name}", str(value)]
    return ["distill.run", *words]


def _largest(config: SearchConfig, body: int, activation: str) -> StudentConfig:
    """Take as many channels as the parameters allow."""
    student = StudentConfig(
        body=body, channels=_LEAST_CHANNELS, colour=config.colour,
        activation="relu" if activation == "relu" else "prelu",
    )  # fmt: skip
    while True:
        wider = replace(student, channels=(student.channels or 0) + _STEP_CHANNELS)
        if parameter_count(Chain(wider.chain(2))) > config.parameters:
            return student
        student = wider


def main(config: SearchConfig) -> None:
    """Run the command."""

    def attempt(trial: optuna.Trial, run: Path, watch: Watch) -> None:
        distil(configured(config, suggest(config, trial), run), watch=watch)

    def prepare(run: Path) -> None:
        prepared(
            DistillConfig(
                data=config.data, run=run, teacher=config.teacher, recipe=config.recipe,
                teacher_ensemble=config.teacher_ensemble, speed=config.speed,
            )
        )  # fmt: skip

    search(
        config.study,
        prepare=prepare,
        attempt=attempt,
        command=lambda chosen: command_line(config, chosen),
    )


if __name__ == "__main__":
    run_command(SearchConfig, main)
