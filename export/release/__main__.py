"""Train every released network from a folder of photos. This is `make release`.

It runs the commands that you would type yourself, and prints each before it runs. A stopped release
continues when the command is given again; finished trainings are not repeated. The released weights
are written to `teacher/released/` and `distill/released/`, each with its card.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from export.check.local_runtimes import run_pytorch
from export.check.pictures import load_check_photos
from export.release.card import (
    Card,
    ReducerCard,
    measured,
    write_card,
    write_credits,
    write_reducer_card,
)
from export.release.plan import Budget, PlannedTraining, plan, preparation
from pixels.stills.files import read_picture
from pixels.stills.listing import list_pictures
from pixels.store.store import PhotoStore
from pixels.survey.duplicates import SeenPhotos, perceptual_hash
from plumbing.command import UserError, run_command
from plumbing.disk import whole_file, whole_folder
from plumbing.progress import track
from plumbing.steps import run_step, typed
from plumbing.threads import Threads, use_threads
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.registry import Network
from teacher.reducing.network import Reducer
from teacher.reducing.weights import read_reducer
from teacher.runs.folder import load_network, save_run
from teacher.runs.record import read_record
from teacher.runs.released import CREDITS, DISTILL_RELEASED, TEACHER_RELEASED

# Too small to show in a table with two decimals.
_MOST_LOSS_DB = 0.001


@dataclass(frozen=True, kw_only=True)
class ReleaseConfig:
    """Settings of `python -m export.release`."""

    photos: Path
    """Folder of training photos."""
    runs: Path = Path("runs/release")
    """Folder for the stores of photos and all trainings; a stopped release continues there."""
    budget: Budget = "gpu"
    """`gpu`: under an hour of one current GPU. `cpu`: smaller trainings, many hours of one core.
    `rehearsal`: four steps of four networks, to check the setup."""
    only: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME [NAME ...]")] = ()
    """Release only these networks, and train what they need; by default all of the budget."""
    benchmarks: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR [DIR ...]")] = ()
    """Folders of photos to measure every network on. Refused if a training photo is a near copy of
    one of them."""
    licences: Path | None = None
    """Table (.csv) with a column `file` that credits the author of each training photo."""
    teachers_to: Path = TEACHER_RELEASED
    """Folder for released teachers."""
    students_to: Path = DISTILL_RELEASED
    """Folder for released students."""
    threads: Threads = None
    """CPU threads for measuring; by default all that this process may use."""

    def __post_init__(self) -> None:
        known = [training.name for training in plan(self.budget) if training.is_released]
        for name in self.only:
            if name not in known:
                raise ValueError(f"only must be among {', '.join(known)}, got {name!r}")


def main(config: ReleaseConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    for benchmark in config.benchmarks:
        list_pictures(benchmark)  # to fail before hours of training, not after
    trainings = {training.name: training for training in plan(config.budget)}
    wanted = config.only or tuple(
        name for name, training in trainings.items() if training.is_released
    )
    needed = [trainings[name] for name in _needed(trainings, wanted)]
    for arguments in _preparations(needed, config.budget, photos=config.photos, runs=config.runs):
        run_step("teacher.prepare", *arguments)
    # All stores are of the same photos.
    _require_apart(_opened(config, needed[0]), config.benchmarks)
    for training in needed:
        run_step(training.module, *_arguments(training, config.runs))
    for name in wanted:
        _release(config, [trainings[earlier] for earlier in _needed(trainings, [name])])
    Console().print(f"released {', '.join(wanted)}")


def _preparations(
    trainings: Sequence[PlannedTraining], budget: Budget, *, photos: Path, runs: Path
) -> list[list[str]]:
    """List the arguments of `teacher.prepare` for each store that is needed."""
    return [
        [str(photos), "--store", str(_folder(runs, store)), *preparation(store, budget)]
        for store in dict.fromkeys(training.store for training in trainings)
    ]


def _arguments(training: PlannedTraining, runs: Path) -> list[str]:
    return training.arguments(store=_folder(runs, training.store), runs=runs)


def _folder(runs: Path, store: str) -> Path:
    return runs / f"store-{store}"


def _opened(config: ReleaseConfig, training: PlannedTraining) -> PhotoStore:
    return PhotoStore(_folder(config.runs, training.store), "train")


def _needed(trainings: dict[str, PlannedTraining], wanted: Sequence[str]) -> list[str]:
    """Name the wanted trainings and all that they need, in order."""
    needed = set()
    for name in wanted:
        while name is not None and name not in needed:
            needed.add(name)
            name = trainings[name].needs
    return [name for name in trainings if name in needed]


def _require_apart(store: PhotoStore, benchmarks: Sequence[Path]) -> None:
    """Refuse to train on a benchmark photo or a near copy of one.

    Raises:
        UserError: A training photo is one.
    """
    seen = SeenPhotos()
    for number in track(range(len(store.photos)), "looking for benchmark photos"):
        seen.add(perceptual_hash(store.photo(number, "full")), store.photos[number].name)
    for benchmark in benchmarks:
        for path in list_pictures(benchmark):
            copy = seen.copy_of(perceptual_hash(read_picture(path).rgb))
            if copy is not None:
                raise UserError(
                    f"the training photo {copy} is a copy of {path}: remove it from --photos, or "
                    "the measurement there is worthless"
                )


def _release(config: ReleaseConfig, trained: Sequence[PlannedTraining]) -> None:
    """Write the last of these finished runs to the folder where it is found by its name."""
    training = trained[-1]
    place = config.teachers_to if training.is_teacher else config.students_to
    if training.is_reducer:
        _release_reducer(config, trained, place)
        return
    network, record = load_network(config.runs / training.name)
    is_integer = isinstance(network, IntegerChain)
    halved = None if is_integer else _halved(network)
    with whole_folder(place / training.name, replace=True) as folder:
        save_run(folder, halved or network, record)
        card = Card(
            name=training.name,
            kind=training.degradation,
            commands=_commands(config, trained),
            precision="int8, sums in 32 bits" if is_integer else "float16" if halved else "float32",
            credited=config.licences is not None,
            figures=measured(folder, config.benchmarks),
        )
        write_card(folder, card, network, record)
    _write_credits(config, training, place)


def _release_reducer(
    config: ReleaseConfig, trained: Sequence[PlannedTraining], place: Path
) -> None:
    """Write a finished reducer to the folder where publishing finds it."""
    training, run = trained[-1], config.runs / trained[-1].name
    reducer, record = Reducer.of(read_reducer(run).weights), read_record(run)
    assert training.needs is not None
    with whole_folder(place / training.name, replace=True) as folder:
        save_run(folder, reducer.half(), record)
        write_reducer_card(
            folder,
            ReducerCard(
                name=training.name,
                student=training.needs,
                commands=_commands(config, trained),
                credited=config.licences is not None,
            ),
            reducer,
            record,
        )
    _write_credits(config, training, place)


def _commands(config: ReleaseConfig, trained: Sequence[PlannedTraining]) -> list[str]:
    """List the commands behind a network, with placeholders instead of this machine's paths."""
    photos, runs = Path("PHOTOS"), Path("runs")
    preparations = _preparations(trained, config.budget, photos=photos, runs=runs)
    return [
        *(typed("teacher.prepare", *arguments) for arguments in preparations),
        *(typed(step.module, *_arguments(step, runs)) for step in trained),
    ]


def _write_credits(config: ReleaseConfig, training: PlannedTraining, place: Path) -> None:
    """Credit the photos beside what was released, and say where that is."""
    if config.licences is not None:
        names = [Path(photo.name).name for photo in _opened(config, training).photos]
        with whole_file(place / CREDITS) as temporary:
            write_credits(temporary, config.licences, names)
    Console().print(f"wrote {place / training.name}")


def _halved(network: Network) -> Network | None:
    """Round a copy's weights to float16, unless the loss would show in a table."""
    halved = deepcopy(network).half()
    photos = load_check_photos(None, network.scale)
    before, after = (
        photos.psnr(run_pytorch(candidate), network.scale)
        for candidate in (network, deepcopy(halved).float())
    )
    return halved if before - after <= _MOST_LOSS_DB else None


if __name__ == "__main__":
    run_command(ReleaseConfig, main)
