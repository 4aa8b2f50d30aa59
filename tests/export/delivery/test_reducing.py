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

STUDENTS = {Fraction(2): "small-fine", Fraction(3, 2): "small-fine-3-2"}


def test_there_are_reducers_for_the_scales_of_publishing_alone() -> None:
    for scale in STUDENTS:
        assert able_reductions(SENT_REDUCTIONS, scale) == SENT_REDUCTIONS
    for scale in (Fraction(3), Fraction(4, 3)):
        assert able_reductions(("trained", "area"), scale) == ("area",)


@pytest.mark.parametrize("scale", STUDENTS, ids=str)
@pytest.mark.parametrize("size", [(61, 44), (60, 42), (7, 5)], ids=str)
def test_photos_of_any_size_are_reduced_by_exactly_the_scale(
    scale: Fraction, size: tuple[int, int]
) -> None:
    original = photo(*size)
    made = reduced(original, "trained", scale)
    assert made.shape == (*padded_size(size, scale), 3)
    assert made.dtype == np.uint8
    filtered = reduced(original, "lanczos", scale)
    np.testing.assert_array_equal(filtered, reduce(original, "lanczos", scale))
    # It moves pixels by some levels, and no colour: all three channels alike.
    moved = made.astype(int) - reduce(original, "bicubic", scale)
    assert 0 < np.abs(moved).mean() < 8


@pytest.mark.parametrize("scale", STUDENTS, ids=str)
@pytest.mark.parametrize("judge", [Ssimulacra2(), ColorVideoVdp(PHONE)], ids=["points", "jod"])
def test_its_student_restores_more_than_after_any_filter(scale: Fraction, judge: Judge) -> None:
    original = data.coffee()[:360, 120:480]
    judged, student = judge.original(original), open_enlarger(STUDENTS[scale])
    scores = {
        one: judged.score(
            enlarged_to(student.enlarge(reduced(original, one, scale)), original.shape[:2])
        )
        for one in SENT_REDUCTIONS
    }
    best = max(scores[one] for one in SENT_REDUCTIONS if one != "trained")
    assert scores["trained"] > best


def test_a_version_names_the_weights() -> None:
    assert version_of("area", Fraction(2)) == "area"
    names = {version_of("trained", scale) for scale in STUDENTS}
    shas = [read_reducer(Path(name)).sha256 for name in ("reducer-fine", "reducer-fine-3-2")]
    assert names == {f"trained-{sha}" for sha in shas}
