"""Students in whole numbers by NumPy: the very bytes that the format defines."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from export.check.any_size import any_size
from pixels.scale import SCALES
from teacher.networks.arrays.integer_chain import NumpyIntegerChain
from teacher.networks.chain_config import Activation, Colour
from teacher.networks.fixed import bicubic_reach_px
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.enlargement import bicubic_taps
from teacher.networks.integer.weights import IntegerChainWeights
from tests.made.integer.whole_numbers import TAPS, awkward_pictures, made_weights, word_by_word


def by_numpy(weights: IntegerChainWeights, picture: NDArray[np.uint8], threads: int = 1) -> NDArray:
    run = any_size(NumpyIntegerChain(weights, threads=threads), weights.config.scale)
    batch = picture.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0)
    result = run(batch)[0].transpose(1, 2, 0) * 255.0
    assert np.abs(result - np.rint(result)).max() < 1e-4
    return np.rint(result).astype(np.uint8)


@pytest.mark.parametrize("scale", SCALES, ids=str)
@pytest.mark.parametrize("colour", ["luma", "rgb"])
@pytest.mark.parametrize("activation", ["relu", "prelu"])
def test_it_gives_the_bytes_of_the_format(
    scale: Fraction, colour: Colour, activation: Activation
) -> None:
    for bits in (7, 8):
        config = IntegerChainConfig(
            body=2, channels=9, colour=colour, scale=scale, activation=activation, bits=bits
        )
        weights = made_weights(config, seed=bits)
        for name, picture in awkward_pictures().items():
            wanted = word_by_word(weights, picture)
            np.testing.assert_array_equal(by_numpy(weights, picture), wanted, name)
        noise = awkward_pictures()["noise 11x7"]
        np.testing.assert_array_equal(by_numpy(weights, noise, 2), word_by_word(weights, noise))


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_the_taps_are_those_of_the_format(scale: Fraction) -> None:
    first, taps = TAPS[str(scale)]
    assert first == -bicubic_reach_px(scale)
    np.testing.assert_array_equal(bicubic_taps(scale), taps)
