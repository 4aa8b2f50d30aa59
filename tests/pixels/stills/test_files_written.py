"""Saving: what is written can be read again, or is refused."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pixels.stills.files import ImageError, Picture, read_picture, write_picture
from tests.made.files import (
    ALL_SUFFIXES,
    ALPHA_SUFFIXES,
    LOSSLESS_SUFFIXES,
    smooth,
)


@pytest.mark.parametrize("suffix", [*LOSSLESS_SUFFIXES, ".PNG", ".Tif"])
def test_lossless_formats_give_back_every_pixel(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_picture(path, Picture(smooth()))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.rgb, smooth())
    assert picture.alpha is None
    assert picture.size == (24, 40)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp", ".avif", ".JPG"])
def test_lossy_formats_come_close_and_follow_quality(tmp_path: Path, suffix: str) -> None:
    good, poor = tmp_path / f"good{suffix}", tmp_path / f"poor{suffix}"
    write_picture(good, Picture(smooth()))
    write_picture(poor, Picture(smooth()), quality=10)
    assert np.abs(read_picture(good).rgb.astype(int) - smooth()).mean() < 4
    assert poor.stat().st_size < good.stat().st_size


@pytest.mark.parametrize("suffix", ALPHA_SUFFIXES)
def test_alpha_survives(tmp_path: Path, suffix: str) -> None:
    alpha = np.tile(np.arange(0, 240, 6, dtype=np.uint8), (24, 1))
    write_picture(tmp_path / f"a{suffix}", Picture(smooth(), alpha))
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.alpha is not None
    assert np.abs(picture.alpha.astype(int) - alpha).max() <= (6 if suffix == ".avif" else 0)
    if suffix in LOSSLESS_SUFFIXES:
        np.testing.assert_array_equal(picture.rgb, smooth())


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_formats_without_alpha_refuse_it_unless_it_is_opaque(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    alpha = np.full((24, 40), 255, np.uint8)
    write_picture(path, Picture(smooth(), alpha))
    assert read_picture(path).alpha is None
    old = path.read_bytes()
    alpha[3, 4] = 254
    with pytest.raises(ImageError, match=r"a\.\w+: \w+ cannot keep .* \.png \.webp \.avif \.tif"):
        write_picture(path, Picture(smooth(), alpha))
    assert path.read_bytes() == old


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.xyz", r"a\.xyz: unknown suffix '\.xyz'; use \.png \.jpg \.jpeg \.webp"),
        ("a", r"a: unknown suffix ''; use \.png"),
        ("a.gif", r"a\.gif: unknown suffix '\.gif'; use"),
        ("missing/a.png", r"a\.png: the folder .*missing does not exist; create it first"),
        ("folder.png", r"folder\.png: cannot be written: is a directory"),
        ("x" * 300 + ".png", r"x\.png: cannot be written: file name too long"),
    ],
)
def test_wrong_targets_give_a_sentence(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ImageError, match=expected):
        write_picture(tmp_path / name, Picture(smooth()))
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.png"]


@pytest.mark.parametrize(
    ("suffix", "limit"), [(".jpg", 65_500), (".webp", 16_383), (".avif", 32_768)]
)
def test_formats_refuse_what_they_cannot_hold(tmp_path: Path, suffix: str, limit: int) -> None:
    path = tmp_path / f"a{suffix}"
    write_picture(path, Picture(np.zeros((1, limit, 3), np.uint8)))
    assert read_picture(path).size == (1, limit)
    with pytest.raises(ImageError, match=f"at most {limit} pixels a side and .* {limit + 1} x 1"):
        write_picture(path, Picture(np.zeros((1, limit + 1, 3), np.uint8)))


@pytest.mark.parametrize("suffix", ALL_SUFFIXES)
def test_a_write_that_fails_half_way_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_picture(path, Picture(smooth()))
    old = path.read_bytes()
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, limits[1]))  # stands in for a full disk
    try:
        with pytest.raises(ImageError, match="cannot be written: file too large"):
            write_picture(path, Picture(noise), quality=100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_png_is_tagged_srgb(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", Picture(smooth()))
    assert b"\0\0\0\1sRGB\0" in (tmp_path / "a.png").read_bytes()


@pytest.mark.parametrize("quality", [0, 101])
def test_quality_out_of_range_is_a_mistake_of_the_caller(tmp_path: Path, quality: int) -> None:
    with pytest.raises(ValueError, match=f"quality must be from 1 to 100, got {quality}"):
        write_picture(tmp_path / "a.jpg", Picture(smooth()), quality=quality)


@pytest.mark.parametrize(
    ("rgb", "alpha"),
    [
        (np.zeros((2, 2), np.uint8), None),
        (np.zeros((2, 2, 4), np.uint8), None),
        (np.zeros((2, 2, 3), np.float32), None),
        (np.zeros((0, 2, 3), np.uint8), None),
        (np.zeros((2, 3, 3), np.uint8), np.zeros((3, 2), np.uint8)),
        (np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.float32)),
    ],
)
def test_a_picture_has_the_stated_shapes(rgb: NDArray[Any], alpha: NDArray[Any] | None) -> None:
    with pytest.raises(ValueError, match="must be uint8"):
        Picture(rgb, alpha)
