"""The search for the smallest file: right for any rising curve, and with few evaluations."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from export.publish.search.curves import QualityCurve, usual_curve
from export.publish.search.ladder import QualityLadder
from pixels.quality.looks import LOOKS
from pixels.quality.screens import PHONE, SCREENS, screen_of
from pixels.sending.codecs import CODECS

USUAL = QualityCurve(settings=(5, 20, 40, 60, 80, 95), scores=(-20, 30, 55, 68, 80, 90))


def ladder(
    shift: float = 0.0, gain: float = 1.0, kilobytes: float = 20.0, usually: QualityCurve = USUAL
) -> QualityLadder:
    """A made codec: scores rise and level off, bytes grow by 2 % a step and a little unevenly."""

    def encode(setting: int) -> bytes:
        uneven = np.random.default_rng(setting).uniform(0.997, 1.003)
        return setting.to_bytes(2, "big") * int(500 * kilobytes * math.exp(0.02 * setting) * uneven)

    def rate(file: bytes) -> float:
        setting = int.from_bytes(file[:2], "big")
        usual = np.interp(setting, usually.settings, usually.scores)
        return float(gain * usual + shift)

    return QualityLadder(encode=encode, rate=rate, lowest=1, highest=95, curve=usually)


@pytest.mark.parametrize("target", [20.0, 47.5, 60.0, 79.0])
@pytest.mark.parametrize("gain", [0.8, 1.0, 1.2])
@pytest.mark.parametrize("shift", [-12.0, 0.0, 9.0])
def test_the_lowest_setting_is_found_with_few_evaluations(
    target: float, gain: float, shift: float
) -> None:
    made = ladder(shift, gain)
    by_hand = [q for q in range(1, 96) if ladder(shift, gain).score(q) >= target]
    assert made.lowest_reaching(target) == (min(by_hand) if by_hand else None)
    assert len(made.scores) <= 7


def test_a_usual_picture_takes_two_or_three_evaluations() -> None:
    counts = []
    for shift in np.linspace(-3, 3, 13):
        made = ladder(float(shift))
        made.lowest_reaching(60.0)
        counts.append(len(made.scores))
    assert np.mean(counts) <= 3.5


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_what_cannot_win_is_scored_once(share: float) -> None:
    winner = ladder()
    setting = winner.lowest_reaching(60.0)
    assert setting is not None
    loser = ladder()
    assert loser.lowest_reaching(60.0, int(share * winner.size(setting))) is None
    assert len(loser.scores) == 1


def test_what_wins_is_found_within_its_bound() -> None:
    worse, better = ladder(), ladder(kilobytes=15.0)
    setting = worse.lowest_reaching(60.0)
    assert setting is not None
    assert better.lowest_reaching(60.0, worse.size(setting)) == setting


def test_without_a_file_within_the_bytes_nothing_is_scored() -> None:
    made = ladder()
    assert made.lowest_reaching(60.0, 100) is None
    assert made.scores == {}


@pytest.mark.parametrize("most_bytes", [10_300, 20_000, 50_000, 60_000, 10**9])
def test_the_largest_file_within_a_bound(most_bytes: int) -> None:
    made = ladder()
    fitting = [q for q in range(1, 96) if ladder().size(q) <= most_bytes]
    assert made.highest_within(most_bytes) == max(fitting, default=None)
    assert len(made.files) <= 9


def test_a_target_out_of_reach_takes_three_evaluations() -> None:
    made = ladder(shift=-30.0)
    assert made.lowest_reaching(85.0) is None
    assert len(made.scores) <= 3


def test_what_was_scored_before_is_not_scored_again() -> None:
    made = ladder()
    setting = made.lowest_reaching(60.0)
    assert setting is not None
    scored = len(made.scores)
    assert made.lowest_reaching(60.0) == setting
    assert made.lowest_reaching(60.0, made.size(setting)) == setting
    assert made.lowest_reaching(60.0, made.size(setting) - 1) is None
    assert len(made.scores) == scored


def test_usual_scores_rise_with_the_setting_for_every_judge() -> None:
    screens = [None, *SCREENS.values(), screen_of(60)]
    for codec, scale, screen in product(CODECS, (1, Fraction(3, 2), 2, 3), screens):
        curve = usual_curve(codec, Fraction(scale), screen)
        assert np.all(np.diff(curve.scores) > 0), (codec, scale, screen)
        assert max(curve.scores) < (100 if screen is None else 10)
        assert len(curve.scores) == len(curve.settings)


@pytest.mark.parametrize("target", LOOKS.values())
def test_on_a_screen_few_files_are_scored_too(target: float) -> None:
    usually = usual_curve("AVIF", Fraction(1), PHONE)
    counts = []
    for loss in np.linspace(0.8, 1.25, 9):  # of a photo, as a share of the usual one
        made = ladder(10.0 * (1.0 - loss), float(loss), usually=usually)
        made.lowest_reaching(target)
        counts.append(len(made.scores))
    assert np.mean(counts) <= 4
