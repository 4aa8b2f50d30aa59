from __future__ import annotations

import math

import numpy as np
import pytest

from export.bandwidth.judging import BY_VISIBLE_LOSS
from export.bandwidth.rate_quality import RateQuality, bd_quality, bd_rate, crossover

# Rates and PSNRs of two encoders, from example_usage.py of the package `bjontegaard` 1.3.0 (FAU
# Erlangen-Nürnberg, https://github.com/FAU-LMS/bjontegaard), and what it gives for them with
# method="pchip": BD-rate in percent, BD-PSNR in dB.
ANCHOR_1 = ([9487.76, 4593.60, 2486.44, 1358.24], [40.037, 38.615, 36.845, 34.851])
TEST_1 = ([9787.80, 4469.00, 2451.52, 1356.24], [40.121, 38.651, 36.970, 34.987])
ANCHOR_2 = ([82472.76, 26875.24, 9487.76, 4593.6], [43.825, 41.404, 40.037, 38.615])
TEST_2 = ([99896.96, 33952.04, 9787.8, 4469.0], [44.731, 41.875, 40.121, 38.651])
ANCHOR_3 = ([*ANCHOR_2[0], 3600, 2900], [*ANCHOR_2[1], 36.5, 35.1])
TEST_3 = ([*TEST_2[0], 4040, 3300], [*TEST_2[1], 37, 36.5])
PUBLISHED = [
    (ANCHOR_1, TEST_1, -4.417485350589045, 0.11969278542479489),
    (ANCHOR_2, TEST_2, -4.47218200276197, 0.08887484704747745),
    (ANCHOR_3, TEST_3, -2.9528024116427964, 0.08953590194998828),
]
QUALITIES = np.array([12.0, 31.0, 48.0, 66.0, 83.0])


def made(
    factor: float = 1.0, qualities: np.ndarray = QUALITIES, steep: float = 30.0
) -> RateQuality:
    """Bytes that grow by e for every `steep` points."""
    return RateQuality(list(factor * 1000.0 * np.exp(qualities / steep)), list(qualities))


@pytest.mark.parametrize(("anchor", "test", "rate", "quality"), PUBLISHED)
def test_it_gives_what_the_published_implementation_gives(
    anchor: tuple[list[float], list[float]],
    test: tuple[list[float], list[float]],
    rate: float,
    quality: float,
) -> None:
    by_rate = bd_rate(RateQuality(*test), RateQuality(*anchor))
    by_quality = bd_quality(RateQuality(*test), RateQuality(*anchor))
    assert by_rate is not None
    assert by_quality is not None
    assert 100.0 * by_rate.value == pytest.approx(rate, rel=1e-9)
    assert by_quality.value == pytest.approx(quality, rel=1e-9)
    assert (by_rate.low, by_rate.high) == (
        max(min(anchor[1]), min(test[1])),
        min(max(anchor[1]), max(test[1])),
    )


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.3])
def test_a_constant_factor_is_found_whatever_the_points(factor: float) -> None:
    elsewhere = np.array([20.0, 25.0, 40.0, 60.0, 75.0, 90.0])
    delta = bd_rate(made(factor, elsewhere), made())
    assert delta is not None
    assert delta.value == pytest.approx(factor - 1.0, abs=1e-9)
    assert (delta.low, delta.high) == (20.0, 83.0)
    gained = bd_quality(made(factor, elsewhere), made())
    assert gained is not None
    assert gained.value == pytest.approx(-30.0 * math.log(factor), abs=1e-9)


def test_only_the_wanted_range_counts() -> None:
    # Twice as steep: the ratio at quality q is exp(q / 30 - q / 60), its mean over 40 to 60 is that
    # at 50.
    delta = bd_rate(made(steep=30.0), made(steep=60.0), (40.0, 60.0))
    assert delta is not None
    assert delta.value == pytest.approx(math.exp(50.0 / 60.0) - 1.0, rel=1e-9)
    assert (delta.low, delta.high) == (40.0, 60.0)


