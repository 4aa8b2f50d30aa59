"""File names are data: any bytes, up to the limit of the file system."""

from __future__ import annotations

import csv
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from plumbing.command import run_command
from plumbing.disk import whole_file, whole_folder, write_csv
from plumbing.names import MOST_BYTES, as_text, cut, fitted, is_reserved

LATIN_1 = os.fsdecode(b"caf\xe9.jpg")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("café.jpg", "café.jpg"),
        (LATIN_1, "caf%E9.jpg"),
        (Path(os.fsdecode(b"\xff\xfe/\xe9")), "%FF%FE/%E9"),
    ],
)
def test_any_name_becomes_text(name: str | Path, text: str) -> None:
    assert as_text(name) == text


@pytest.mark.parametrize(
    "name", ["con", "AUX", "nul.html", "Com1.jpg.html", "lpt²", "prn .x", "conout$"]
)
def test_names_of_windows_devices_are_known(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize(
    "name", ["icon", "con-1f0c.avif", "auxiliary", "com", "com10", "a.con", ""]
)
def test_other_names_are_not_those_of_devices(name: str) -> None:
    assert not is_reserved(name)


@pytest.mark.parametrize("name", ["a.jpg", 251 * "a" + ".jpg", "a" * 255])
def test_a_name_that_fits_stays(name: str) -> None:
    assert fitted(name) == name


@pytest.mark.parametrize(
    "name", [300 * "a" + ".jpg", 100 * "写" + ".jpg", 256 * "a", "b." + 300 * "c"]
)
def test_a_long_name_is_shortened_between_characters(name: str) -> None:
    short = fitted(name)
    assert MOST_BYTES - 3 < len(os.fsencode(short)) <= MOST_BYTES
    assert short.endswith(".jpg") == name.endswith(".jpg")
    assert fitted(f"x{name}") != short
    assert short[:20] == name[:20]


def test_a_text_is_cut_between_characters() -> None:
    assert cut("aüb", 2) == "a"
    assert cut("aüb", 3) == "aü"


def test_files_and_folders_with_the_longest_names_are_written(tmp_path: Path) -> None:
    for name in (251 * "a" + ".txt", 83 * "写" + ".x"):
        with whole_file(tmp_path / name) as temporary:
            temporary.write_text("x")
        with whole_folder(tmp_path / "folders" / name) as temporary:
            (temporary / "y").touch()
        with whole_folder(tmp_path / "folders" / name, replace=True) as temporary:
            (temporary / "z").touch()
        assert (tmp_path / name).read_text() == "x"
        assert [path.name for path in (tmp_path / "folders" / name).iterdir()] == ["z"]
    assert not [path for path in tmp_path.rglob(".part-*")]


def test_a_table_holds_any_name(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_csv(
        path, ["name", "path", "bytes"], [{"name": LATIN_1, "path": Path(LATIN_1), "bytes": 3}]
    )
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1] == ["caf%E9.jpg", "caf%E9.jpg", "3"]


@dataclass(frozen=True)
class _Nothing:
    """No settings."""


def test_any_name_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="utf-8"))
    monkeypatch.setattr(sys, "argv", ["nothing"])
    run_command(_Nothing, lambda config: print(LATIN_1, flush=True))
    assert printed.getvalue() == b"caf\\udce9.jpg\n"
