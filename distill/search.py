"""Search a student's hyperparameters within a budget of parameters, with any number of workers.

Start the same command once for each core or machine: all workers share one study. A stopped study
continues when the command is given again. Trials that fall behind are stopped early.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import optuna
import tyro

from distill.run import DistillConfig, distil, prepared
from distill.students import StudentConfig
from pixels.scale import HALF, OptionalScale, parse_scale
from plumbing.command import flag_value, run_command
from teacher.networks.chain import Chain
from teacher.networks.chain_config import Activation, Colour
from teacher.networks.registry import parameter_count
from teacher.recipes.optimizers import suited_rate
from teacher.recipes.stages import StagedRecipe
from teacher.runs.record import read_record
from teacher.searching.study import StudyConfig, command_words, flags_of, search
from teacher.training.data import DataConfig
from teacher.training.loop import Watch
from teacher.training.speed import Speed

_LEAST_CHANNELS = 4
_STEP_CHANNELS = 2  # odd numbers of channels are slow everywhere
_RECIPE = StagedRecipe(steps=5000)


@dataclass(frozen=True, kw_only=True)
class StudentSearchConfig:
    """Settings of `python -m distill.search`."""

    study: tyro.conf.OmitArgPrefixes[StudyConfig]
    data: tyro.conf.OmitArgPrefixes[DataConfig] = field(default_factory=DataConfig)
    teacher: Path | None = None
    """Run folder of the teacher; without it students learn from the true photos alone."""
    teacher_ensemble: bool = True
    """Average the teacher's output over all eight orientations of the input."""
    scale: OptionalScale = None
    """Ratio of output to input size; by default that of --teacher, or else 2."""
    parameters: int = 15_000
    """Maximum number of parameters: depth is searched, and the width is the largest that fits."""
    colour: Colour = "luma"
    """Channels that the students see."""
    recipe: Annotated[StagedRecipe, tyro.conf.arg(name="")] = field(default_factory=lambda: _RECIPE)
    seed: int = 0
    """Determines the fresh weights and every crop; the same for all trials."""
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)

    def __post_init__(self) -> None:
        if self.parameters < 1000:
            raise ValueError(f"parameters must be at least 1000, got {self.parameters}")

    def prepare(self, run: Path) -> None:
        """Build the store of photos, with the teacher's output for them."""
        prepared(self._training(run))

    def suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        """Let a trial choose values for the searched flags."""

        def rate(name: str, lowest: float, highest: float) -> float:
            bounds = (
                suited_rate(soap, "soap", self.recipe.optimizer) for soap in (lowest, highest)
            )
            return trial.suggest_float(name, *bounds, log=True)

        chosen = {
            "body": trial.suggest_int("body", 1, 12),
            "activation": trial.suggest_categorical("activation", ["relu", "prelu"]),
            "expansion": trial.suggest_categorical("expansion", [0, 32, 64, 128]),
            "stage1.learning-rate": rate("stage1.learning-rate", 2e-3, 3e-2),
            "stage1.share": trial.suggest_float("stage1.share", 0.4, 0.8),
            "stage2.learning-rate": rate("stage2.learning-rate", 5e-4, 1e-2),
            "stage3.norm": trial.suggest_categorical("stage3.norm", ["l1", "l2"]),
        }
        if self.teacher is not None:
            chosen["stage2.teacher"] = trial.suggest_float("stage2.teacher", 0.0, 1.0)
        return chosen

    def train(self, chosen: Mapping[str, Any], run: Path, watch: Watch) -> None:
        """Train what a trial chose."""
        distil(self.training(chosen, run), watch=watch)

    def training(self, chosen: Mapping[str, Any], run: Path) -> DistillConfig:
        """Configure the training that a trial chose."""
        recipe = self.recipe
        # The third stage keeps its share; the second takes what the first leaves.
        first = min(chosen["stage1.share"], 1.0 - recipe.stage3.share)
        stage1 = replace(recipe.stage1, share=first, learning_rate=chosen["stage1.learning-rate"])
        stage2 = replace(
            recipe.stage2,
            share=1.0 - recipe.stage3.share - first,
            learning_rate=chosen["stage2.learning-rate"],
            teacher=chosen.get("stage2.teacher", 0.0),
        )
        stage3 = replace(recipe.stage3, norm=chosen["stage3.norm"])
        return replace(
            self._training(run),
            network=self._largest(chosen["body"], chosen["activation"]),
            expansion=chosen["expansion"],
            recipe=replace(recipe, stage1=stage1, stage2=stage2, stage3=stage3),
        )

    def command_line(self, chosen: Mapping[str, Any]) -> list[str]:
        """Write that training as the command that a user would type."""
        training = self.training(chosen, self.study.study / "best")
        network, recipe = training.network, training.recipe
        flags: dict[str, object] = {
            **flags_of(self.data),
            "teacher": self.teacher,
            "scale": self.scale,
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
            "precision": self.speed.precision,
            "threads": self.speed.threads,
        }
        for number, stage in enumerate(recipe.stages, start=1):
            for name in ("share", "learning_rate", "batch", "crop_px", "truth", "teacher", "norm"):
                flags[f"stage{number}.{name.replace('_', '-')}"] = getattr(stage, name)
        module, *words = command_words("distill.run", flags)
        return [module, *([] if self.teacher_ensemble else ["--no-teacher-ensemble"]), *words]

    def _training(self, run: Path) -> DistillConfig:
        """Configure what all trials share."""
        return DistillConfig(
            data=self.data,
            run=run,
            teacher=self.teacher,
            scale=self.scale,
            teacher_ensemble=self.teacher_ensemble,
            recipe=self.recipe,
            seed=self.seed,
            speed=self.speed,
        )

    @cached_property
    def _scale(self) -> Fraction:
        if self.scale is not None or self.teacher is None:
            return self.scale or HALF
        return parse_scale(read_record(self.teacher).network_config.get("scale", 2))

    def _largest(self, body: int, activation: Activation) -> StudentConfig:
        """Take as many channels as the budget of parameters allows."""
        student = StudentConfig(
            body=body, channels=_LEAST_CHANNELS, colour=self.colour, activation=activation
        )
        while True:
            wider = replace(student, channels=(student.channels or 0) + _STEP_CHANNELS)
            if parameter_count(Chain(wider.chain(self._scale))) > self.parameters:
                return student
            student = wider


def defaults(arguments: Sequence[str]) -> StudentSearchConfig | None:
    """Choose the defaults for these arguments: an optimiser has its own rates."""
    optimizer = flag_value(arguments, "--optimizer")
    if optimizer is None:
        return None
    return StudentSearchConfig(study=tyro.MISSING_NONPROP, recipe=_RECIPE.suited_to(optimizer))


if __name__ == "__main__":
    run_command(StudentSearchConfig, search, default=defaults(sys.argv[1:]))
