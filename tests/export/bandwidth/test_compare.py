from __future__ import annotations

import math
from fractions import Fraction

import pytest

from export.bandwidth.compare import (
    compare_at,
    compare_with_full,
    compare_with_plain,
    on_the_same_files,
    spread,
)
from export.bandwidth.disagreement import disagreement_sentence, disagreements
from export.bandwidth.measure import PhotoCurves
from export.bandwidth.policies import break_even, policies, savings_by_reduction
from export.bandwidth.study import ANY_STUDENT, Offer
from export.delivery.reducing import SENT_REDUCTIONS
from tests.made.curves import BY_POINTS, ON_A_PHONE, curve, measured, study

NET = Offer(name="net", ways=("net",))
THIRD = Fraction(3, 2)


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
    low, high = compare_at(both, "JPEG", ["net"], 30), compare_at(both, "JPEG", ["net"], 50)
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
        plain = [curve(way, 0.9, r) for way in ("browser", "lanczos") for r in SENT_REDUCTIONS]
        ones = [curve("one", sharp if r == "sharp" else one, r) for r in SENT_REDUCTIONS]
        twos = [curve("two", two, r) for r in SENT_REDUCTIONS]
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
    result = break_even(part, "JPEG", 50, NET)
    assert result is not None
    assert result.saved_per_photo == pytest.approx(0.2 * full, rel=1e-5)
    assert result.photos == pytest.approx(100_000 / (0.2 * full), rel=1e-5)
    assert result.photos_over_plain == pytest.approx(100_000 / (0.1 * full), rel=1e-5)
    losing = study(measured("a", curve("browser", 0.9), curve("net", 1.1)), model_bytes=1)
    worse = break_even(losing, "JPEG", 50, NET)
    assert worse is not None
    assert worse.photos is None


def test_each_photo_is_sent_at_the_size_that_suits_it() -> None:
    def photo(name: str, half: float, two_thirds: float) -> PhotoCurves:
        return measured(
            name,
            *(curve(f"{way} 2", 0.95) for way in ("browser", "lanczos")),
            *(curve(f"{way} 3/2", 0.9, scale=THIRD) for way in ("browser", "lanczos")),
            curve("half", half),
            curve("wide", two_thirds, scale=THIRD),
        )

    part = study(
        photo("a", 0.6, 0.8),
        photo("b", 0.9, 0.7),
        photo("c", 1.2, 1.1),
        students=("half", ("wide", THIRD)),
        model_bytes=10_000,
    )
    assert part.scales == (2, THIRD)
    assert part.plain == ("browser 2", "lanczos 2", "browser 3/2", "lanczos 3/2")
    assert part.plain_of("wide") == ("browser 3/2", "lanczos 3/2")
    assert (part.sent_at("half"), part.sent_at("wide")) == ("1/2", "2/3")
    savings = {offer.name: compare_at(part, "JPEG", offer.ways, 50).saving for offer in part.offers}
    assert savings["half"] == pytest.approx((0.4 + 0.1) / 3)
    assert savings["wide"] == pytest.approx((0.2 + 0.3) / 3)
    assert savings[ANY_STUDENT] == pytest.approx((0.4 + 0.3) / 3)
    offer = part.student_offers[-1]
    best = compare_at(part, "JPEG", offer.ways, 50)
    assert best.won_at == {"1/2": pytest.approx(1 / 3), "2/3": pytest.approx(1 / 3)}
    assert best.won == pytest.approx(2 / 3)
    both = break_even(part, "JPEG", 50, offer)
    assert both is not None
    assert both.added_bytes == 20_000  # each student once
    full = 1e6 * math.exp(50.0 / 30.0)
    # Against the better of the browser's own enlargements, which need no download.
    plain = (1.0 - 0.6 / 0.9 + 1.0 - 0.7 / 0.9 + (1.0 - 1.0 / 0.9)) * 0.9
    assert both.over_plain_per_megapixel == pytest.approx(plain * full / 3, rel=1e-5)


def test_a_network_is_compared_on_the_files_that_it_gets() -> None:
    part = study(
        measured("a", curve("browser 3/2", 0.9, scale=THIRD), curve("wide", 0.6, scale=THIRD)),
        measured("b", curve("browser 3/2", 0.9, scale=THIRD), curve("wide", 0.9, scale=THIRD)),
        students=(("wide", THIRD), "half"),
        judgings=(BY_POINTS, ON_A_PHONE),
    )
    phone = part.by_each_judge[1]
    found = on_the_same_files(phone, "JPEG", "wide", "browser 3/2")
    assert [row.quality for row in found] == [10, 20, 35, 50, 65, 80, 90]
    for row in found:
        # In these curves fewer bytes lose more: a factor of 0.6 costs 1 / 0.6 - 1 / 0.9.
        lost = math.exp(-row.quality / 30.0) * (1.0 / 0.6 - 1.0 / 0.9)
        assert (row.photos, row.highest) == (2, pytest.approx(0.0, abs=1e-6))
        assert row.lowest == pytest.approx(-lost, abs=1e-5)
        assert row.median == pytest.approx(-lost / 2, abs=1e-5)


def test_on_a_screen_bytes_are_compared_in_jod() -> None:
    # At equal bytes, what is lost of 10 JOD is 0.6 times as much: so are the bytes at equal JOD.
    part = study(measured("a", curve("net", 0.5, jod_lost=0.6)), judgings=(BY_POINTS, ON_A_PHONE))
    by_points, by_phone = part.by_each_judge
    result = compare_with_full(by_phone, "JPEG", "net")
    assert [band.band for band in result.bands] == [9.5, 9.8]
    assert [band.saving for band in result.bands] == [pytest.approx(0.4, abs=1e-5)] * 2
    assert result.bd_rate is not None
    assert result.bd_rate.mean == pytest.approx(-0.4, abs=1e-5)
    assert result.bands[0].points == pytest.approx(10.0 - 0.5 * 0.6, abs=1e-4)
    points = compare_with_full(by_points, "JPEG", "net").bd_rate
    assert points is not None
    assert points.mean == pytest.approx(-0.5, abs=1e-6)


def test_judges_that_would_send_another_size_are_counted() -> None:
    def photo(name: str, jod_lost: float) -> PhotoCurves:
        # In points half size needs 0.8 of the bytes; on a phone `jod_lost` times as many.
        return measured(name, curve("net", 0.8, jod_lost=jod_lost))

    part = study(photo("a", 1.2), photo("b", 0.7), judgings=(BY_POINTS, ON_A_PHONE))
    found = disagreements(part)
    # Within the bands of one of the judges: 30 to 70 points, 9.5 to 9.8 JOD.
    assert [(row.quality, row.photos) for row in found] == [(35, 2), (50, 2), (65, 2)]
    for row in found:
        by_points, by_phone = row.winners.values()
        assert (by_points, by_phone) == ({"1/2": 2}, {"1": 1, "1/2": 1})
        assert row.differing == 1
    assert "in 3 of 6 cases" in disagreement_sentence(found)
    assert not disagreements(study(photo("a", 1.2)))  # one judge
