from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from pixels.quality.psnr_ssim import compare, psnr, smallest_measurable_px, ssim
from tests.made.photos import noise, photo


def ssim_of_wang(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Wang et al. 2004, equation 13, one window at a time."""
    offsets = np.arange(11) - 5
    bell = np.exp(-(offsets**2) / (2 * 1.5**2))
    window = np.outer(bell, bell) / bell.sum() ** 2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for y in range(first.shape[0] - 10):
        for x in range(first.shape[1] - 10):
            a, b = first[y : y + 11, x : x + 11], second[y : y + 11, x : x + 11]
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            spread_a = (window * (a - mean_a) ** 2).sum()
            spread_b = (window * (b - mean_b) ** 2).sum()
            common = (window * (a - mean_a) * (b - mean_b)).sum()
            values.append(
                (2 * mean_a * mean_b + c1)
                * (2 * common + c2)
                / ((mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2))
            )
    return float(np.mean(values))


@pytest.mark.parametrize("shape", [(11, 11), (11, 30), (24, 17)])
def test_ssim_is_that_of_wang_et_al(shape: tuple[int, int]) -> None:
    truth = photo(*shape)[..., 0].astype(float)
    for blemish in (np.ones(shape) * 9, np.random.default_rng(1).normal(0, 12, shape)):
        image = truth + blemish
        assert ssim(image, truth) == pytest.approx(ssim_of_wang(image, truth), abs=1e-9)


def test_ssim_is_that_of_scikit_image() -> None:
    truth, image = (photo(90, 120, seed)[..., 0].astype(float) for seed in (0, 1))
    theirs: Any = structural_similarity(
        image,
        truth,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
    )
    assert ssim(image, truth) == pytest.approx(theirs, abs=1e-10)


def test_psnr_is_as_computed_by_hand() -> None:
    black = np.zeros((2, 2))
    assert psnr(black, black + 255.0) == 0.0
    assert psnr(black, black + 25.5) == pytest.approx(20.0)
    # One pixel of four off by 2: the mean square error is 1.
    one_off = np.array([[2.0, 0.0], [0.0, 0.0]])
    assert psnr(one_off, black) == pytest.approx(48.1308036, abs=1e-6)


def test_equal_pictures_have_infinite_psnr_and_ssim_1() -> None:
    quality = compare(photo(20, 20), photo(20, 20), shave_px=2)
    assert math.isinf(quality.psnr)
    assert quality.ssim == pytest.approx(1.0)


def test_the_border_is_shaved_by_exactly_that_many_pixels() -> None:
    truth = photo(20, 24)
    spoiled = truth.copy()
    spoiled[:2] = spoiled[-2:] = 0
    spoiled[:, :2] = spoiled[:, -2:] = 0
    assert math.isinf(compare(spoiled, truth, shave_px=2).psnr)
    assert not math.isinf(compare(spoiled, truth, shave_px=1).psnr)
    for row, column in ((2, 2), (17, 21)):
        touched = truth.copy()
        touched[row, column] ^= 64
        assert not math.isinf(compare(touched, truth, shave_px=2).psnr)


def test_only_luma_counts_and_on_the_studio_range() -> None:
    truth = np.full((20, 20, 3), 100, np.uint8)
    brighter = truth + np.uint8(10)
    # Ten steps of 255 are 10 * 219 / 255 of the studio range; grey files are full-range luma.
    studio = 20 * math.log10(255 / (10 * 219 / 255))
    assert compare(brighter, truth, shave_px=2).psnr == pytest.approx(studio)
    full = 20 * math.log10(255 / 10)
    assert compare(brighter, truth, shave_px=2, grey=True).psnr == pytest.approx(full)
    bluer = truth.copy()
    bluer[..., 2] += 10
    blue = 20 * math.log10(255 / (10 * 24.966 / 255))
    assert compare(bluer, truth, shave_px=2).psnr == pytest.approx(blue)


def test_psnr_is_measured_on_unrounded_luma() -> None:
    truth, image = noise(20, 20), noise(20, 20, seed=1)
    weights = np.array([65.481, 128.553, 24.966]) / 255
    difference = ((image.astype(float) - truth) @ weights)[2:-2, 2:-2]
    expected = 10 * math.log10(255**2 / (difference**2).mean())
    assert compare(image, truth, shave_px=2).psnr == pytest.approx(expected)


def test_other_shapes_and_less_than_a_window_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        compare(photo(20, 20), photo(20, 21), shave_px=2)
    with pytest.raises(ValueError, match="at least 15 pixels"):
        compare(photo(14, 40), photo(14, 40), shave_px=2)
    assert compare(photo(15, 15), noise(15, 15), shave_px=2).psnr > 0


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_what_is_measurable_can_be_measured_after_the_cut(scale: int) -> None:
    for side in range(
        smallest_measurable_px(Fraction(scale)), smallest_measurable_px(Fraction(scale)) + scale
    ):
        cut = side // scale * scale
        compare(noise(cut, cut), photo(cut, cut), shave_px=scale)
