"""`python -m teacher.upscale` on stills of every kind: they come out as a browser shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixels.resize import resize
from pixels.stills.files import Picture, read_picture
from tests.made.commands import command_here
from tests.made.files import png, smooth
from tests.made.profiles import P3, rgb_profile


def upscaled(source: Path, target: str = "b.png") -> Picture:
    path = source.with_name(target)
    done = command_here("teacher.upscale", source, path, "--model", "bicubic", "--threads", "1")
    assert done.status == 0, done.errors
    return read_picture(path)


def doubled(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return resize(image, (2 * image.shape[0], 2 * image.shape[1]))


def test_sixteen_bits_become_the_nearest_eight(tmp_path: Path) -> None:
    deep = smooth().astype(np.uint32) * 257
    rows = [row.astype(">u2").tobytes() for row in deep]
    source = png(tmp_path / "a.png", 16, 2, rows)
    np.testing.assert_array_equal(upscaled(source).rgb, doubled(smooth()))


def test_sixteen_bit_grey(tmp_path: Path) -> None:
    grey = smooth()[..., 0]
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "a.tif")
    expected = doubled(np.repeat(grey[..., None], 3, axis=2))
    np.testing.assert_array_equal(upscaled(tmp_path / "a.tif").rgb, expected)


def test_cmyk(tmp_path: Path) -> None:
    Image.fromarray(smooth()).convert("CMYK").save(tmp_path / "a.tif")
    np.testing.assert_array_equal(upscaled(tmp_path / "a.tif").rgb, doubled(smooth()))


def test_a_palette_with_a_transparent_entry(tmp_path: Path) -> None:
    indices = np.repeat(np.arange(4, dtype=np.uint8)[None], 4, axis=0)
    image = Image.fromarray(indices)
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0])
    image.save(tmp_path / "a.png", transparency=3)
    picture = upscaled(tmp_path / "a.png")
    assert picture.alpha is not None
    alpha = np.repeat(np.array([[255, 255, 255, 0]], np.uint8), 4, axis=0)
    np.testing.assert_array_equal(picture.alpha, doubled(alpha))
    # The hidden black takes its neighbour's blue before it is enlarged.
    assert picture.rgb[0, -1].tolist() == [0, 0, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_turn_is_done_once(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(smooth()).save(tmp_path / "a.png", exif=exif)
    upright = read_picture(tmp_path / "a.png").rgb
    assert upright.shape[:2] == ((40, 24) if orientation >= 5 else (24, 40))
    result = upscaled(tmp_path / "a.png")
    np.testing.assert_array_equal(result.rgb, doubled(upright))
    with Image.open(tmp_path / "b.png") as image:
        assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("flags", [(), ("--keep-metadata",)])
def test_metadata_travels_along_on_request(tmp_path: Path, flags: tuple[str, ...]) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "someone"
    (tmp_path / "in").mkdir()
    for name in ("a.jpg", "b.png"):
        Image.fromarray(smooth()).save(tmp_path / "in" / name, exif=exif)
    Image.fromarray(smooth()).save(tmp_path / "in" / "c.bmp")
    folders = (tmp_path / "in", tmp_path / "out")
    done = command_here("teacher.upscale", *folders, "--model", "bicubic", *flags)
    assert done.status == 0, done.errors
    for name in ("a.jpg", "b.png"):
        with Image.open(tmp_path / "out" / name) as image:
            assert image.size == (48, 80)  # upright
            kept = image.getexif()
            assert kept.get(0x013B) == ("someone" if flags else None)
            assert kept.get(0x0112, 1) == 1


@pytest.mark.parametrize("target", ["b.bmp", "b.gif"])
def test_metadata_that_a_format_cannot_hold_is_a_failure(tmp_path: Path, target: str) -> None:
    exif = Image.Exif()
    exif[0x013B] = "someone"
    Image.fromarray(smooth()).save(tmp_path / "a.jpg", exif=exif)
    files = (tmp_path / "a.jpg", tmp_path / target)
    done = command_here("teacher.upscale", *files, "--model", "bicubic", "--keep-metadata")
    assert target in done.sentence(1)
    assert "metadata" in done.sentence(1)
    assert not (tmp_path / target).exists()


def test_a_profile_is_applied_and_not_passed_on(tmp_path: Path) -> None:
    Image.fromarray(smooth()).save(tmp_path / "a.png", icc_profile=rgb_profile(P3, 2.2))
    expected = read_picture(tmp_path / "a.png").rgb
    assert not np.array_equal(expected, smooth())
    np.testing.assert_array_equal(upscaled(tmp_path / "a.png").rgb, doubled(expected))
    with Image.open(tmp_path / "b.png") as image:
        assert "icc_profile" not in image.info


@pytest.mark.parametrize("target", ["b.png", "b.webp", "b.tif", "b.avif"])
def test_soft_alpha(tmp_path: Path, target: str) -> None:
    alpha = np.tile(np.arange(0, 240, 6, dtype=np.uint8), (24, 1))
    Image.fromarray(np.dstack([smooth(), alpha])).save(tmp_path / "a.png")
    picture = upscaled(tmp_path / "a.png", target)
    assert picture.alpha is not None
    limit = 6 if target == "b.avif" else 0
    assert np.abs(picture.alpha.astype(int) - doubled(alpha)).max() <= limit


def test_the_ensemble_is_taken_where_it_is_asked_for(tmp_path: Path, tiny_run: Path) -> None:
    Image.fromarray(smooth()).save(tmp_path / "a.png")
    for name, flags in {"b.png": [], "c.png": ["--ensemble"]}.items():
        done = command_here(
            "teacher.upscale", tmp_path / "a.png", tmp_path / name, "--model", tiny_run, *flags
        )
        assert done.status == 0, done.errors
    plain, averaged = read_picture(tmp_path / "b.png").rgb, read_picture(tmp_path / "c.png").rgb
    assert not np.array_equal(plain, averaged)
