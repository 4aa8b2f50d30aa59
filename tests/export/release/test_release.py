"""Releasing: every training of a budget, and what is left of it where names are looked up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from export.release.card import write_credits
from export.release.plan import plan, preparation
from plumbing.command import UserError
from teacher.reducing.weights import read_reducer
from teacher.runs.folder import load_network
from teacher.runs.record import read_record
from tests.made.commands import Finished, command_here
from tests.made.photos import photo
from tests.made.training import no_reports as no_reports

NAMES = ("coffee.png", "rocket.png", "chelsea.png")


@pytest.fixture(autouse=True)
def steps_run_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the release's commands in this process: starting PyTorch for each takes most time."""

    def run_step(module: str, *arguments: str) -> None:
        done = command_here(module, *arguments)
        if done.status != 0:
            raise UserError(f"{module} failed: {done.errors}")

    monkeypatch.setattr("plumbing.steps.run_step", run_step)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos that pass for photographs, with a table of whom they are from."""
    folder = tmp_path_factory.mktemp("release") / "photos"
    folder.mkdir()
    for name in NAMES:
        picture = getattr(data, name.partition(".")[0])()
        # Large enough for `prepare`, and sharp: repeated, not enlarged.
        Image.fromarray(picture).resize((912, 704), Image.Resampling.NEAREST).save(folder / name)
    lines = ["file,author", *(f"{name},someone" for name in NAMES)]
    (folder.parent / "licences.csv").write_text("\n".join(lines))
    return folder


def release(photos: Path, folder: Path, *more: str | Path) -> Finished:
    return command_here(
        *("export.release", "--photos", photos, "--budget", "rehearsal", "--runs", folder / "runs"),
        *("--teachers-to", folder / "teachers", "--students-to", folder / "students"),
        *("--threads", "1", *more),
    )


@pytest.mark.process  # `prepare` starts workers
def test_a_rehearsal_releases_weights_with_their_cards(photos: Path, tmp_path: Path) -> None:
    benchmark = tmp_path / "bench"
    benchmark.mkdir()
    Image.fromarray(photo(64, 48)).save(benchmark / "a.png")
    licences = photos.parent / "licences.csv"
    done = release(photos, tmp_path, "--benchmarks", benchmark, "--licences", licences)
    assert done.status == 0, done.errors + done.output
    folders = [tmp_path / "teachers" / "residual-clean"]
    folders += [
        tmp_path / "students" / name for name in ("nano-clean", "nano-web", "nano-fine-3-2")
    ]
    for folder in folders:
        network, record = load_network(folder)
        trained, before = load_network(tmp_path / "runs" / folder.name)
        assert record.settings == before.settings
        for name, weights in trained.state_dict().items():
            kept = network.state_dict()[name]
            assert torch.equal(kept, weights.half().float())
        size = (folder / "model.safetensors").stat().st_size
        assert size < 0.7 * (tmp_path / "runs" / folder.name / "model.safetensors").stat().st_size
        card = (folder / "README.md").read_text()
        assert "python -m teacher.train" in card and str(tmp_path) not in card
        figures = json.loads((folder / "figures.json").read_text())
        assert [figure["input"] for figure in figures] == ["clean", "jpeg-75", "webp-75", "avif-60"]
        assert all(f"| bench | {f['input']} | {f['psnr']:.2f} |" in card for f in figures)
    assert (tmp_path / "students" / "nano-web" / "README.md").read_text().count("distill.run") == 2
    assert read_record(folders[2]).settings["degradation"]["kind"] == "web"
    card = (folders[3] / "README.md").read_text()
    assert "Enlarges photos 3/2 times" in card and "--scale 3/2" in card
    reducer = tmp_path / "students" / "reducer-fine"
    card = (reducer / "README.md").read_text()
    assert "Makes photos 2 times smaller for `nano-clean`" in card and "distill.reducing" in card
    assert str(tmp_path) not in card
    trained = read_reducer(tmp_path / "runs" / "reducer-fine").weights
    for name, weights in read_reducer(reducer).weights.tensors().items():
        np.testing.assert_array_equal(weights, trained.tensors()[name].astype(np.float16))
    credits_ = (tmp_path / "students" / "CREDITS.csv").read_text().splitlines()
    assert credits_[0] == "file,author" and 1 <= len(credits_) - 1 <= len(NAMES)

    for folder in folders:
        shutil.rmtree(folder)
    again = release(photos, tmp_path, "--only", "nano-clean")
    assert again.status == 0, again.errors  # and what is trained already was not trained again
    assert (folders[1] / "README.md").exists() and not folders[2].exists()


@pytest.mark.process  # `prepare` starts workers
def test_a_benchmark_photo_among_the_training_photos_is_found(photos: Path, tmp_path: Path) -> None:
    benchmark = tmp_path / "bench"
    benchmark.mkdir()
    for name in NAMES:  # whichever of them is in the training split
        Image.open(photos / name).resize((456, 352)).save(benchmark / f"{name}.jpg", quality=80)
    done = release(photos, tmp_path, "--benchmarks", benchmark)
    assert "is a copy of" in done.sentence()
    assert not (tmp_path / "students").exists()


def test_a_name_that_is_not_planned_is_reported(tmp_path: Path) -> None:
    done = release(tmp_path, tmp_path, "--only", "huge-clean")
    assert done.status == 2
    assert "'huge-clean'" in done.errors


@pytest.mark.slow
@pytest.mark.parametrize("budget", ["gpu", "cpu", "rehearsal"])
def test_every_training_comes_after_what_it_needs(budget: str, tmp_path: Path) -> None:
    trainings = plan(budget)  # pyright: ignore[reportArgumentType]
    names = [training.name for training in trainings]
    assert len({*names}) == len(names)
    for number, training in enumerate(trainings):
        assert training.needs is None or training.needs in names[:number]
        # Each command line is one that its command accepts: it fails for want of a store alone.
        arguments = training.arguments(store=tmp_path / "none", runs=tmp_path / "runs")
        # (Whole numbers and reducers cannot be trained without a student.)
        needs_it = "integer" in arguments or training.is_reducer
        if training.needs is not None and not needs_it:
            del arguments[arguments.index(training.needs_flag) :][:2]
        done = command_here(training.module, *arguments)
        assert done.status == 1, (training.name, done.errors)


@pytest.mark.parametrize(
    ("name", "before", "store", "store_before"),
    [
        ("small-fine", "small-fine-first", "published", "compressed"),
        ("small-fine-3-2", "small-fine-3-2-second", "published-two-thirds", "two-thirds"),
    ],
)
def test_students_for_publishing_are_trained_on_what_publishing_sends(
    name: str, before: str, store: str, store_before: str, tmp_path: Path
) -> None:
    trainings = {training.name: training for training in plan("gpu")}
    last, first = trainings[name], trainings[before]
    assert (last.kind, last.store, first.store) == ("fine", store, store_before)
    assert last.is_released and not first.is_released
    prepared = " ".join(preparation(last.store, "gpu"))
    assert "--sending published" in prepared and ("--scale 3/2" in prepared) == ("3-2" in name)
    arguments = " ".join(last.arguments(store=tmp_path, runs=Path("runs")))
    assert f"--degradation published --start-from runs/{before} " in arguments
    whole = trainings[f"{name}-integer"]
    assert (whole.store, whole.needs) == (store, name)


def test_a_photo_without_credits_is_reported(tmp_path: Path) -> None:
    licences = tmp_path / "licences.csv"
    licences.write_text("file,author\na.png,someone\n")
    with pytest.raises(UserError, match=r"no line for b\.png"):
        write_credits(tmp_path / "out.csv", licences, ["a.png", "b.png"])
    licences.write_text("name\nx\n")
    with pytest.raises(UserError, match="column `file`"):
        write_credits(tmp_path / "out.csv", licences, ["a.png"])
