"""What falls behind is stopped early, and what fails does not end the search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from plumbing.command import UserError
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.runs.folder import save_run
from teacher.runs.record import RunRecord
from teacher.searching.study import MEASURE, StudyConfig, search
from teacher.training.loop import Watch


def finish(run: Path, value: float) -> None:
    """Leave what a finished training leaves."""
    network = Chain(ChainConfig(body=0, channels=1))
    record = RunRecord(
        network="chain", network_config={}, settings={}, git_commit=None, data={},
        metrics={MEASURE: value},
    )  # fmt: skip
    save_run(run, network, record)


@dataclass
class Fake:
    """A search whose trainings are a function."""

    study: StudyConfig
    train_: Callable[[int, Path, Watch], None]

    def prepare(self, run: Path) -> None:
        pass

    def suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        return {"x": trial.suggest_float("x", 0.0, 1.0), "number": trial.number}

    def train(self, chosen: Mapping[str, Any], run: Path, watch: Watch) -> None:
        self.train_(chosen["number"], run, watch)

    def command_line(self, chosen: Mapping[str, Any]) -> list[str]:
        return ["module", "--x", str(chosen["x"])]


def test_a_trial_far_behind_is_stopped_after_the_first_validations(tmp_path: Path) -> None:
    validations: dict[int, int] = {}

    def train(number: int, run: Path, watch: Watch) -> None:
        value = 30.0 + (5.0 if number % 4 == 0 else 0.0)
        for count in range(1, 11):
            validations[number] = count
            watch({MEASURE: value + 0.1 * count})
        finish(run, value)

    search(Fake(StudyConfig(study=tmp_path, trials=12), train))
    good = [validations[number] for number in range(0, 12, 4)]
    bad = [validations[number] for number in range(12) if number % 4]
    assert max(good) == 10
    assert sum(count < 10 for count in bad) >= 7
    for plot in ("history.png", "importance.png", "parallel.png"):
        if plot == "history.png" or _complete(tmp_path) >= 3:
            assert (tmp_path / plot).read_bytes().startswith(b"\x89PNG")


def _complete(folder: Path) -> int:
    storage = JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    study = optuna.load_study(study_name="halfsize", storage=storage)
    return len(study.get_trials(states=(TrialState.COMPLETE,)))


def test_a_trial_that_fails_is_one_result_among_others(tmp_path: Path) -> None:
    def train(number: int, run: Path, watch: Watch) -> None:
        if number == 1:
            raise UserError("the loss is nan")
        watch({MEASURE: 30.0})
        finish(run, 30.0)

    search(Fake(StudyConfig(study=tmp_path, trials=3), train))
    assert (tmp_path / "best.txt").read_text().startswith("python -m module --x 0.")


def test_without_anything_to_measure_the_user_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no trial"):
        search(Fake(StudyConfig(study=tmp_path, trials=1), lambda number, run, watch: watch({})))
