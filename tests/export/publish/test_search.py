"""The search for the smallest file: right for any rising curve, and with few evaluations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest

from export.publish.search.curves import (
    SETTINGS,
    Curve,
    Kind,
    Known,
    kind_of,
    loss_of,
    size_of,
    usual_curves,
)
from export.publish.search.ladder import SKETCHED, QualityLadder
from pixels.quality.looks import LOOKS
from pixels.quality.screens import PHONE, SCREENS, screen_of
from pixels.quality.ssimulacra2 import MEASURE
from pixels.sending.codecs import CODECS, distinct_settings

PIXELS = 100_000
USUAL = np.interp(SETTINGS, (5, 20, 40, 60, 80, 95), (-20, 30, 55, 68, 80, 90))
"""Scores of a made codec."""


@cache
def bytes_of(setting: int, kilobytes: float) -> int:
    """Grow by 2 % a step, and a little unevenly."""
    uneven = np.random.default_rng(setting).uniform(0.997, 1.003)
    return int(1000 * kilobytes * math.exp(0.02 * setting) * uneven)


def ladder(
    shift: float = 0.0,
    gain: float = 1.0,
    kilobytes: float = 20.0,
    settings: Sequence[int] = range(1, 96),
) -> QualityLadder:
    """A photo whose scores and bytes are not the usual ones."""

    def encode(setting: int) -> bytes:
        return setting.to_bytes(2, "big").ljust(bytes_of(setting, kilobytes))

    def rate(file: bytes) -> float:
        return float(gain * USUAL[int.from_bytes(file[:2], "big") - 1] + shift)

    usual = Curve(
        sizes=np.array([size_of(bytes_of(setting, 20.0), PIXELS) for setting in SETTINGS]),
        losses=np.array([loss_of(MEASURE, score) for score in USUAL]),
        spread=np.full((2, len(SETTINGS)), 0.1),
    )
    return QualityLadder(
        encode=encode,
        rate=rate,
        measure=MEASURE,
        pixels=PIXELS,
        start=lambda: usual,
        settings=settings,
    )


def sketched(shift: float, better: float, lighter: float) -> QualityLadder:
    """A photo of which another encoder makes better and lighter files, and takes its time."""
    sketch = ladder(shift)
    slow = ladder(shift + better, kilobytes=20.0 * lighter)
    return replace(slow, sketch=sketch, start=lambda: sketch.curve.with_bytes(SKETCHED))


def test_a_made_file_tells_its_setting() -> None:
    made = ladder()
    assert made.size(40) == bytes_of(40, 20.0)
    assert made.score(40) == pytest.approx(55.0)


@pytest.mark.parametrize("target", [20.0, 47.5, 60.0, 79.0])
@pytest.mark.parametrize("gain", [0.8, 1.0, 1.2])
@pytest.mark.parametrize("shift", [-12.0, 0.0, 9.0])
def test_the_lowest_setting_is_found_with_few_evaluations(
    target: float, gain: float, shift: float
) -> None:
    made, by_hand = ladder(shift, gain), ladder(shift, gain)
    reaching = [q for q in range(1, 96) if by_hand.score(q) >= target]
    assert made.lowest_reaching(target) == min(reaching, default=None)
    assert len(made.scores) <= 6


def test_a_usual_picture_takes_one_or_two_evaluations() -> None:
    counts = []
    for shift in np.linspace(-3, 3, 13):
        made = ladder(float(shift))
        made.lowest_reaching(60.0)
        counts.append(len(made.scores))
    assert np.mean(counts) <= 2.2


@pytest.mark.parametrize("lighter", [0.85, 0.95, 1.02])
@pytest.mark.parametrize("better", [-0.6, 0.0, 0.6])
@pytest.mark.parametrize("shift", [-12.0, 0.0, 9.0])
def test_after_a_sketch_the_slow_encoder_makes_one_to_three_files(
    shift: float, better: float, lighter: float
) -> None:
    made, by_hand = sketched(shift, better, lighter), ladder(shift + better)
    reaching = [q for q in range(1, 96) if by_hand.score(q) >= 60.0]
    assert made.lowest_reaching(60.0) == min(reaching)
    assert len(made.files) <= 3
    assert made.quick is made.sketch


def test_where_the_sketch_has_no_hope_the_slow_encoder_does_not_start() -> None:
    made = sketched(0.0, 0.0, 0.95)
    needed = ladder().size(ladder().lowest_reaching(60.0) or 0)
    assert made.lowest_reaching(60.0, round(0.85 * needed)) is None
    assert made.lowest_reaching(95.0) is None
    assert not made.files
    assert made.lowest_reaching(60.0, round(0.96 * needed)) is not None


@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
def test_what_cannot_win_is_scored_once(share: float) -> None:
    winner = ladder()
    setting = winner.lowest_reaching(60.0)
    assert setting is not None
    loser = ladder()
    assert loser.lowest_reaching(60.0, int(share * winner.size(setting))) is None
    assert len(loser.scores) == 1
    assert len(loser.files) <= 2


def test_what_wins_is_found_within_its_bound() -> None:
    worse, better = ladder(), ladder(kilobytes=15.0)
    setting = worse.lowest_reaching(60.0)
    assert setting is not None
    assert better.lowest_reaching(60.0, worse.size(setting)) == setting


@pytest.mark.parametrize("most_bytes", [21_000, 30_000, 50_000, 80_000, 120_000])
@pytest.mark.parametrize("kilobytes", [12.0, 20.0, 33.0])
@pytest.mark.parametrize("shift", [-20.0, -4.0, 0.0, 15.0])
def test_a_bound_decides_as_trying_all_would(
    most_bytes: int, kilobytes: float, shift: float
) -> None:
    made, by_hand = ladder(shift, kilobytes=kilobytes), ladder(shift, kilobytes=kilobytes)
    winning = [
        q for q in range(1, 96) if by_hand.score(q) >= 60.0 and by_hand.size(q) <= most_bytes
    ]
    assert made.lowest_reaching(60.0, most_bytes) == min(winning, default=None)
    assert len(made.scores) <= 5
    assert len(made.files) <= 6


def test_without_a_file_within_the_bytes_little_is_scored() -> None:
    made = ladder()
    assert made.lowest_reaching(60.0, 100) is None
    assert len(made.scores) <= 1


def test_a_target_out_of_reach_takes_two_evaluations() -> None:
    made = ladder(shift=-30.0)
    assert made.lowest_reaching(85.0) is None
    assert len(made.scores) <= 2


def test_what_was_scored_before_is_not_scored_again() -> None:
    made = ladder()
    setting = made.lowest_reaching(60.0)
    assert setting is not None
    scored = len(made.scores)
    assert made.lowest_reaching(60.0) == setting
    assert made.lowest_reaching(60.0, made.size(setting)) == setting
    assert len(made.scores) == scored
    assert made.lowest_reaching(60.0, made.size(setting) - 1) is None
    assert len(made.scores) <= scored + 1


def test_only_settings_that_differ_are_tried() -> None:
    settings = tuple(range(2, 95, 4))
    made = ladder(shift=-5.0, settings=settings)
    found = made.lowest_reaching(60.0)
    assert found in settings
    assert made.files.keys() <= set(settings)
    assert made.rate(made.encode(found - 4)) < 60.0 <= made.scores[found]


@pytest.mark.parametrize("target", [41.0, 55.4, 60.0, 72.3])
@pytest.mark.parametrize("step", [1, 4])
def test_bytes_at_exactly_the_target_lie_between_those_of_the_files_beside_it(
    target: float, step: int
) -> None:
    made = ladder(shift=-3.0, gain=1.05, settings=tuple(range(3, 95, step)))
    found = made.lowest_reaching(target)
    assert found is not None
    estimated = made.bytes_at(target, found)
    scores, sizes = made.score(found - step), made.size(found - step)
    assert sizes <= estimated <= made.size(found)
    share = (target - scores) / (made.score(found) - scores)
    exact = math.exp((1 - share) * math.log(sizes) + share * math.log(made.size(found)))
    assert estimated == pytest.approx(exact, rel=0.004 * step)
    # Between files that were scored it is exact but for the shape of the curve between them.
    assert made.bytes_at(target, found) == pytest.approx(exact, rel=0.002 * step)


def test_a_search_may_start_with_the_curve_of_another() -> None:
    """As that of another filter, or of another width, does."""
    first = ladder(shift=-14.0, gain=1.1)
    setting = first.lowest_reaching(60.0)
    second = ladder(shift=-14.4, gain=1.1)
    alike = QualityLadder(
        encode=second.encode,
        rate=second.rate,
        measure=MEASURE,
        pixels=PIXELS,
        start=lambda: first.curve,
        settings=range(1, 96),
    )
    assert alike.lowest_reaching(60.0) in (setting, (setting or 0) + 1)
    assert len(alike.scores) <= 2


ALL_KINDS = [kind_of(codec, Fraction(scale)) for codec, scale in product(CODECS, (1, 1.5, 2))]


@pytest.mark.parametrize("screen", [None, *SCREENS.values(), screen_of(60)])
def test_usual_curves_rise_for_every_judge(screen: None) -> None:
    usual = usual_curves(screen)
    assert set(usual.kinds) == set(ALL_KINDS)
    for kind in ALL_KINDS:
        curve = usual.expected(kind, [])
        assert curve.sizes[4] < curve.sizes[49] < curve.sizes[94]
        assert curve.losses[4] > curve.losses[49] > curve.losses[94]
        assert np.all(np.diff(curve.sizes) >= 0) and np.all(np.diff(curve.losses) <= 0)


def test_what_is_known_leaves_less_doubt_and_less_hope() -> None:
    usual = usual_curves(None)
    kind, other = Kind("AVIF", "2"), Kind("AVIF", "1")
    plain = usual.expected(kind, [])
    at = usual.expected(other, [])
    known = [(other, Known(50, at.sizes[49], at.losses[49]))]
    surer = usual.expected(kind, known)
    assert np.all(surer.spread < plain.spread)
    loss = plain.losses[59]
    assert plain.hopeful(1.5).bytes_for(loss) < surer.hopeful(1.5).bytes_for(loss)
    assert surer.hopeful(0.0).bytes_for(loss) == surer.bytes_for(loss)
    assert surer.bytes_for(surer.losses[-1] - 9.0) == math.inf


def test_a_scale_between_two_has_the_curves_of_the_nearer_one() -> None:
    kinds = [
        kind_of("AVIF", Fraction(*scale)).reduced for scale in ((4, 3), (3, 2), (2, 1), (3, 1))
    ]
    assert kinds == ["3/2", "3/2", "2", "2"]


@pytest.mark.parametrize("screen", [None, PHONE])
def test_what_is_known_of_one_file_tells_of_all_others(screen: None) -> None:
    usual = usual_curves(screen)
    known, other = Kind("AVIF", "1"), Kind("JPEG", "2")
    plain = usual.expected(known, [])
    hard, easy = (
        usual.expected(
            other, [(known, Known(50, plain.sizes[49] + more, plain.losses[49] + more / 2))]
        )
        for more in (0.4, -0.4)
    )
    before = usual.expected(other, [])
    assert hard.sizes[49] > before.sizes[49] > easy.sizes[49]
    assert hard.losses[49] > before.losses[49] > easy.losses[49]


def test_a_curve_is_moved_through_what_is_known_of_its_own_files() -> None:
    curve = usual_curves(None).expected(Kind("WEBP", "1"), [])
    known = [
        Known(30, curve.sizes[29] + 0.2, curve.losses[29] + 0.1),
        Known(60, curve.sizes[59] + 0.3, None),
    ]
    moved = curve.through(known)
    assert moved.setting_of_size(known[0].size) == pytest.approx(30.0)
    assert moved.setting_of_size(known[1].size) == pytest.approx(60.0)
    assert moved.setting_of_loss(curve.losses[29] + 0.1) == pytest.approx(30.0)
    assert moved.bytes_for(known[0].loss or 0.0) == pytest.approx(math.exp(known[0].size))
    assert moved.losses[59] == pytest.approx(curve.losses[59] + 0.1)


def test_beyond_the_ends_a_curve_goes_on() -> None:
    curve = usual_curves(None).expected(Kind("AVIF", "2"), [])
    assert curve.setting_of_loss(curve.losses[-1] - 0.1) > 100
    assert curve.setting_of_size(curve.sizes[0] - 0.1) < 1


@pytest.mark.parametrize("target", LOOKS.values())
def test_on_a_screen_few_files_are_scored_too(target: float) -> None:
    usual = usual_curves(PHONE).expected(Kind("AVIF", "1"), [])
    counts = []
    for more in np.linspace(-0.25, 0.25, 9):  # of a photo's losses, in logarithms
        made = QualityLadder(
            encode=lambda setting: setting.to_bytes(2, "big").ljust(1000 + 100 * setting),
            rate=lambda file: 10.0 - math.exp(usual.losses[file[1] - 1] + more),  # noqa: B023
            measure=MEASURE.__class__(**{**vars(MEASURE), "unit": "JOD", "identical": 10.0}),
            pixels=PIXELS,
            start=lambda: usual,
            settings=distinct_settings("AVIF"),
        )
        assert made.lowest_reaching(target) is not None
        counts.append(len(made.scores))
    assert np.mean(counts) <= 2.5
