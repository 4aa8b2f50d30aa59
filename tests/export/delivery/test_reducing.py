"""Photos on their way to a reader are reduced by a filter, or by a released reducer."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from export.delivery.reducing import (
    SENT_REDUCTIONS,
    able_reductions,
    reduced,
    version_of,
)
from pixels.quality.colorvideovdp import ColorVideoVdp
from pixels.quality.judge import Judge
from pixels.quality.screens import PHONE
from pixels.quality.ssimulacra2 import Ssimulacra2
from pixels.sending.codecs import enlarged_to, padded_size, reduce
from teacher.enlarging.runner import open_enlarger
from teacher.reducing.weights import read_reducer
from tests.made.photos import photo

HALF = Fraction(2)


def test_there_is_a_reducer_for_half_size_alone() -> None:
    assert able_reductions(SENT_REDUCTIONS, HALF) == SENT_REDUCTIONS
    for scale in (Fraction(3), Fraction(3, 2)):
        assert able_reductions(("trained", "area"), scale) == ("area",)


@pytest.mark.parametrize("size", [(61, 44), (60, 42), (7, 5)], ids=str)
def test_photos_of_any_size_are_reduced_by_exactly_the_scale(size: tuple[int, int]) -> None:
    original = photo(*size)
    made = reduced(original, "trained", HALF)
    assert made.shape == (*padded_size(size, HALF), 3)
    assert made.dtype == np.uint8
    filtered = reduced(original, "lanczos", HALF)
    np.testing.assert_array_equal(filtered, reduce(original, "lanczos", HALF))
    # It moves pixels by some levels, and no colour: all three channels alike.
    moved = made.astype(int) - reduce(original, "bicubic", HALF)
    assert 0 < np.abs(moved).mean() < 8


@pytest.mark.parametrize("judge", [Ssimulacra2(), ColorVideoVdp(PHONE)], ids=["points", "jod"])
def test_its_student_restores_more_than_after_any_filter(judge: Judge) -> None:
    original = data.coffee()[:360, 120:480]
    judged, student = judge.original(original), open_enlarger("small-fine")
    scores = {
        one: judged.score(
            enlarged_to(student.enlarge(reduced(original, one, HALF)), original.shape[:2])
        )
        for one in SENT_REDUCTIONS
    }
    best = max(scores[one] for one in SENT_REDUCTIONS if one != "trained")
    assert scores["trained"] > best


def test_a_version_names_the_weights() -> None:
    assert version_of("area", HALF) == "area"
    assert version_of("trained", HALF) == f"trained-{read_reducer(Path('reducer-fine')).sha256}"