def test_the_crossover_of_two_known_lines() -> None:
    # 0.5 exp(q / 30) = exp(q / 60) where q = 60 ln 2.
    found = crossover(made(0.5, steep=30.0), made(steep=60.0))
    assert found == pytest.approx(60.0 * math.log(2.0), abs=0.3)  # the grid's step
    assert crossover(made(0.9), made()) == pytest.approx(83.0)
    assert crossover(made(1.1), made()) is None


def test_bytes_and_qualities_are_each_others_inverse_and_never_guessed() -> None:
    curve = made()
    for quality in (12.0, 40.0, 82.9):
        bytes_ = curve.bytes_at(quality)
        assert bytes_ is not None
        assert bytes_ == pytest.approx(1000.0 * math.exp(quality / 30.0))
        assert curve.quality_at(bytes_) == pytest.approx(quality)
    assert curve.bytes_at(11.9) is None
    assert curve.bytes_at(83.1) is None
    assert curve.quality_at(curve.most + 1.0) is None


def test_settings_that_no_one_would_use_are_left_out() -> None:
    worse_for_more = RateQuality([100, 200, 150, 150, 400], [10, 30, 25, 20, 29])
    assert (worse_for_more.highest, worse_for_more.most) == (30, 200)
    assert worse_for_more.bytes_at(25) == pytest.approx(150)


def test_curves_with_nothing_in_common_and_single_points() -> None:
    low, high = (
        made(qualities=np.array([1.0, 5.0, 9.0])),
        made(qualities=np.array([10.0, 20.0, 30.0])),
    )
    assert bd_rate(low, high) is None
    assert crossover(low, high) is None
    point = RateQuality([500.0], [40.0])
    assert (point.bytes_at(40.0), point.quality_at(500.0)) == (500.0, 40.0)
    assert bd_rate(point, made()) is None
    with pytest.raises(ValueError, match="do not match"):
        RateQuality([1.0], [])


def test_what_is_lost_of_ten_jod_is_interpolated() -> None:
    # What is lost falls with the square of the bytes: 0.7 JOD at 1000 bytes.
    def jod(bytes_: float) -> float:
        return 10.0 - 0.7 * (1000.0 / bytes_) ** 2

    points = [1000.0, 1700.0, 3100.0, 6000.0]
    curve = RateQuality(points, [jod(b) for b in points], BY_VISIBLE_LOSS)
    straight = RateQuality(points, [jod(b) for b in points])
    for bytes_ in (1000.0, 1200.0, 2100.0, 3100.0, 4400.0, 6000.0):
        # The bend adds a thousandth to what is lost.
        assert curve.quality_at(bytes_) == pytest.approx(jod(bytes_), abs=3e-4)
        assert curve.bytes_at(jod(bytes_)) == pytest.approx(bytes_, rel=4e-3)
    wrong = straight.bytes_at(jod(4400.0))
    assert wrong is not None
    assert abs(wrong / 4400.0 - 1.0) > 0.02
    fewer = RateQuality([0.8 * b for b in points], [jod(b) for b in points], BY_VISIBLE_LOSS)
    rate, gain = bd_rate(fewer, curve), bd_quality(fewer, curve, (1000.0, 2000.0))
    assert rate is not None
    assert gain is not None
    assert rate.value == pytest.approx(-0.2, abs=1e-9)
    # Means are of JOD: of 0.7 (1 - 0.64) (1000 / b)^2 over ln b from 1000 to 2000.
    mean = 0.7 * 0.36 * (1.0 - 0.25) / 2.0 / math.log(2.0)
    assert gain.value == pytest.approx(mean, rel=5e-3)


def test_scores_on_a_screen_rise_to_the_original_itself() -> None:
    curve = RateQuality([100, 200, 400, 900], [9.2, 9.75, 9.99, 10.0], BY_VISIBLE_LOSS)
    rising = [curve.bytes_at(q) for q in np.linspace(9.2, 10.0, 60)]
    assert None not in rising
    assert (np.diff(np.array(rising, float)) > 0.0).all()
    found = [curve.quality_at(b) for b in np.linspace(100.0, 900.0, 60)]
    assert (np.diff(np.array(found, float)) >= 0.0).all()
    assert (curve.highest, curve.least_bytes_for(9.0), curve.best_within(5000.0)) == (10, 100, 10)
