"""Folders through `python -m teacher.upscale`: every picture gets a file, or is named."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixels.resize import resize
from pixels.stills.files import ImageError, read_picture
from teacher import upscale
from tests.made.commands import Finished, command_here
from tests.made.files import smooth


def enlarge(folder: Path, *flags: str | Path) -> Finished:
    out = folder.with_name("out")
    return command_here("teacher.upscale", folder, out, "--model", "bicubic", *flags)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def transparent_bmp(pixels: np.ndarray) -> bytes:
    """A BMP whose header tells alpha from padding: (height, width, 4)."""
    height, width = pixels.shape[:2]
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    header = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, 0, 0, 0, 0, 0)
    header += masks + bytes(108 - len(header) - len(masks))
    body = pixels[::-1, :, [2, 1, 0, 3]].tobytes()
    return b"BM" + struct.pack("<I4xI", 122 + len(body), 122) + header + body


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def test_pictures_of_one_name_get_names_of_their_own(folder: Path) -> None:
    Image.fromarray(smooth(8, 9)).save(folder / "a.png")
    Image.fromarray(smooth(10, 11)).save(folder / "a.jp2")
    Image.fromarray(smooth(12, 13)).save(folder / "a.qoi")
    Image.fromarray(smooth(14, 15)).save(folder / "b.jp2")
    clear = np.dstack([smooth(16, 17), np.full((16, 17), 128, np.uint8)])
    (folder / "a.bmp").write_bytes(transparent_bmp(clear))
    done = enlarge(folder)
    assert done.status == 0, done.errors
    assert "wrote 5 pictures" in done.errors
    sizes = {
        name: read_picture(folder.with_name("out") / name).size
        for name in names(folder.with_name("out"))
    }
    assert sizes == {
        "a.png": (16, 18),
        "a.jp2.png": (20, 22),
        "a.qoi.png": (24, 26),
        "b.png": (28, 30),
        "a.bmp.png": (32, 34),
    }


def test_names_of_their_own_may_be_taken_too(folder: Path) -> None:
    for name, side in (("a.jp2", 8), ("a.png", 9), ("a.jp2.png", 10), ("A.j2k", 11)):
        Image.fromarray(smooth(side, side)).save(folder / name)
    assert enlarge(folder).status == 0
    assert len(names(folder.with_name("out"))) == 4
    assert read_picture(folder.with_name("out") / "a.jp2.png").size == (20, 20)


def test_one_suffix_for_all_loses_none(folder: Path) -> None:
    for name in ("a.png", "a.jpg", "a.webp", "sub/a.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(smooth(8, 8)).save(folder / name)
    assert enlarge(folder, "--suffix", ".webp").status == 0
    assert names(folder.with_name("out")) == ["a.jpg.webp", "a.png.webp", "a.webp", "sub/a.webp"]


def test_a_format_that_cannot_hold_the_result_is_left_for_png(folder: Path) -> None:
    Image.fromarray(smooth(4, 9000)).save(folder / "wide.webp")
    Image.fromarray(smooth(4, 9)).save(folder / "wide.png")
    done = enlarge(folder)
    assert done.status == 0, done.errors
    assert ".webp cannot hold it" in done.errors
    assert names(folder.with_name("out")) == ["wide.png", "wide.webp.png"]
    named = enlarge(folder, "--suffix", ".webp")
    assert "at most 16383 pixels" in named.sentence()


@pytest.mark.parametrize("name", ["pages.tif", "moving.avif"])
def test_only_the_first_of_several_is_said(folder: Path, name: str) -> None:
    frames = [Image.fromarray(np.roll(smooth(16, 16), step, 1)) for step in range(3)]
    frames[0].save(folder / name, save_all=True, append_images=frames[1:])
    done = enlarge(folder)
    assert done.status == 0, done.errors
    assert f"only the first of 3 pages or frames of {folder / name}" in done.errors
    assert read_picture(folder.with_name("out") / name).size == (32, 32)
    alone = command_here(
        *("teacher.upscale", folder / name, folder / "b.png", "--model", "bicubic"),
    )
    assert "only the first of 3" in alone.errors


def test_contents_decide_about_names_without_a_suffix(folder: Path) -> None:
    with (folder / "DSC0042").open("wb") as file:
        Image.fromarray(smooth()).save(file, "PNG")
    (folder / "IMG.jxl").write_bytes(b"\xff\x0a" + bytes(20))
    done = enlarge(folder)
    assert (done.status, "IMG.jxl" in done.errors) == (0, True)
    larger = read_picture(folder.with_name("out") / "DSC0042.png").rgb
    np.testing.assert_array_equal(larger, resize(smooth(), (48, 80)))


@pytest.mark.parametrize(
    "name", [b"caf\xe9.png", b"a" * 251 + b".png", ("写" * 83 + ".jp2").encode()]
)
def test_any_name_is_enlarged(folder: Path, name: bytes) -> None:
    with (folder / os.fsdecode(name)).open("wb") as file:
        Image.fromarray(smooth()).save(file, "PNG")
    done = enlarge(folder)
    assert done.status == 0, done.errors
    assert len(names(folder.with_name("out"))) == 1


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), ImageError("bad.png: damaged")])
def test_whatever_a_picture_does_the_others_are_enlarged(
    folder: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bad.png", "good.png"):
        Image.fromarray(smooth()).save(folder / name)
    read = upscale.read_picture

    def failing(path: Path) -> object:
        if path.name == "bad.png":
            raise error
        return read(path)

    monkeypatch.setattr("pixels.stills.files.read_picture", failing)
    assert "bad.png" in enlarge(folder).sentence()
    assert names(folder.with_name("out")) == ["good.png"]
