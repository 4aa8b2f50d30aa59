"""The sheet of crops, and the flags of `python -m teacher.evaluate` that go with it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from pixels.stills.files import read_picture
from teacher.evaluating.figure import ROWS, Gallery, _fitted, densest
from tests.made.commands import command_here
from tests.made.photos import noise, photo

CELL = 256


def places(sheet: np.ndarray, crop: np.ndarray) -> list[tuple[int, int]]:
    """Where a crop, four times as large, lies in a sheet."""
    large = crop.repeat(4, 0).repeat(4, 1)
    first = (sheet == large[0, 0]).all(axis=2)
    found = []
    for top, left in zip(*np.nonzero(first), strict=True):
        part = sheet[top : top + CELL, left : left + CELL]
        if part.shape == large.shape and np.array_equal(part, large):
            found.append((int(top), int(left)))
    return found


def test_crops_stand_side_by_side_pixel_for_pixel(tmp_path: Path) -> None:
    original = photo(200, 300)
    bicubic, network = original.copy(), original.copy()
    network[100:164, 40:104] = noise(64, 64)  # the one place where the two differ
    gallery = Gallery()
    gallery.offer("a.png", original, {"bicubic": bicubic, "net": network})
    gallery.write(tmp_path / "sheet.png")
    sheet = read_picture(tmp_path / "sheet.png").rgb
    area = (slice(100, 164), slice(40, 104))
    spots = [places(sheet, pixels[area]) for pixels in (original, network)]
    # The bicubic one equals the original here, so that it is found beside it.
    assert len(spots[0]) == 2 and len(spots[1]) == 1
    tops = {top for spot in spots for top, _ in spot}
    lefts = [left for spot in spots for _, left in spot]
    assert len(tops) == 1 and lefts == sorted(lefts)


def test_thedensest_square_is_found() -> None:
    values = np.zeros((90, 130))
    values[20:84, 50:114] = 2.0
    values[0, 0] = 50.0
    assert densest(values) == (2.0, 20, 50, 64)
    assert densest(np.ones((10, 40)))[1:] == (0, 0, 10)


def test_only_the_most_telling_photos_are_kept_in_their_order(tmp_path: Path) -> None:
    gallery = Gallery(rows=2)
    for name, step in {"a": 5, "b": 1, "c": 9}.items():
        original = photo(80, 80)
        changed = (original // 2 + step * 5).astype(np.uint8)
        gallery.offer(name, original, {"bicubic": (original // 2).astype(np.uint8), "net": changed})
    assert [row.name for row in gallery._rows] == ["a", "c"]


def test_names_wider_than_a_column_are_shortened_in_their_middle() -> None:
    assert _fitted("short.png") == "short.png"
    shown = _fitted("a-very-long-name-of-a-photo-that-somebody-has-taken-in-2021.jpeg")
    assert shown.startswith("a-very") and shown.endswith("2021.jpeg") and "…" in shown


def test_the_command_writes_table_csv_and_figure(
    tmp_path: Path, photos_folder: Path, tiny_run: Path
) -> None:
    done = command_here(
        *("teacher.evaluate", "--photos", photos_folder, "--model", tiny_run, "--ensemble"),
        *("--csv", tmp_path / "a.csv", "--figure", tmp_path / "a.png", "--threads", "1"),
    )
    assert done.status == 0, done.errors
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["input", "photo", "model", "psnr", "ssim", "ssimulacra2"]
    names = ["bicubic", "tiny", "tiny+"]
    assert [row[1:3] for row in rows[-3:]] == [["mean", name] for name in names]
    assert [row[2] for row in rows[1:-3]] == names * 3
    assert float(rows[-1][3]) != float(rows[-2][3])
    sheet = read_picture(tmp_path / "a.png").rgb
    assert sheet.shape[1] == 2 * 40 + 5 * (CELL + 14) - 14
    assert "tiny+" in done.output and "gain" in done.output


def test_bicubic_alone_is_shown_where_it_is_worst(tmp_path: Path, photos_folder: Path) -> None:
    done = command_here("teacher.evaluate", "--photos", photos_folder, "--figure",
                        tmp_path / "a.png")  # fmt: skip
    assert done.status == 0, done.errors
    assert len(read_picture(tmp_path / "a.png").rgb) < ROWS * CELL


def test_runs_of_the_same_name_are_told_apart(
    tmp_path: Path, photos_folder: Path, tiny_run: Path
) -> None:
    other = tmp_path / "other" / tiny_run.name
    shutil.copytree(tiny_run, other)
    done = command_here(
        *("teacher.evaluate", "--photos", photos_folder, "--model", tiny_run, other),
        *("--csv", tmp_path / "a.csv"),
    )
    assert done.status == 0, done.errors
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        means = [row[2] for row in csv.reader(file) if row[1] == "mean"]
    assert means == ["bicubic", str(tiny_run), str(other)]


@pytest.mark.parametrize(
    ("flags", "status", "expected"),
    [
        (("--figure", "missing/a.png"), 1, "the folder missing does not exist"),
        (("--csv", "missing/a.csv"), 1, "the folder missing does not exist"),
        (("--figure", "a.txt"), 2, "figure must be a .png file, got a.txt"),
    ],
)
def test_wrong_targets_are_told_before_anything_is_measured(
    photos_folder: Path, flags: tuple[str, str], status: int, expected: str
) -> None:
    done = command_here("teacher.evaluate", "--photos", photos_folder, *flags)
    assert done.status == status
    assert expected in done.errors and "Traceback" not in done.errors
