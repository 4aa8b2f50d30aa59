"""Pictures as people have them: transparent, rotated, broken, too large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.browser.conftest import Reference
from tests.browser.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]


@pytest.fixture
def opened(demo: Driver, site: Path) -> Driver:
    return demo.open((site / "index.html").as_uri())


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(data.astronaut()[:48, 200:264]).save(path)
    return path


def test_alpha_survives_without_a_dark_fringe(opened: Driver, tmp_path: Path) -> None:
    cutout = np.zeros((40, 60, 4), np.uint8)  # black where nothing is to be seen
    cutout[10:30, 15:45] = (200, 150, 90, 255)
    path = tmp_path / "cutout.png"
    Image.fromarray(cutout).save(path)
    result = opened.enlarge(path)
    alpha = result[..., 3]
    assert (alpha[24:56, 34:86] == 255).all()
    assert (alpha[:14] == 0).all() and (alpha[:, :24] == 0).all()
    # Everything visible has the colour of the middle, right to the edge. A network that
    # is hardly trained gives each of the four pixels made of one a shade of its own.
    middle = np.tile(result[40:42, 60:62, :3].astype(int), (40, 60, 1))
    error = np.abs(result[..., :3] - middle).max(axis=2)
    assert error[alpha >= 128].max() <= 1


def test_half_transparent_stays_half_transparent(opened: Driver, tmp_path: Path) -> None:
    pixels = np.full((20, 30, 4), 128, np.uint8)
    path = tmp_path / "veil.png"
    Image.fromarray(pixels).save(path)
    assert (opened.enlarge(path)[..., 3] == 128).all()


def test_a_turned_photo_is_turned_back(
    opened: Driver, reference: Reference, tmp_path: Path
) -> None:
    upright = data.astronaut()[:48, 200:264]
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side: turn it clockwise to see it
    # Two decoders of JPEG differ by some steps; what is turned wrongly differs by a hundred.
    for suffix, allowed in (("png", 1), ("webp", 1), ("jpg", 6)):
        path = tmp_path / f"turned.{suffix}"
        Image.fromarray(np.rot90(upright)).save(path, exif=exif, lossless=True, quality=100)
        with Image.open(path) as image:
            seen = np.rot90(np.asarray(image.convert("RGB")), -1)
        expected = reference(np.ascontiguousarray(seen))
        result = opened.enlarge(path)[..., :3]
        assert result.shape == expected.shape
        assert np.abs(result.astype(int) - expected).max() <= allowed, suffix


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_dropped_or_pasted(opened: Driver, photo: Path, how: str) -> None:
    opened.offer(how, photo)
    opened.wait_for("done")
    assert opened.pixels("result").shape == (96, 128, 4)


def test_a_file_that_cannot_be_enlarged_gets_a_message(
    opened: Driver, photo: Path, tmp_path: Path
) -> None:
    notes, empty, long = (tmp_path / name for name in ("notes.jpg", "empty.png", "long.png"))
    notes.write_text("not a picture")
    assert "not a picture" in opened.error_for(notes)
    empty.touch()
    assert "empty" in opened.error_for(empty)
    Image.new("RGB", (9000, 1)).save(long)
    assert "18000 x 2 pixels" in opened.error_for(long)
    for suffix, format_ in (("jpg", "JPEG"), ("png", "PNG"), ("webp", "WebP")):
        path = tmp_path / f"cut.{suffix}"
        Image.open(photo).save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
        assert f"{format_} file that is cut off" in opened.error_for(path)
    opened.enlarge(photo)  # the page is as good as new afterwards
