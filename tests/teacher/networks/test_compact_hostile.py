"""Mutated `model.halfsize` files: refused in a sentence, or read and computed exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from export.compact.encode_integer import encode_integer, sum_of
from pixels.scale import enlarged_size, padded_to_blocks
from plumbing.command import UserError
from teacher.networks.arrays.run import run_weights
from teacher.networks.compact_file import decode
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.weights import IntegerChainWeights
from tests.made.integer.whole_numbers import awkward_pictures, made_weights, word_by_word
from tests.test_hostile import mutated

PICTURE = awkward_pictures()["extremes 16x19"]
SHAPES = [
    IntegerChainConfig(body=1, channels=4, activation="prelu", bits=7),
    IntegerChainConfig(body=0, channels=3, activation="relu", colour="rgb", scale=Fraction(3, 2)),
]


def seeds() -> list[bytes]:
    made = []
    for shape in SHAPES:
        weights = made_weights(shape)
        golden = [(PICTURE, sum_of(word_by_word(weights, PICTURE)))]
        made.append(encode_integer(weights, golden))
    return made


@pytest.mark.parametrize(
    "count", [200, pytest.param(5000, marks=[pytest.mark.slow, pytest.mark.heavy])]
)
def test_mutated_files_are_refused_or_exact(count: int) -> None:
    rng = np.random.default_rng(count)
    good, exact = seeds(), 0
    for number in range(count):
        content = mutated(good[number % len(good)], good, rng)
        try:
            weights = decode(content).weights
        except UserError as error:
            assert str(error).startswith("model.halfsize cannot be used: ")
            continue
        if not isinstance(weights, IntegerChainWeights):
            continue
        # What is read keeps the promise that nothing overflows, whatever its numbers are.
        wanted = word_by_word(weights, PICTURE)
        padded = padded_to_blocks(PICTURE, weights.config.scale)
        batch = padded.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0)
        made = np.rint(run_weights(weights)(batch)[0].transpose(1, 2, 0) * 255)
        height, width = enlarged_size((PICTURE.shape[0], PICTURE.shape[1]), weights.config.scale)
        np.testing.assert_array_equal(made[:height, :width], wanted)
        exact += 1
    assert exact > count / 20
