"""`python -m teacher.prepare` as a user meets it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixels.resize import reduce_photo, resize
from pixels.store.shards import SPLITS, split_of
from pixels.store.store import PhotoStore
from plumbing.command import UserError
from tests.made.commands import TINY, Finished, command_here, command_on_full_disk
from tests.made.illustrations import page
from tests.made.photos import samples, write_photos
from tests.made.runs import ROOT

SMALL = ("--min-pixels", "20000", "--workers", "1", "--variants", "1")
AS_THEY_ARE = (*SMALL, "--short-sides")


def prepare(store: Path, *arguments: str | Path) -> Finished:
    return command_here("teacher.prepare", *arguments, "--store", store, *AS_THEY_ARE)


def verdicts(store: Path) -> dict[str, str]:
    with (store / "report.csv").open(newline="") as file:
        return {Path(row["path"]).name: row["verdict"] for row in csv.DictReader(file)}


def all_stored(store: Path) -> set[str]:
    return {photo.name for photo in PhotoStore(store).photos}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts of photographs, and one of each kind that is to be skipped."""
    folder = tmp_path_factory.mktemp("in")
    for name in ("astronaut", "chelsea", "coffee", "motorcycle", "grass", "gravel"):
        pixels = samples()[name][:280, :280]
        Image.fromarray(pixels).save(folder / f"{name}.png")
    coffee = Image.open(folder / "coffee.png")
    coffee.resize((200, 200)).save(folder / "copy.png")
    coffee.resize((140, 140)).resize((280, 280)).save(folder / "enlarged.png")
    coffee.resize((100, 90)).save(folder / "small.png")
    rocket = Image.fromarray(samples()["rocket"])
    rocket.save(folder / "compressed.jpg", quality=30)
    page(np.random.default_rng(0)).save(folder / "page.png")
    (folder / "broken.png").write_bytes(b"no photo")
    return folder


@pytest.fixture(scope="module")
def made(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("made") / "store"
    done = prepare(store, photos)
    assert done.status == 0, done.errors
    assert "1 duplicate" in done.errors
    return store


@pytest.mark.slow
def test_every_file_gets_its_verdict(made: Path, photos: Path) -> None:
    kept = ("astronaut", "chelsea", "coffee", "motorcycle", "grass", "gravel")
    expected = {f"{name}.png": "kept" for name in kept}
    expected |= {"copy.png": "duplicate", "enlarged.png": "enlarged", "small.png": "small"}
    expected |= {"compressed.jpg": "compressed", "page.png": "illustration"}
    assert verdicts(made) == {**expected, "broken.png": "unreadable"}
    report = json.loads((made / "report.json").read_text())
    assert report["counts"]["kept"] == 6
    reasons = {Path(entry["path"]).name: entry["reason"] for entry in report["files"]}
    assert reasons["copy.png"] == f"the same as {photos / 'coffee.png'}"
    assert "quality 30" in reasons["compressed.jpg"]
    assert all(
        bool(reason) == (name not in expected or expected[name] != "kept")
        for name, reason in reasons.items()
    )
    sheet = np.asarray(Image.open(made / "contact-sheet.png"))
    assert sheet.shape[1] > 1000
    assert np.unique(sheet.reshape(-1, 3), axis=0).shape[0] > 5000  # photographs are on it


def test_the_store_holds_what_was_kept_split_by_content(made: Path, photos: Path) -> None:
    for split in SPLITS:
        store = PhotoStore(made, split)
        for number, photo in enumerate(store.photos):
            assert split_of(photo.sha256) == split
            reduced, original = reduce_photo(
                np.asarray(Image.open(photos / photo.name)), Fraction(2)
            )
            assert np.array_equal(store.photo(number, "full"), original)
            assert np.array_equal(store.photo(number, "reduced"), reduced)
    assert PhotoStore(made, "train").has_layer("web")


@pytest.mark.slow
def test_copies_have_the_shorter_sides_asked_for_and_none_is_enlarged(
    tmp_path: Path, photos: Path
) -> None:
    store = tmp_path / "store"
    sides = ("--short-sides", "160", "300", "202")
    done = command_here("teacher.prepare", photos, "--store", store, *SMALL, *sides)
    assert done.status == 0, done.errors
    sizes = {"train": (280, 202, 160), "validation": (280,), "test": (280,)}
    found = 0
    for split in SPLITS:
        opened = PhotoStore(store, split)
        for number, photo in enumerate(opened.photos):
            side = sizes[split][number % len(sizes[split])]
            whole = np.asarray(Image.open(photos / photo.name))
            copy = whole if side == 280 else resize(whole, (side, side))
            reduced, original = reduce_photo(copy, Fraction(2))
            assert np.array_equal(opened.photo(number, "full"), original)
            assert np.array_equal(opened.photo(number, "reduced"), reduced)
            found += 1
        assert opened.file_count * len(sizes[split]) == len(opened.photos)
    training = PhotoStore(store, "train")
    assert found > training.file_count > 0
    assert training.has_layer("web")
    one = tmp_path / "one"
    command_here("teacher.prepare", photos, "--store", one, *SMALL, "--short-sides", "202")
    other = PhotoStore(one, "train")
    assert other.file_count == training.file_count
    assert other.fingerprint != training.fingerprint  # the same files, of other sizes


def test_splits_are_80_10_10() -> None:
    splits = [split_of(f"{number * 7919:08x}") for number in range(100_000)]
    shares = [splits.count(split) / len(splits) for split in SPLITS]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.005)


