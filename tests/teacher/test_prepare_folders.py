"""Folders as people have them, through `teacher.prepare`, `teacher.evaluate` and training."""

from __future__ import annotations

import csv
import json
import os
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from pixels.store.build import held_out, open_or_build_store
from pixels.survey.survey import measure
from plumbing.command import UserError
from teacher.prepare import find_photos
from tests.made.commands import Finished, command_here
from tests.made.files import smooth
from tests.made.photos import samples, write_photos


def prepare(store: Path, *arguments: str | Path) -> Finished:
    flags = ("--min-pixels", "10000", "--workers", "1", "--variants", "0", "--short-sides")
    return command_here("teacher.prepare", *arguments, "--store", store, *flags)


def write_photo(folder: Path, name: bytes, number: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pixels = samples()[("coffee", "chelsea", "grass")[number]][:200, :200]
    with (folder / os.fsdecode(name)).open("wb") as file:
        Image.fromarray(pixels).save(file, "PNG")


def verdicts(store: Path) -> dict[str, str]:
    with (store / "report.csv").open(newline="", encoding="utf-8") as file:
        return {Path(row["path"]).name: row["verdict"] for row in csv.DictReader(file)}


def test_any_name_is_in_the_report_and_the_store(tmp_path: Path) -> None:
    write_photo(tmp_path / "in", b"caf\xe9.png")
    write_photo(tmp_path / "in", b"a" * 251 + b".png", 2)
    (tmp_path / "in" / os.fsdecode(b"\xff.png")).write_bytes(b"no photo")
    expected = {"caf%E9.png": "kept", f"{'a' * 251}.png": "kept", "%FF.png": "unreadable"}
    for _ in range(2):
        done = prepare(tmp_path / "store", tmp_path / "in")
        assert done.status == 0, done.errors
        assert verdicts(tmp_path / "store") == expected
    report = json.loads((tmp_path / "store" / "report.json").read_text(encoding="utf-8"))
    assert {Path(row["path"]).name for row in report["files"]} == set(expected)


def test_a_list_may_hold_any_name(tmp_path: Path) -> None:
    write_photo(tmp_path, b"caf\xe9.png")
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbf# photos\ncaf\xe9.png\n")
    assert find_photos([tmp_path / "list.txt"]) == [tmp_path / os.fsdecode(b"caf\xe9.png")]
    (tmp_path / "other").write_bytes(b"\0\1\2")
    with pytest.raises(UserError, match="neither a photo nor a text file"):
        find_photos([tmp_path / "other"])


def test_a_store_within_the_photos_is_left_out(tmp_path: Path) -> None:
    write_photo(tmp_path / "in", b"one.png")
    for _ in range(2):
        done = prepare(tmp_path / "in" / "store", tmp_path / "in")
        assert done.status == 0, done.errors
        assert list(verdicts(tmp_path / "in" / "store")) == ["one.png"]


def test_what_is_passed_over_is_named(tmp_path: Path) -> None:
    write_photo(tmp_path / "in", b"DSC0042")
    (tmp_path / "in" / "a.nef").write_bytes(b"II*\0" + bytes(50))
    done = prepare(tmp_path / "store", tmp_path / "in")
    assert "1 x camera raw file (a.nef; develop" in done.errors
    assert verdicts(tmp_path / "store") == {"DSC0042": "kept"}


def write_several(path: Path, first: str) -> None:
    photos = [samples()[name][:200, :200] for name in (first, "coffee", "grass")]
    frames = [Image.fromarray(photo) for photo in photos]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)


def test_further_pages_and_frames_are_named(tmp_path: Path) -> None:
    """In a folder and by name; once it is measured, the report remembers."""
    (tmp_path / "in").mkdir()
    write_several(tmp_path / "in" / "pages.tif", "coffee")
    write_several(tmp_path / "alone.webp", "grass")
    for _ in range(2):
        done = prepare(tmp_path / "store", tmp_path / "in", tmp_path / "alone.webp")
        assert done.status == 0, done.errors
        assert "only the first page or frame is used of 2 files" in done.errors
        assert "pages.tif of 3" in done.errors
    with (tmp_path / "store" / "report.csv").open(newline="", encoding="utf-8") as file:
        reasons = {Path(row["path"]).name: row["reason"] for row in csv.DictReader(file)}
    first = "only the first of its 3 pages or frames is used"
    assert reasons == {"pages.tif": first, "alone.webp": first}


def test_figures_of_first_frames_are_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_several(tmp_path / "in" / "moving.gif", "coffee")  # GIF holds equal frames once
    done = command_here("teacher.evaluate", "--photos", tmp_path / "in")
    assert done.status == 0, done.errors
    assert "only the first page or frame is used of 1 file: moving.gif of 2" in done.errors


@pytest.mark.parametrize("at", ["detail", "signs", "perceptual_hash", "jpeg_quality"])
def test_a_photo_that_cannot_be_measured_gets_a_verdict(
    tmp_path: Path, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: object) -> object:
        raise ZeroDivisionError("no")

    write_photo(tmp_path, b"a.png")
    monkeypatch.setattr(f"pixels.survey.survey.{at}", failing)
    facts = measure(tmp_path / "a.png")
    assert facts.error == f"{tmp_path / 'a.png'}: cannot be measured (ZeroDivisionError: no)"


def test_figures_hold_any_name(tmp_path: Path) -> None:
    write_photo(tmp_path / "in", b"caf\xe9.png")
    done = command_here(
        *("teacher.evaluate", "--photos", tmp_path / "in", "--csv", tmp_path / "out.csv"),
        *("--figure", tmp_path / "out.png"),
    )
    assert done.status == 0, done.errors
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        assert [row["photo"] for row in csv.DictReader(file)] == ["caf%E9.png", "mean"]


def test_a_figure_among_the_photos_is_refused(tmp_path: Path) -> None:
    write_photo(tmp_path / "in", b"a.png")
    for figure in (tmp_path / "in" / "f.png", tmp_path / "x" / ".." / "in" / "f.png"):
        (tmp_path / "x").mkdir(exist_ok=True)
        done = command_here("teacher.evaluate", "--photos", tmp_path / "in", "--figure", figure)
        assert "among the photos" in done.sentence(2)
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["a.png"]


def test_a_photo_that_cannot_be_read_does_not_end_a_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = sorted(write_photos(tmp_path / "in", [(40, 40), (44, 40)]).iterdir())
    gone = tmp_path / "in" / "gone.png"
    assert held_out(gone) is False
    store = open_or_build_store(
        [*paths, gone], tmp_path / "stores", scale=Fraction(2), smallest_px=16
    )
    assert len(store.photos) == 2
    assert "gone.png: cannot be read" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(UserError, match="none of the 1 photos can be read"):
        open_or_build_store([gone], tmp_path / "stores", scale=Fraction(2), smallest_px=16)


def test_a_raw_file_by_another_name_is_not_taken_for_its_preview(tmp_path: Path) -> None:
    from PIL import TiffImagePlugin

    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[50706] = b"\1\4\0\0"
    tags.tagtype[50706] = 1
    Image.fromarray(smooth()).save(tmp_path / "a.tif", tiffinfo=tags)
    assert "is a camera raw file; develop it" in measure(tmp_path / "a.tif").error
