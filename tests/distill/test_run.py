"""`python -m distill.run` as a user meets it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import tyro

from distill import compare, frontier, run, search
from pixels.store.store import PhotoStore
from plumbing.command import UsageError
from teacher.enlarging.runner import open_enlarger
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.runs.folder import load_network
from teacher.runs.record import read_record
from tests.made.commands import command_here
from tests.made.runs import MadeChain
from tests.made.training import no_reports as no_reports


def test_the_teachers_output_is_kept_in_the_store(chain: MadeChain) -> None:
    record = read_record(chain.teacher)
    layer = f"teacher-{record.weights_sha256[:16]}-x8-of-reduced"
    stores = [PhotoStore(folder) for folder in (chain.folder / "stores").iterdir()]
    (store,) = [store for store in stores if store.has_layer(layer)]
    stored = store.photo(0, layer)
    teacher = open_enlarger(str(chain.teacher), ensemble=True)
    expected = teacher.enlarge(store.photo(0, "reduced"))
    # Another number of threads may add up in another order: a value on the edge rounds otherwise.
    assert np.abs(stored.astype(int) - expected).max() <= 1


def test_the_record_names_teacher_and_size(chain: MadeChain) -> None:
    _, teacher = load_network(chain.teacher)
    student, record = load_network(chain.student)
    assert student.name == "chain"
    assert record.network_config["body"] == 4
    assert record.settings["teacher"] == teacher.weights_sha256
    assert record.settings["recipe"]["stage2"]["teacher"] == 0.2
    assert record.settings["expansion"] == 64
    assert record.metrics["validation/psnr"] > 10


def test_the_same_command_again_changes_nothing(chain: MadeChain) -> None:
    before = (chain.student / "run.json").read_bytes()
    photos = chain.folder / "photos"
    arguments = (
        *("--teacher", chain.teacher, "--photos", photos / "train", "--run", chain.student),
        *("--validation", photos / "held-out", "--student", "nano", "--stage1.batch", "8"),
    )
    again = command_here("distill.run", *arguments, "--steps", "2")
    assert again.status == 0, again.errors
    other = command_here("distill.run", *arguments, "--steps", "3")
    assert "recipe" in other.sentence()
    assert (chain.student / "run.json").read_bytes() == before


def test_a_student_worse_than_bicubic_is_reported(tmp_path: Path, photos_folder: Path) -> None:
    photos = ("--photos", photos_folder, "--validation", photos_folder)
    # Four features: of two, a dead one is enough to end below bicubic.
    small = ("--body", "0", "--channels", "4", "--stage1.crop-px", "12", "--stage1.batch", "4")
    one_stage = ("--stage1.share", "1", "--stage2.share", "0", "--stage3.share", "0")
    for steps, worse in ((1, True), (400, False)):  # a fresh one repeats pixels
        run = tmp_path / f"{steps}"
        settings = (*photos, *small, *one_stage, "--steps", steps, "--threads", "1")
        done = command_here("distill.run", "--run", run, *settings)
        assert done.status == 0, done.errors
        assert ("WARNING" in done.errors) == worse


def test_a_folder_that_is_not_a_teacher_is_reported(tmp_path: Path, chain: MadeChain) -> None:
    photos = chain.folder / "photos" / "train"
    run = tmp_path / "run"
    done = command_here("distill.run", "--teacher", tmp_path, "--photos", photos, "--run", run)
    assert str(tmp_path) in done.sentence()
    assert not run.exists()


WRONG = (
    ("--student", "huge"),
    ("--stage2.teacher", "-1"),
    ("--stage1.crop-px", "2"),
    ("--stage1.share", "0.5"),
    ("--teacher-only-share", "1"),
    ("--expansion", "-1"),
    ("--scale", "5"),
)


def test_a_released_teacher_is_taken_by_its_name(tmp_path: Path, photos_folder: Path) -> None:
    done = command_here(
        *("distill.run", "--teacher", "residual-clean", "--no-teacher-ensemble"),
        *("--photos", photos_folder, "--validation", photos_folder, "--run", tmp_path / "run"),
        *("--body", "0", "--channels", "2", "--steps", "10", "--threads", "1"),
        *("--stage1.crop-px", "12", "--stage2.crop-px", "12", "--stage3.crop-px", "12"),
    )
    assert done.status == 0, done.errors
    record = read_record(tmp_path / "run")
    assert record.settings["teacher"] == read_record(Path("residual-clean")).weights_sha256


ADAM = [1e-3, 2e-4, 5e-5]
SOAP = [1e-2, 2e-3, 5e-4]


@pytest.mark.parametrize(
    ("module", "required", "optimizer", "rates"),
    [
        (run, ["--run", "r"], "adam", ADAM),
        (run, ["--run", "r"], "soap", SOAP),
        (run, ["--run", "r", "--start-from", "s"], "adam", ADAM),
        (run, ["--run", "r", "--start-from", "s"], "soap", SOAP),
        (search, ["--study", "s"], "adam", ADAM),
        (frontier, ["--run", "r", "--benchmark", "b"], "adam", ADAM),
        (compare, ["--run", "r", "--benchmark", "b", "--teacher", "t"], "adam", ADAM),
    ],
)
def test_every_command_gives_an_optimiser_its_own_rates(
    module: ModuleType, required: list[str], optimizer: str, rates: list[float]
) -> None:
    words = [*required, "--optimizer", optimizer]
    start = module.defaults(words)
    parsed = tyro.cli(type(start), args=words, default=start)
    assert [stage.learning_rate for stage in parsed.recipe.stages] == rates
    given = tyro.cli(type(start), args=[*words, "--stage2.learning-rate", "0.5"], default=start)
    assert [stage.learning_rate for stage in given.recipe.stages] == [rates[0], 0.5, rates[2]]
    assert parsed.recipe.optimizer == optimizer
    if module is not run:
        assert module.defaults(required) is None


@pytest.mark.parametrize(
    ("named", "scale"),
    [
        (("--teacher", "residual-clean"), "3"),
        (("--start-from", "small-clean"), "3"),
        (("--teacher", "residual-clean", "--start-from", "small-clean"), "4"),
    ],
)
def test_a_scale_that_is_not_the_teachers_is_refused(
    tmp_path: Path, photos_folder: Path, named: tuple[str, ...], scale: str
) -> None:
    arguments = ("--photos", photos_folder, "--run", tmp_path / "run", "--threads", "1")
    done = command_here("distill.run", *named, *arguments, "--scale", scale)
    sentence = done.sentence(2)
    assert f"--scale is {scale}" in sentence
    assert "enlarges x2" in sentence
    assert not (tmp_path / "run").exists()


def test_a_teacher_of_another_scale_than_the_student_is_refused(tmp_path: Path) -> None:
    config = run.DistillConfig(run=tmp_path / "run", teacher=Path("residual-clean"))
    with pytest.raises(UsageError, match="--teacher residual-clean enlarges x2, but --start-from"):
        run.prepared(config, Chain(ChainConfig(body=0, channels=2, scale=Fraction(3))))


def test_wrong_usage_exits_with_2(tmp_path: Path) -> None:
    common = ("--teacher", tmp_path / "t", "--photos", tmp_path, "--run", tmp_path / "r")
    for wrong in WRONG:
        done = command_here("distill.run", *common, *wrong)
        assert done.status == 2, wrong
        assert "Traceback" not in done.errors
    # Photos without a larger version need a teacher to enlarge them.
    alone = ("--photos", tmp_path, "--run", tmp_path / "r", "--zoomed-photos", "1")
    refused = command_here("distill.run", *alone)
    assert refused.status == 2
    assert "need a --teacher" in refused.errors


def test_a_finished_run_records_how_it_was_made(chain: MadeChain) -> None:
    record = json.loads((chain.student / "run.json").read_text())
    assert record["settings"]["recipe"]["steps"] == 2
    assert record["data"]["photos"] == 9
    assert len(record["weights_sha256"]) == 64
