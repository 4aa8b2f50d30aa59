"""The search for a student's hyperparameters."""

from __future__ import annotations

import shlex
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import optuna
import pytest
import tyro

from distill.run import DistillConfig
from distill.search import StudentSearchConfig
from teacher.networks.chain import Chain
from teacher.networks.registry import parameter_count
from teacher.runs.record import read_record
from teacher.searching.study import StudyConfig
from teacher.training.data import DataConfig
from tests.made.commands import command_here
from tests.made.training import no_reports as no_reports

CHOSEN: dict[str, Any] = {
    "body": 3,
    "activation": "prelu",
    "expansion": 32,
    "stage1.learning-rate": 0.004,
    "stage1.share": 0.8,
    "stage2.learning-rate": 0.002,
    "stage3.norm": "l1",
    "stage2.teacher": 0.5,
}


def search_of(folder: Path) -> StudentSearchConfig:
    study, data = StudyConfig(study=folder / "study"), DataConfig(photos=folder)
    return StudentSearchConfig(
        study=study, data=data, teacher=Path("residual-clean"), parameters=8000
    )


def trial_of(chosen: dict[str, Any]) -> optuna.Trial:
    study = optuna.create_study()
    study.enqueue_trial(chosen)
    return study.ask()


def test_a_trial_chooses_a_training(tmp_path: Path) -> None:
    search = search_of(tmp_path)
    assert search.suggest(trial_of(CHOSEN)) == CHOSEN
    training = search.training(CHOSEN, tmp_path / "run")
    assert (training.run, training.expansion) == (tmp_path / "run", 32)
    stages = training.recipe.stages
    assert [stage.share for stage in stages] == pytest.approx([0.8, 0.1, 0.1])
    assert stages[1].teacher == 0.5
    # As wide as the budget allows.
    shape = training.network.chain(Fraction(2))
    assert (shape.body, shape.activation) == (3, "prelu")
    wider = replace(shape, channels=shape.channels + 2)
    assert parameter_count(Chain(shape)) <= 8000 < parameter_count(Chain(wider))


def test_adam_is_searched_among_its_own_rates(tmp_path: Path) -> None:
    search = search_of(tmp_path)
    names = ("stage1.learning-rate", "stage2.learning-rate")
    ranges = {}
    for optimizer in ("soap", "adam"):
        trial = optuna.create_study().ask()
        replace(search, recipe=search.recipe.suited_to(optimizer)).suggest(trial)
        ranges[optimizer] = [
            bound for name in names for bound in vars(trial.distributions[name]).values()
            if isinstance(bound, float)
        ]  # fmt: skip
    assert ranges["adam"] == pytest.approx([rate / 10 for rate in ranges["soap"]])


def test_without_a_teacher_none_of_its_flags_is_searched(tmp_path: Path) -> None:
    search = StudentSearchConfig(
        study=StudyConfig(study=tmp_path), data=DataConfig(photos=tmp_path)
    )
    chosen = search.suggest(trial_of(CHOSEN))
    assert "stage2.teacher" not in chosen
    assert search.training(chosen, tmp_path / "run").recipe.stage2.teacher == 0.0
    assert "--teacher" not in search.command_line(chosen)


@pytest.mark.parametrize("ensemble", [True, False])
def test_the_command_line_is_the_training(tmp_path: Path, ensemble: bool) -> None:
    search = replace(search_of(tmp_path), teacher_ensemble=ensemble)
    module, *words = search.command_line(CHOSEN)
    assert module == "distill.run"
    parsed = tyro.cli(DistillConfig, args=words)
    training = search.training(CHOSEN, tmp_path / "study" / "best")
    assert parsed.recipe == training.recipe
    assert parsed.network.chain(Fraction(2)) == training.network.chain(Fraction(2))
    for name in ("run", "data", "teacher", "teacher_ensemble", "expansion", "seed", "speed"):
        assert getattr(parsed, name) == getattr(training, name), name


def test_a_search_writes_the_best_command(tmp_path: Path, photos_folder: Path) -> None:
    study = tmp_path / "study"
    common = ("--study", study, "--photos", photos_folder, "--validation", photos_folder)
    few = [f"--stage{stage}.{rest}" for stage in "123" for rest in ("batch=2", "crop-px=12")]
    done = command_here(
        *("distill.search", *common, "--trials", "1", "--parameters", "1000"),
        *("--steps", "3", "--threads", "1", *few),
    )
    assert done.status == 0, done.errors
    words = shlex.split((study / "best.txt").read_text())
    assert words[:3] == ["python", "-m", "distill.run"]
    assert f"--body {read_record(study / 'trials' / '0000').network_config['body']} " in shlex.join(
        words
    )
