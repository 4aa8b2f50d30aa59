"""tools.compare_students: bytes at a target, the tables, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.table import Table

from tests.made.commands import command_here
from tests.made.photos import photo
from tools.compare_students.measure import (
    BYTES,
    FULL,
    JOD,
    LANCZOS,
    POINTS,
    Curve,
    Photo,
    Work,
    measure,
)
from tools.compare_students.tables import bytes_at, tables


def curve(bytes_: float, points: float = 30.0) -> Curve:
    """Three files: each has twice the bytes, 20 points and 0.2 JOD more than the one before."""
    return np.array([[at, bytes_ * 2**at, points + 20 * at, 9.3 + 0.2 * at] for at in range(3)])


def test_bytes_are_interpolated_on_their_logarithm_and_never_beyond_what_was_measured() -> None:
    of = curve(1000.0)
    assert bytes_at(of, JOD, 9.4) == pytest.approx(1000 * 2**0.5)
    assert bytes_at(of[::-1], POINTS, 70) == pytest.approx(4000)
    assert bytes_at(of, POINTS, 29.9) is None
    assert bytes_at(of, JOD, 9.71) is None


def rows_of(table: Table) -> list[list[str]]:
    return [list(cells) for cells in zip(*(column.cells for column in table.columns), strict=True)]


def test_students_are_compared_with_the_first_with_full_size_and_with_lanczos() -> None:
    alike: Photo = {FULL: curve(1000), LANCZOS: curve(900), "a": curve(800), "b": curve(600)}
    # Here full size is the smallest form but with `b`.
    hard: Photo = {FULL: curve(1000), LANCZOS: curve(1800), "a": curve(1600), "b": curve(900)}
    ratio, saved, own, above = tables("AVIF", [alike, alike, hard, hard], ["a", "b"])
    first = ["9.3 JOD", "4"]
    mean = np.exp((np.log(600 / 800) + np.log(900 / 1600)) / 2) - 1
    assert rows_of(ratio)[0] == [*first, "+12.5 %", "+0.0 %", f"{100 * mean:+.1f} %"]
    assert rows_of(saved)[0] == [*first, "-5.0 %", "-10.0 %", "-25.0 %"]
    assert rows_of(own)[0] == [*first, "+0.0 %", "-5.3 %", "-21.1 %"]
    targets = [row[0] for row in rows_of(ratio)]
    assert targets == [
        "9.3 JOD",
        "9.5 JOD",
        "9.7 JOD",
        "45 points",
        "50 points",
        "55 points",
        "60 points",
    ]
    assert rows_of(above)[1] == ["1", "+0.0  +0.000", "+0.0  +0.000"]


def test_what_students_add_is_listed_by_setting() -> None:
    better = np.add(curve(1000, points=32.0), [0, 0, 0, 0.01])
    of: Photo = {FULL: curve(1000), LANCZOS: curve(1000), "a": better}
    *_, above = tables("AVIF", [of], ["a"])
    assert rows_of(above) == [[str(at), "+2.0  +0.010"] for at in range(3)]


def test_three_photos_say_nothing() -> None:
    of: Photo = {name: curve(1000) for name in (FULL, LANCZOS, "a")}
    ratio, *_ = tables("AVIF", [of, of, of], ["a"])
    assert rows_of(ratio) == []


@pytest.mark.slow
def test_a_photo_is_sent_in_every_way(tmp_path: Path) -> None:
    Image.fromarray(photo(260, 180)).save(tmp_path / "a.png")
    work = Work(
        path=tmp_path / "a.png", codec="JPEG", models=("nano-web",), long_side_px=200, middle_px=120
    )
    curves = measure(work)
    assert list(curves) == [FULL, LANCZOS, "nano-web"]
    assert {name: of.shape for name, of in curves.items()} == {
        FULL: (7, 4),
        LANCZOS: (8, 4),
        "nano-web": (8, 4),
    }
    for of in curves.values():
        assert (np.diff(of[:, BYTES]) > 0).all() and of[-1, JOD] > of[0, JOD]
    np.testing.assert_array_equal(curves[LANCZOS][:, BYTES], curves["nano-web"][:, BYTES])


def test_students_of_two_scales_are_refused(tmp_path: Path) -> None:
    Image.fromarray(photo(64, 48)).save(tmp_path / "a.png")
    done = command_here(
        "tools.compare_students", tmp_path / "a.png", "--model", "small-fine", "small-fine-3-2"
    )
    assert (done.status, "one scale" in done.errors) == (2, True)
