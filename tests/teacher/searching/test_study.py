"""Searches as users meet them: two workers on one study, stopped and started again."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from teacher.runs.record import read_record
from tests.made.commands import command_here
from tests.made.files import require_no_photos
from tests.made.runs import ROOT

pytestmark = pytest.mark.slow

TINY = ("--steps", "10", "--batch", "4", "--threads", "1")


def arguments(study: Path, photos: Path, trials: int, *more: str) -> list[str]:
    common = ("--study", study, "--photos", photos, "--validation", photos, "--trials", trials)
    return ["teacher.search", *map(str, common), *TINY, *more]


def opened(study: Path, storage: BaseStorage | str | None = None) -> optuna.Study:
    journal = storage or JournalStorage(JournalFileBackend(str(study / "study.journal")))
    return optuna.load_study(study_name="halfsize", storage=journal)


@pytest.mark.process
@pytest.mark.parametrize("storage", ["journal", pytest.param("sqlite", marks=pytest.mark.heavy)])
def test_two_workers_share_one_study(tmp_path: Path, photos_folder: Path, storage: str) -> None:
    url = f"sqlite:///{tmp_path}/study.db" if storage == "sqlite" else None
    more = ("--storage", url) if url else ()
    command = [sys.executable, "-m", *arguments(tmp_path / "study", photos_folder, 3, *more)]
    workers = [
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [worker.communicate(timeout=300) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], told
    trials = opened(tmp_path / "study", url).trials
    over = [trial for trial in trials if trial.state.is_finished()]
    # The one that was under way when the third ended is finished too.
    assert 3 <= len(over) == len(trials) <= 4
    assert sum("trial 0 " in errors for _, errors in told) == 1  # each trial is one worker's
    assert all(errors.count("\ntrial ") + errors.startswith("trial ") for _, errors in told)
    assert not any(trial.state == TrialState.FAIL for trial in trials)
    folders = sorted(path.name for path in (tmp_path / "study" / "trials").glob("0*"))
    assert folders == [f"{trial.number:04}" for trial in trials]


def test_a_database_can_hold_the_study(tmp_path: Path, photos_folder: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    finished = command_here(*arguments(tmp_path / "study", photos_folder, 1, "--storage", url))
    assert finished.status == 0, finished.errors
    [trial] = opened(tmp_path / "study", url).trials
    assert trial.state == TrialState.COMPLETE
    assert not (tmp_path / "study" / "study.journal").exists()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, photos_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("search") / "study"
    done = command_here(*arguments(folder, photos_folder, 2))
    assert done.status == 0, done.errors
    return folder


def test_a_study_goes_on_where_it_stopped(study: Path, photos_folder: Path) -> None:
    before = [trial.params for trial in opened(study).trials]
    same = command_here(*arguments(study, photos_folder, 2))
    assert same.status == 0, same.errors
    assert [trial.params for trial in opened(study).trials] == before
    more = command_here(*arguments(study, photos_folder, 3))
    assert more.status == 0, more.errors
    assert [trial.params for trial in opened(study).trials][: len(before)] == before
    assert len(opened(study).trials) == 3


def test_the_best_is_written_as_a_command_that_trains_it(study: Path, photos_folder: Path) -> None:
    words = shlex.split((study / "best.txt").read_text())
    assert words[:3] == ["python", "-m", "teacher.train"]
    done = command_here(*words[2:])
    assert done.status == 0, done.errors
    best = opened(study).best_trial
    record, trial = (read_record(study / at) for at in ("best", f"trials/{best.number:04}"))
    assert record.settings == trial.settings
    assert record.metrics["validation/psnr"] == pytest.approx(best.value, abs=1e-3)
    assert (study / "history.png").read_bytes().startswith(b"\x89PNG")
    require_no_photos(study)


def test_what_cannot_be_is_told(tmp_path: Path, photos_folder: Path) -> None:
    wrong = ("--storage", "nosuch://here")
    done = command_here(*arguments(tmp_path / "study", photos_folder, 1, *wrong))
    assert "--storage nosuch://here cannot be opened" in done.sentence(1)
    assert command_here(*arguments(tmp_path / "study", photos_folder, 0)).status == 2
    missing = tmp_path / "nowhere"
    done = command_here(*arguments(tmp_path / "study", missing, 1))
    assert "nowhere" in done.sentence(1)
