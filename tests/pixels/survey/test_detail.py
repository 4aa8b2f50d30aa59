from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixels.survey.detail import detail, jpeg_quality
from pixels.survey.survey import Limits
from tests.made.photos import noise, photo, samples

SHARP = ("astronaut", "chelsea", "coffee", "grass", "motorcycle")


def enlarged(pixels: NDArray[np.uint8], times: float, by: Image.Resampling) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    small = Image.fromarray(pixels).resize((int(width / times), int(height / times)), by)
    return np.asarray(small.resize((width, height), by))


@pytest.mark.parametrize("name", SHARP)
def test_photos_hold_detail_and_enlarged_ones_do_not(name: str) -> None:
    pixels = samples()[name]
    limit = Limits().min_upper_db
    own = detail(pixels).upper_db
    assert own is not None
    assert own > limit
    for by in (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BILINEAR):
        twice = detail(enlarged(pixels, 2.0, by)).upper_db
        assert twice is not None
        assert twice < limit
        assert twice < own - 3.0


def test_flat_pictures_have_no_detail_and_noise_has_all() -> None:
    assert detail(np.full((200, 200, 3), 90, np.uint8)).upper_db is None
    white = detail(noise(300, 300)).upper_db
    assert white == pytest.approx(0.0, abs=1.0)  # the same power at every frequency


@pytest.mark.parametrize("quality", [20, 35, 49, 50, 51, 75, 90, 95])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(tmp_path: Path, quality: int) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(photo(64, 64)).save(path, quality=quality)
    assert jpeg_quality(path) == pytest.approx(quality, abs=1)


def test_other_files_have_no_jpeg_quality(tmp_path: Path) -> None:
    Image.fromarray(photo(64, 64)).save(tmp_path / "a.png")
    assert jpeg_quality(tmp_path / "a.png") is None


def test_the_grid_of_a_heavily_compressed_jpeg_is_found(tmp_path: Path) -> None:
    pixels = samples()["astronaut"]
    assert detail(pixels).blocks < 1.3
    Image.fromarray(pixels).save(tmp_path / "a.jpg", quality=12)
    blocky = np.asarray(Image.open(tmp_path / "a.jpg"))
    assert detail(blocky).blocks > Limits().max_blocks


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (17, 129)])
def test_any_size_is_measured(size: tuple[int, int]) -> None:
    assert detail(noise(*size)).blocks > 0.0
