from __future__ import annotations

import math

import pytest

from export.bandwidth.compare import compare_at, compare_with_full, compare_with_plain, spread
from export.bandwidth.measure import PhotoCurves
from export.bandwidth.policies import break_even, policies, savings_by_reduction
from pixels.sending.codecs import REDUCTIONS
from tests.made.curves import curve, measured, study


def test_half_size_in_four_fifths_of_the_bytes_saves_a_fifth_everywhere() -> None:
    result = compare_with_full(study(measured("a", curve("net", 0.8))), "JPEG", "net")
    for bd in (result.bd_rate, result.bd_rate_psnr, result.bd_rate_ssim):
        assert bd is not None
        assert bd.mean == pytest.approx(-0.2, abs=1e-6)
    assert result.crossover is not None
    assert result.crossover.median == pytest.approx(90.0)
    assert result.never == 0.0
    for band in result.bands:
        assert (band.photos, band.reached, band.won) == (1, 1, 1.0)
        assert band.saving == pytest.approx(0.2, abs=1e-6)
        assert band.median_saving == pytest.approx(0.2, abs=1e-6)
        # For the bytes of full size, 30 ln(1 / 0.8) points more.
        assert band.points == pytest.approx(band.band + 30.0 * math.log(1.25), abs=1e-3)


def test_photos_that_lose_are_sent_at_full_size_and_count_as_lost() -> None:
    both = study(
        measured("wins", curve("net", 0.5)),
        measured("loses", curve("net", 1.5)),
        measured("never reaches it", curve("net", 0.5, highest=35.0)),
    )
    low, high = compare_at(both, "JPEG", "net", 30), compare_at(both, "JPEG", "net", 50)
    assert (low.photos, low.reached, low.won) == (3, 3, pytest.approx(2 / 3))
    assert low.saving == pytest.approx((0.5 + 0.0 + 0.5) / 3)
    assert (high.photos, high.reached, high.won) == (3, 2, pytest.approx(1 / 3))
    assert high.saving == pytest.approx(0.5 / 3)
    result = compare_with_full(both, "JPEG", "net")
    assert result.never == pytest.approx(1 / 3)
    assert result.crossover is not None
    assert result.crossover.photos == 2


def test_a_mean_of_factors_is_geometric() -> None:
    result = spread([1.0, -0.5, None], shares=True)  # twice and half the bytes: no change
    assert result is not None
    assert (result.mean, result.photos) == (pytest.approx(0.0), 2)
    assert spread([None]) is None


def test_a_network_is_judged_by_what_it_adds_to_the_browser() -> None:
    part = study(measured("a", curve("browser", 0.9), curve("net", 0.6)))
    result = compare_with_plain(part, "JPEG", "net", "browser")
    assert result.bd_rate is not None
    assert result.bd_points is not None
    assert result.bd_rate.mean == pytest.approx(0.6 / 0.9 - 1.0, abs=1e-6)
    assert result.bd_points.mean == pytest.approx(30.0 * math.log(0.9 / 0.6), abs=1e-4)
    for gain in result.gains:
        assert gain.same_points_saving == pytest.approx(1.0 - 0.6 / 0.9, abs=1e-6)
        assert gain.chosen_saving == pytest.approx(1.0 - 0.6 / 0.9, abs=1e-6)
        assert gain.both == 1
        assert gain.points is not None
        assert gain.points.mean == pytest.approx(30.0 * math.log(1.5), abs=1e-3)


def test_a_network_that_loses_to_full_size_earns_nothing_for_the_site() -> None:
    part = study(measured("a", curve("browser", 2.0), curve("net", 1.5)))
    gain = compare_with_plain(part, "JPEG", "net", "browser").gains[1]
    assert gain.same_points_saving == pytest.approx(0.25, abs=1e-6)
    assert gain.chosen_saving == 0.0


def test_each_policy_saves_what_its_choices_add() -> None:
    def photo(name: str, one: float, two: float, sharp: float) -> PhotoCurves:
        plain = [curve(way, 0.9, r) for way in ("browser", "lanczos") for r in REDUCTIONS]
        ones = [curve("one", sharp if r == "sharp" else one, r) for r in REDUCTIONS]
        twos = [curve("two", two, r) for r in REDUCTIONS]
        return measured(name, *plain, *ones, *twos)

    part = study(photo("a", 0.6, 0.8, 0.5), photo("b", 0.7, 0.65, 0.75), students=("one", "two"))
    result = [policy.saving for policy in policies(part, "JPEG", 50)]
    browser, plain, student, students, reduction, all_ = result
    assert (browser, plain) == (pytest.approx(0.1), pytest.approx(0.1))
    assert student == pytest.approx(1.0 - (0.6 + 0.7) / 2)
    assert students == pytest.approx(1.0 - (0.6 + 0.65) / 2)
    assert reduction == pytest.approx(1.0 - (0.5 + 0.7) / 2)
    assert all_ == pytest.approx(1.0 - (0.5 + 0.65) / 2)
    fixed = savings_by_reduction(part, "JPEG", 50, "one")
    assert fixed["area"] == pytest.approx(0.35)
    assert fixed["sharp"] == pytest.approx(1.0 - (0.5 + 0.75) / 2)


def test_break_even_is_the_download_over_what_a_megapixel_saves() -> None:
    part = study(measured("a", curve("browser", 0.9), curve("net", 0.8)), model_bytes=100_000)
    full = 1e6 * math.exp(50.0 / 30.0)  # the photo has one megapixel
    result = break_even(part, "JPEG", 50, "net")
    assert result is not None
    assert result.saved_per_photo == pytest.approx(0.2 * full, rel=1e-5)
    assert result.photos == pytest.approx(100_000 / (0.2 * full), rel=1e-5)
    assert result.photos_over_plain == pytest.approx(100_000 / (0.1 * full), rel=1e-5)
    losing = study(measured("a", curve("browser", 0.9), curve("net", 1.1)), model_bytes=1)
    worse = break_even(losing, "JPEG", 50, "net")
    assert worse is not None
    assert worse.photos is None
