"""Tuning to a site, further sources and formats: `python -m distill.run` in small."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch

from teacher.networks.registry import parameter_count
from teacher.runs.folder import load_network
from teacher.runs.record import read_record
from tests.made.commands import command_here
from tests.made.photos import write_photos
from tests.made.training import no_reports as no_reports

FEW = (
    *("--expansion", "8", "--steps", "6", "--threads", "1", "--no-teacher-ensemble"),
    *(f"--stage{stage}.{rest}" for stage in "123" for rest in ("batch=2", "crop-px=12")),
)  # fmt: skip
TINY = ("--student", "nano", "--body", "1", "--channels", "4", *FEW)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory, photos_folder: Path) -> Path:
    run = tmp_path_factory.mktemp("students") / "first"
    photos = ("--photos", photos_folder, "--validation", photos_folder)
    done = command_here("distill.run", *photos, "--run", run, *TINY)
    assert done.status == 0, done.errors
    return run


def weights(run: Path) -> torch.Tensor:
    return torch.cat([p.flatten() for p in load_network(run)[0].state_dict().values()])


def test_a_run_holds_the_plain_chain(student: Path) -> None:
    network, record = load_network(student)
    assert record.network_config["kernel"] == 3
    # first (9 + 1) c, body (9 c + 1) c, last (9 c + 1) 4
    assert parameter_count(network) == 10 * 4 + 37 * 4 + 37 * 4
    assert record.settings["teacher"] is None


def test_a_student_that_was_stopped_ends_the_same(
    tmp_path: Path, student: Path, photos_folder: Path
) -> None:
    again = (
        "--photos",
        photos_folder,
        "--validation",
        photos_folder,
        "--run",
        tmp_path / "r",
        *TINY,
    )
    short = command_here("distill.run", *again, "--checkpoint-seconds", "0")
    assert short.status == 0
    assert torch.equal(weights(tmp_path / "r"), weights(student))
    (tmp_path / "r" / "run.json").unlink()  # as if it were killed after the last step
    done = command_here("distill.run", *again)
    assert done.status == 0, done.errors
    assert torch.equal(weights(tmp_path / "r"), weights(student))


def test_tuning_continues_from_the_weights_and_prints_the_gain(
    tmp_path: Path, student: Path
) -> None:
    site = write_photos(tmp_path / "site", [(50, 52), (40, 61)])
    run = tmp_path / "tuned"
    common = ("--photos", site, "--validation", site, "--run", run, "--start-from", student)
    rates = [word for stage in "123" for word in (f"--stage{stage}.learning-rate", "1e-7")]
    done = command_here("distill.run", *common, *FEW, *rates)
    assert done.status == 0, done.errors
    assert "tuned" in done.output and "gain" in done.output
    assert load_network(run)[0].config == load_network(student)[0].config
    assert (weights(run) - weights(student)).abs().max() < 1e-4  # a tiny rate stays near
    with (run / "gain.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["photo"] for row in rows] == ["1", "2", "mean"]
    tuned = read_record(run).metrics["validation/psnr"]
    assert float(rows[-1]["tuned_psnr"]) == pytest.approx(tuned, abs=1e-3)
    assert float(rows[-1]["before_psnr"]) == pytest.approx(tuned, abs=0.05)
    assert read_record(run).settings["start_from"] == read_record(student).weights_sha256


def test_tuning_starts_from_a_student_only(
    tmp_path: Path, tiny_run: Path, photos_folder: Path
) -> None:
    common = ("--photos", photos_folder, "--run", tmp_path / "r", *FEW)
    done = command_here("distill.run", *common, "--start-from", tiny_run)
    assert "not a student" in done.sentence(1)
    done = command_here("distill.run", *common, "--start-from", tmp_path / "r")
    assert done.status == 2
    assert "must not be the folder to start from" in done.errors


def test_tuning_grows_the_student(tmp_path: Path, student: Path, photos_folder: Path) -> None:
    run = tmp_path / "grown"
    common = ("--photos", photos_folder, "--validation", photos_folder, "--start-from", student)
    rates = [word for stage in "123" for word in (f"--stage{stage}.learning-rate", "1e-7")]
    shape = ("--body", "3", "--activation", "prelu")
    done = command_here("distill.run", *common, "--run", run, *shape, *FEW, *rates)
    assert done.status == 0, done.errors
    grown, before = read_record(run), read_record(student)
    assert grown.network_config == {**before.network_config, "body": 3, "activation": "prelu"}
    gained = float(grown.metrics["validation/psnr"]) - float(before.metrics["validation/psnr"])
    assert abs(gained) < 0.02  # what computes the same, and a tiny rate
    common = ("--photos", photos_folder, "--run", tmp_path / "back", "--start-from", run)
    done = command_here("distill.run", *common, "--activation", "relu", *FEW)
    assert "PReLU cannot become ReLU" in done.sentence(1)


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (("--body", "0"), "body must be at least 1"),
        (("--channels", "8"), "only body, colour and activation can grow"),
        (("--kernel", "5"), "only body, colour and activation can grow"),
        (("--student", "medium"), "leave out --student"),
    ],
)
def test_tuning_takes_no_other_shape(
    tmp_path: Path, student: Path, photos_folder: Path, flags: tuple[str, str], problem: str
) -> None:
    common = ("--photos", photos_folder, "--run", tmp_path / "r", "--start-from", student)
    done = command_here("distill.run", *common, *flags, *FEW)
    assert done.status != 0
    assert problem in done.errors and "Traceback" not in done.errors
    assert not (tmp_path / "r").exists()


def test_every_source_at_once(tmp_path: Path, tiny_run: Path, photos_folder: Path) -> None:
    small = write_photos(tmp_path / "small", [(26, 30)])
    done = command_here(
        *("distill.run", "--photos", photos_folder, "--validation", photos_folder),
        *("--run", tmp_path / "r", "--teacher", tiny_run, *TINY, "--degradation", "web"),
        *("--lr-only-photos", small, "--zoomed-photos", "1", "--other-photos", small),
        *("--colour", "rgb"),
    )
    assert done.status == 0, done.errors
    settings = read_record(tmp_path / "r").settings
    assert list(settings["sources"]) == ["truth", "lr-only", "zoomed", "other"]
    assert settings["degradation"]["kind"] == "web"


def test_a_missing_folder_of_a_source_is_reported(
    tmp_path: Path, tiny_run: Path, photos_folder: Path
) -> None:
    done = command_here(
        *("distill.run", "--photos", photos_folder, "--run", tmp_path / "r", *TINY),
        *("--teacher", tiny_run, "--lr-only-photos", tmp_path / "nowhere"),
    )
    assert "nowhere" in done.sentence(1)
