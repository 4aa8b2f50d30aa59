"""A hyperparameter search shared by any number of workers, on one machine or many.

Each worker asks the storage of the study what to try next, trains it, and reports its progress.
Trials that fall behind are stopped early by successive halving.
"""

from __future__ import annotations

import shlex
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import optuna
from filelock import FileLock
from optuna.storages import (
    BaseStorage,
    JournalStorage,
    RDBStorage,
    RetryHeartbeatStaleTrialCallback,
)
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import TrialState
from rich.console import Console

from plumbing.command import UserError, continuing
from plumbing.disk import whole_file
from plumbing.progress import console
from teacher.runs.record import read_record
from teacher.searching.figures import draw_study
from teacher.training.data import DataConfig
from teacher.training.loop import Watch

MEASURE = "validation/psnr"
BEST = "best.txt"

_JOURNAL = "study.journal"
_OVER = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
# Of ten validations, a trial has to be among the best third after 1, 3 and 9.
_FIRST_RUNG, _HALVING = 1, 3
# A killed worker is noticed after this many seconds, and its trial is repeated.
_HEARTBEAT_SECONDS = 60
_OPENINGS = 3


@dataclass(frozen=True, kw_only=True)
class StudyConfig:
    """Where a search is stored, and when it ends."""

    study: Path
    """Folder for the run folders of the trials, plots and the best command line."""
    storage: str = ""
    """Storage shared by the workers: by default a journal file in --study, for workers on one
    machine; for several machines the URL of a database (`postgresql+psycopg2://...`,
    `mysql+pymysql://...`; install its driver), or `sqlite:///FILE`."""
    name: str = "halfsize"
    """Name of the study in the storage."""
    trials: int = 30
    """Number of finished trials, of all workers together, after which the search ends."""

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ValueError(f"trials must be at least 1, got {self.trials}")


class Searchable(Protocol):
    """The configuration of a search: which study, what its trials choose, how they are trained."""

    @property
    def study(self) -> StudyConfig:
        """The study to work on."""
        ...

    def prepare(self, run: Path) -> None:
        """Make what all trials need, next to this run folder; one worker per machine at a time."""
        ...

    def suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        """Let a trial choose values for the searched flags, by the names of the flags."""
        ...

    def train(self, chosen: Mapping[str, Any], run: Path, watch: Watch) -> None:
        """Train what a trial chose into a run folder, and report every validation to `watch`."""
        ...

    def command_line(self, chosen: Mapping[str, Any]) -> list[str]:
        """Write that training as the words of a command, the module's name first."""
        ...


def search(searched: Searchable) -> None:
    """Work on a study until it is over, then plot it and write its best command line.

    Raises:
        UserError: The storage cannot be opened, or no trial was finished.
    """
    config = searched.study
    config.study.mkdir(parents=True, exist_ok=True)
    trials = config.study / "trials"
    trials.mkdir(exist_ok=True)
    with FileLock(config.study / ".prepare.lock"):
        searched.prepare(trials / "0")
        study = _open(config)

    def objective(trial: optuna.Trial) -> float:
        folder = trials / f"{trial.number:04}"
        searched.train(searched.suggest(trial), folder, _reporter(trial))
        return read_record(folder).metrics[MEASURE]

    enough = optuna.study.MaxTrialsCallback(config.trials, states=_OVER)
    if len(study.get_trials(deepcopy=False, states=_OVER)) < config.trials:
        # A loss that is no longer finite is a result too: the trial failed.
        with continuing():
            study.optimize(objective, callbacks=[enough, _print_trial], catch=(UserError,))
    with FileLock(config.study / ".report.lock"):
        _report(searched, study)


def flags_of(data: DataConfig) -> dict[str, object]:
    """Name the photos of a training by their flags, for `command_words`."""
    return {
        "photos": data.photos,
        "store": data.store,
        "validation": data.validation,
        "degradation": data.degradation,
    }


def command_words(module: str, flags: Mapping[str, object]) -> list[str]:
    """Write a command as its words; flags whose value is None are left out."""
    given = {name: value for name, value in flags.items() if value is not None}
    return [module, *(word for name, value in given.items() for word in (f"--{name}", str(value)))]


def _open(config: StudyConfig) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for left in reversed(range(_OPENINGS)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                return _join(config)
        except Exception as error:  # each database has its own exceptions
            # Workers on other machines may be creating the same tables right now.
            if left and "://" in config.storage and not isinstance(error, ValueError | ImportError):
                time.sleep(1.0)
                continue
            problem = str(error).splitlines()[0]
            raise UserError(f"--storage {config.storage} cannot be opened: {problem}") from error
    raise AssertionError  # the last opening returns or raises


def _join(config: StudyConfig) -> optuna.Study:
    return optuna.create_study(
        study_name=config.name,
        storage=_storage(config),
        direction="maximize",
        load_if_exists=True,
        # Without it, workers that ask at the same time would try the same values.
        sampler=optuna.samplers.TPESampler(constant_liar=True),
        pruner=optuna.pruners.SuccessiveHalvingPruner(
            min_resource=_FIRST_RUNG, reduction_factor=_HALVING
        ),
    )


def _storage(config: StudyConfig) -> BaseStorage:
    if "://" not in config.storage:
        path = str(Path(config.storage) if config.storage else config.study / _JOURNAL)
        return JournalStorage(JournalFileBackend(path, lock_obj=JournalFileOpenLock(path)))
    return RDBStorage(
        config.storage,
        heartbeat_interval=_HEARTBEAT_SECONDS,
        heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
    )


def _reporter(trial: optuna.Trial) -> Watch:
    """Make a watch that reports to the study and stops a trial that falls behind."""
    count = 0

    def watch(metrics: Mapping[str, float]) -> None:
        nonlocal count
        count += 1
        if MEASURE not in metrics:
            raise UserError("the search has nothing to compare: give photos with --validation")
        trial.report(metrics[MEASURE], count)
        if trial.should_prune():
            raise optuna.TrialPruned

    return watch


def _print_trial(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    values = ", ".join(f"{name} {_short(value)}" for name, value in trial.params.items())
    reached = max(trial.intermediate_values.values(), default=float("nan"))
    console.print(f"trial {trial.number} {trial.state.name.lower()}: {reached:.3f} dB ({values})")


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _report(searched: Searchable, study: optuna.Study) -> None:
    config = searched.study
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not complete and study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        console.print("no trial has finished yet; another worker is still training one")
        return
    if not complete:
        raise UserError(f"no trial of {config.study} finished: see above, or raise --trials")
    best = study.best_trial
    line = shlex.join(["python", "-m", *searched.command_line(best.params)])
    with whole_file(config.study / BEST) as temporary:
        temporary.write_text(line + "\n", encoding="utf-8")
    draw_study(config.study, study)
    pruned = len(study.get_trials(deepcopy=False, states=(TrialState.PRUNED,)))
    summary = f"best of {len(complete)} finished and {pruned} stopped trials: {best.value:.3f} dB"
    Console().print(
        f"{summary} (trial {best.number}); command line ({config.study / BEST}):", highlight=False
    )
    Console().print(line, highlight=False, soft_wrap=True)
