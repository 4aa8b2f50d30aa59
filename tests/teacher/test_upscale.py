from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pixels.alpha import enlarge_alpha
from pixels.resize import resize
from pixels.stills.files import Picture, read_picture, write_picture
from teacher.enlarging.runner import open_enlarger
from teacher.upscale import enlarge_picture
from tests.made.commands import Finished, command_here, command_on_full_disk
from tests.made.models import write_repeating_onnx
from tests.made.photos import noise, photo, write_photos


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_picture(tmp_path / "in.png", Picture(photo(30, 41)))
    return tmp_path / "in.png"


def upscale(source: Path, target: Path, model: str | Path, *more: str) -> Finished:
    return command_here("teacher.upscale", source, target, "--model", model, *more)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_photo_is_enlarged_by_a_run(tmp_path: Path, source: Path, tiny_run: Path) -> None:
    done = upscale(source, tmp_path / "out.png", tiny_run, "--threads", "1")
    assert done.status == 0, done.errors
    expected = open_enlarger(str(tiny_run)).enlarge(photo(30, 41))
    assert np.array_equal(read_picture(tmp_path / "out.png").rgb, expected)
    assert "82x60 pixels" in done.errors
    assert names(tmp_path) == ["in.png", "out.png"]


def test_a_photo_is_enlarged_by_an_onnx_file(tmp_path: Path, source: Path) -> None:
    onnx = write_repeating_onnx(tmp_path / "repeat.onnx", 3)
    done = upscale(source, tmp_path / "out.png", onnx, "--tile-px", "16")
    assert done.status == 0, done.errors
    expected = photo(30, 41).repeat(3, axis=0).repeat(3, axis=1)
    assert np.array_equal(read_picture(tmp_path / "out.png").rgb, expected)


@pytest.mark.parametrize("suffix", [".png", ".gif"])
def test_a_picture_of_any_size_is_enlarged_by_three_halves(tmp_path: Path, suffix: str) -> None:
    alpha = np.zeros((31, 41), np.uint8)
    alpha[3:, 5:] = 255
    picture = Picture(photo(31, 41), alpha)
    write_picture(tmp_path / "in.png", picture)
    target = tmp_path / f"out{suffix}"
    done = upscale(tmp_path / "in.png", target, "bicubic", "--scale", "3/2")
    assert done.status == 0, done.errors
    assert "62x47 pixels" in done.errors
    enlarger = open_enlarger("bicubic", plain_scale=Fraction(3, 2))
    result, expected = read_picture(target), enlarge_picture(enlarger, picture)
    assert result.size == (47, 62)
    if suffix == ".png":
        assert np.array_equal(result.rgb, expected.rgb)
        assert np.array_equal(result.with_alpha(), expected.with_alpha())


def test_a_network_keeps_its_own_scale(tmp_path: Path, source: Path, tiny_run: Path) -> None:
    done = upscale(source, tmp_path / "out.png", tiny_run, "--scale", "3/2")
    assert "--scale 3/2 is for bicubic and lanczos" in done.sentence(2)
    assert not (tmp_path / "out.png").exists()


def test_transparency_is_kept_and_enlarged(tmp_path: Path, tiny_run: Path) -> None:
    alpha = np.zeros((24, 20), np.uint8)
    alpha[6:18, 5:15] = 255
    alpha[6:18, 5] = 128
    picture = Picture(photo(24, 20), alpha)
    write_picture(tmp_path / "in.png", picture)
    done = upscale(tmp_path / "in.png", tmp_path / "out.png", tiny_run, "--threads", "1")
    assert done.status == 0, done.errors
    result = read_picture(tmp_path / "out.png")
    assert result.alpha is not None
    assert np.array_equal(result.alpha, enlarge_alpha(alpha, Fraction(2)))
    assert np.array_equal(result.alpha, resize(alpha, (48, 40)))
    expected = enlarge_picture(open_enlarger(str(tiny_run)), picture)
    assert np.array_equal(result.rgb, expected.rgb)


def test_colours_hidden_by_transparency_do_not_fringe_what_is_seen() -> None:
    alpha = np.zeros((16, 16), np.uint8)
    alpha[:, :8] = 255
    black, white = np.zeros((16, 16, 3), np.uint8), np.full((16, 16, 3), 255, np.uint8)
    black[:, :8] = white[:, :8] = (90, 160, 40)
    enlarger = open_enlarger("bicubic")
    for rgb in (black, white):
        result = enlarge_picture(enlarger, Picture(rgb, alpha))
        assert (result.rgb[:, :16] == (90, 160, 40)).all()


def test_the_suffix_names_the_format_and_quality_is_passed_on(tmp_path: Path, source: Path) -> None:
    for suffix, magic in ((".jpg", b"\xff\xd8"), (".webp", b"RIFF")):
        sizes = []
        for quality in ("20", "95"):
            target = tmp_path / f"out{suffix}"
            assert upscale(source, target, "bicubic", "--quality", quality).status == 0
            assert target.read_bytes().startswith(magic)
            sizes.append(target.stat().st_size)
        assert sizes[0] < sizes[1]


