from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from export.check.pictures import check_pictures, load_check_photos
from plumbing.command import UserError
from tests.made.photos import write_photos


def test_photos_to_judge_by_are_not_those_calibrated_on(tmp_path: Path) -> None:
    photos = load_check_photos(write_photos(tmp_path / "photos", [(192, 200)] * 4), Fraction(2))
    assert (len(photos.calibration), len(photos.checks)) == (2, 2)
    for small, truth in photos.checks:
        assert small.shape == (1, 3, 96, 96)
        assert truth.shape == (192, 192, 3)
        assert not any(np.array_equal(small, other) for other in photos.calibration)


def test_too_few_photos_are_refused(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos", [(192, 192), (40, 300)])
    with pytest.raises(UserError, match="at least 192x192"):
        load_check_photos(folder, Fraction(2))


def test_check_pictures_have_odd_sizes_and_values_in_range() -> None:
    pictures = check_pictures()
    sizes = {picture.shape[2:] for picture in pictures.values()}
    assert {(1, 1), (2, 3), (37, 53), (256, 256), (1, 512)} == sizes
    assert len(pictures) == 5 * len(sizes)
    for picture in pictures.values():
        assert picture.dtype == np.float32
        assert 0.0 <= picture.min() <= picture.max() <= 1.0
