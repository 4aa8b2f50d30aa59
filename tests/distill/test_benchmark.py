from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from distill.benchmark import load_benchmark, psnr_of, ssimulacra2_of
from pixels.quality.psnr_ssim import compare
from pixels.resize import resize
from plumbing.command import UserError
from tests.made.photos import photo, write_photos


def twice(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return resize(image, (2 * image.shape[0], 2 * image.shape[1]))


def test_photos_are_measured_by_the_published_protocol(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos", [(41, 60), (64, 48)])
    Image.fromarray(photo(40, 40, 7)[..., 0]).save(folder / "single-channel.png")
    samples = load_benchmark(folder, Fraction(2), "clean")
    assert [sample.reduced.shape for sample in samples] == [(20, 30, 3), (32, 24, 3), (20, 20, 3)]
    assert [sample.grey for sample in samples] == [False, False, True]
    expected = [
        compare(twice(sample.reduced), sample.original, shave_px=2, grey=sample.grey).psnr
        for sample in samples
    ]
    assert psnr_of(twice, samples) == expected
    assert np.array_equal(samples[0].reduced, resize(photo(41, 60, 0)[:40], (20, 30)))


def test_web_input_is_compressed(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos", [(60, 80)])
    clean, web = (load_benchmark(folder, Fraction(2), kind) for kind in ("clean", "web"))
    assert np.array_equal(clean[0].original, web[0].original)
    difference = np.abs(clean[0].reduced.astype(int) - web[0].reduced)
    assert 0 < difference.mean() < 20
    assert psnr_of(twice, web)[0] < psnr_of(twice, clean)[0]
    assert ssimulacra2_of(twice, web)[0] < ssimulacra2_of(twice, clean)[0] < 100


def test_a_photo_too_small_to_measure_is_reported(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos", [(14, 80)])
    with pytest.raises(UserError, match=r"photo0.png is too small to measure: it needs 17 pixels"):
        load_benchmark(folder, Fraction(2), "clean")