def test_a_folder_is_enlarged_with_its_folders(tmp_path: Path) -> None:
    write_photos(tmp_path / "in", [(12, 10)])
    write_photos(tmp_path / "in" / "deep" / "er", [(9, 8), (7, 7)])
    done = upscale(tmp_path / "in", tmp_path / "out", "bicubic")
    assert done.status == 0, done.errors
    assert "wrote 3 pictures" in done.errors
    assert names(tmp_path / "out") == names(tmp_path / "in")
    enlarged = read_picture(tmp_path / "out" / "deep" / "er" / "photo1.png").rgb
    assert np.array_equal(enlarged, resize(photo(7, 7, 1), (14, 14)))


def test_pictures_of_a_folder_that_cannot_be_done_are_told_at_the_end(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "in", [(12, 10), (9, 8)])
    (folder / "bad.jpg").write_bytes(b"no photo")
    done = upscale(folder, tmp_path / "out", "bicubic")
    assert str(folder / "bad.jpg") in done.sentence()
    assert "wrote 2 pictures" in done.errors
    assert names(tmp_path / "out") == ["photo0.png", "photo1.png"]


def test_the_source_itself_is_no_target(tmp_path: Path, source: Path) -> None:
    before = source.read_bytes()
    (tmp_path / "link.png").symlink_to(source)
    for target in (source, tmp_path / "x" / ".." / "in.png", tmp_path / "link.png"):
        assert "is the source itself" in upscale(source, target, "bicubic").sentence(2)
    assert source.read_bytes() == before


def test_a_folder_is_not_enlarged_into_itself_or_onto_a_file(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "in", [(12, 10)])
    for target in (folder, folder / "out"):
        assert "name a folder outside it" in upscale(folder, target, "bicubic").sentence(2)
    (tmp_path / "file").write_bytes(b"mine")
    assert "is a file" in upscale(folder, tmp_path / "file", "bicubic").sentence(2)
    assert names(tmp_path) == ["file", "in/photo0.png"]
    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.parametrize("target", ["out.xyz", "out", "missing/out.png", "in.png.d"])
def test_targets_that_cannot_be_written_are_told(tmp_path: Path, source: Path, target: str) -> None:
    sentence = upscale(source, tmp_path / target, "bicubic").sentence()
    assert str(tmp_path / target) in sentence
    assert names(tmp_path) == ["in.png"]


def test_jpeg_is_refused_where_there_is_transparency(tmp_path: Path) -> None:
    alpha = np.full((9, 9), 100, np.uint8)
    write_picture(tmp_path / "in.png", Picture(photo(9, 9), alpha))
    sentence = upscale(tmp_path / "in.png", tmp_path / "out.jpg", "bicubic").sentence()
    assert "transparency" in sentence
    assert names(tmp_path) == ["in.png"]


def test_sources_that_cannot_be_read_are_told(tmp_path: Path, source: Path) -> None:
    whole = source.read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty").mkdir()
    for name in ("cut.png", "nowhere.png", "empty"):
        done = upscale(tmp_path / name, tmp_path / "out.png", "bicubic")
        assert str(tmp_path / name) in done.sentence()
    assert names(tmp_path) == ["cut.png", "in.png"]


def test_models_that_cannot_be_read_are_told(tmp_path: Path, source: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    for model in (tmp_path, tmp_path / "nowhere", tmp_path / "bad.onnx", tmp_path / "no.onnx"):
        assert str(model) in upscale(source, tmp_path / "out.png", model).sentence()
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        *(("--tile-px", "15"), ("--quality", "0"), ("--quality", "101"), ("--quality", "high")),
        *(("--threads", "0"), ("--flag", "1")),
    ],
)
def test_wrong_usage_exits_with_2(tmp_path: Path, source: Path, wrong: tuple[str, str]) -> None:
    done = upscale(source, tmp_path / "out.png", "bicubic", *wrong)
    assert done.status == 2, done.errors
    assert wrong[0].strip("-") in done.errors
    assert "Traceback" not in done.errors
    assert names(tmp_path) == ["in.png"]


def test_help_explains_every_flag() -> None:
    done = command_here("teacher.upscale", "--help")
    assert done.status == 0
    for name in (" IN ", " OUT ", "--model", "--tile-px", "--quality", "--threads", "bicubic"):
        assert name in done.output


@pytest.mark.process
def test_a_full_disk_is_told_and_keeps_the_old_picture(tmp_path: Path) -> None:
    write_picture(tmp_path / "in.png", Picture(noise(60, 60)))
    (tmp_path / "out.png").write_bytes(b"old")
    done = command_on_full_disk(
        5000, "teacher.upscale", tmp_path / "in.png", tmp_path / "out.png", "--model", "bicubic"
    )
    assert "out.png: cannot be written: file too large" in done.sentence()
    assert (tmp_path / "out.png").read_bytes() == b"old"
    assert names(tmp_path) == ["in.png", "out.png"]