def test_added_photos_change_nothing_that_is_there(tmp_path: Path, photos: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for name in ("copy.png", "astronaut.png"):
        shutil.copy2(photos / name, few)
    assert prepare(tmp_path / "store", few).status == 0
    before = {
        path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("shards/*/*.bin")
    }
    splits = {split: PhotoStore(tmp_path / "store", split).photos for split in SPLITS}
    done = prepare(tmp_path / "store", photos)
    assert done.status == 0, done.errors
    assert {path: path.stat().st_mtime_ns for path in before} == before
    for split in SPLITS:
        assert set(splits[split]) <= set(PhotoStore(tmp_path / "store", split).photos)
    # The smaller copy was stored first: it stays, and the larger one is skipped.
    assert verdicts(tmp_path / "store")["coffee.png"] == "duplicate"
    assert {"copy.png", "astronaut.png", "grass.png"} <= all_stored(tmp_path / "store")
    assert PhotoStore(tmp_path / "store", "train").has_layer("web")


@pytest.mark.process
def test_two_processes_make_the_same_store(tmp_path: Path, photos: Path, made: Path) -> None:
    done = command_here(
        "teacher.prepare", photos, "--store", tmp_path / "store", *AS_THEY_ARE, "--workers", "2"
    )
    assert done.status == 0, done.errors
    for path in made.rglob("shards/*/*"):
        assert (tmp_path / "store" / path.relative_to(made)).read_bytes() == path.read_bytes()


def test_a_list_of_paths_may_name_missing_files(tmp_path: Path, photos: Path) -> None:
    shutil.copy2(photos / "chelsea.png", tmp_path)
    listed = tmp_path / "list.txt"
    listed.write_text(f"# photos\nchelsea.png\n\n{photos / 'grass.png'}\nnowhere.png\n")
    assert prepare(tmp_path / "store", listed).status == 0
    expected = {"chelsea.png": "kept", "grass.png": "kept", "nowhere.png": "unreadable"}
    assert verdicts(tmp_path / "store") == expected


def test_bad_input_is_told(tmp_path: Path, photos: Path, made: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00\x81")
    (tmp_path / "blank.txt").write_text("\n# nothing\n")
    for name, problem in (
        ("empty", "contains no pictures"),
        ("nowhere", "there is no such folder"),
        ("binary.txt", "neither a photo nor a text file"),
        ("blank.txt", "lists no photos"),
    ):
        sentence = prepare(tmp_path / "store", tmp_path / name).sentence()
        assert problem in sentence
        assert str(tmp_path / name) in sentence
        assert not (tmp_path / "store").exists()
    other = command_here("teacher.prepare", photos, "--store", made, *AS_THEY_ARE, "--scale", "3")
    assert "other settings (scale)" in other.sentence()
    assert "holds something else" in prepare(photos, photos).sentence()
    for wrong in (
        ("--scale", "5"),
        ("--short-sides", "512", "100"),
        *(("--min-pixels", "0"), ("--workers", "0"), ("--variants=-1",)),
    ):
        done = command_here("teacher.prepare", photos, "--store", tmp_path / "store", *wrong)
        assert done.status == 2
        assert wrong[0].strip("-").partition("=")[0] in done.errors
        assert not (tmp_path / "store").exists()


def test_nothing_usable_is_told_with_the_report(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "in", [(40, 50), (30, 30)])
    sentence = prepare(tmp_path / "store", folder).sentence()
    assert "none of the 2 files can be used (2 small)" in sentence
    assert set(verdicts(tmp_path / "store").values()) == {"small"}
    with pytest.raises(UserError, match="not a complete photo store"):
        PhotoStore(tmp_path / "store")


@pytest.mark.process
def test_a_full_disk_is_told_and_the_same_command_goes_on(
    tmp_path: Path, photos: Path, made: Path
) -> None:
    command = ("teacher.prepare", photos, "--store", tmp_path / "store", *AS_THEY_ARE)
    done = command_on_full_disk(100_000, *command)
    assert "cannot write: file too large" in done.sentence()
    assert str(tmp_path / "store") in done.sentence()
    assert command_here(*command).status == 0
    assert all_stored(tmp_path / "store") == all_stored(made)


@pytest.mark.process
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_stopped_at_any_time_it_goes_on(
    tmp_path: Path, photos: Path, made: Path, how: signal.Signals
) -> None:
    store = tmp_path / "store"
    command = ["teacher.prepare", str(photos), "--store", str(store), *AS_THEY_ARE]
    journal = store / "journal.jsonl"
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as process:
        while not journal.is_file() or journal.stat().st_size < 400:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(how)
        _, errors = process.communicate()
    if how == signal.SIGINT and process.returncode != 0:  # it may have been done already
        assert process.returncode == 130, errors
        assert "interrupted" in errors
    known = [line for line in journal.read_text().splitlines() if line]
    assert prepare(store, photos).status == 0
    assert journal.read_text().count(json.loads(known[0])["path"]) == 1  # not looked at again
    for path in made.rglob("shards/*/*"):
        assert (store / path.relative_to(made)).read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_both_inputs_train_from_a_store(tmp_path: Path, made: Path) -> None:
    for kind in ("clean", "web"):
        run = tmp_path / kind
        named = ("--store", made, "--degradation", kind, "--run", run, "--steps", "2", *TINY)
        done = command_here("teacher.train", *named)
        assert done.status == 0, done.errors
        settings = json.loads((run / "run.json").read_text())["settings"]
        assert settings.get("degradation", {}).get("kind", "clean") == (
            "web" if kind == "web" else "clean"
        )
    assert not (tmp_path / "stores").exists()
    wrong = command_here("teacher.train", "--store", made, "--run", tmp_path / "r", "--scale", "3")
    assert "--scale 3" in wrong.sentence()
    both = ("--store", made, "--photos", made, "--run", tmp_path / "r")
    assert "give either --photos or --store" in command_here("teacher.train", *both).sentence(2)
    crops = ("--crop-px", "200", "--run", tmp_path / "r")
    assert "--crop-px" in command_here("teacher.train", "--store", made, *crops).sentence()
