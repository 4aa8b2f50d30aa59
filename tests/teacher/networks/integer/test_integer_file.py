"""Version 3 of `model.halfsize`: read as it was written, and refused where it could go wrong."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from export.compact.encode_integer import encode_integer
from plumbing.command import UserError
from teacher.networks.compact_file import decode
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.weights import IntegerChainWeights, IntegerLayer
from tests.made.integer.whole_numbers import made_weights

CONFIG = IntegerChainConfig(body=1, channels=5, activation="prelu", bits=7)
BLANK = (np.zeros((1, 2, 3), np.uint8), zlib.crc32(b"any"))
HEADER_BYTES = 16


def shapes() -> list[IntegerChainConfig]:
    return [
        CONFIG,
        replace(CONFIG, body=0, channels=1, activation="relu", bits=8),
        replace(CONFIG, scale=Fraction(3, 2), colour="rgb"),
        replace(CONFIG, scale=Fraction(4, 3), activation="relu"),
    ]


@pytest.mark.parametrize("config", shapes())
def test_it_is_read_as_it_was_written(config: IntegerChainConfig) -> None:
    weights = made_weights(config)
    model = decode(encode_integer(weights, [BLANK]))
    assert isinstance(model.weights, IntegerChainWeights)
    assert model.weights.config == config
    written = weights.tensors()
    for name, array in model.weights.tensors().items():
        np.testing.assert_array_equal(array, written[name])
    assert model.precision == "int8" and model.golden == []
    [(picture, crc)] = model.summed
    np.testing.assert_array_equal(picture, BLANK[0])
    assert crc == BLANK[1]


def test_the_bytes_are_those_of_the_format() -> None:
    weights = made_weights(CONFIG)
    content = encode_integer(weights, [BLANK])
    assert content[:HEADER_BYTES] == b"HSZ\x1a" + bytes([3, 2, 2, 0, 1, 1, 1, 0, 5, 0, 1, 7])
    first = weights.layers[0]
    assert content[HEADER_BYTES] == first.shift
    at = HEADER_BYTES + 1
    for kind, wanted in (
        ("<i4", first.biases),
        ("<i2", first.multipliers),
        ("<i2", first.below),
        ("u1", first.ranges),
        ("i1", first.kernels.transpose(2, 3, 1, 0).ravel()),
    ):
        stored = np.frombuffer(content, kind, len(wanted), at)
        np.testing.assert_array_equal(stored, wanted)
        at += stored.nbytes
    assert content.endswith(bytes([1, 2]) + bytes(6) + BLANK[1].to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("at", "value", "sentence"),
    [
        (5, 1, "undefined value"),
        (6, 3, "truncated"),
        (14, 2, "it enlarges 2/2 times"),
        (15, 0, "7 or 8 bits, got 0"),
        (15, 9, "7 or 8 bits, got 9"),
        (16, 16, "the shift of layer 0 is 16, 0 to 15 are allowed"),
        (HEADER_BYTES + 1 + 3, 1, "a sum of layer 0 can reach 2\\^24"),
        (HEADER_BYTES + 1 + 4 * 5 + 1, 0x80, "a multiplier of layer 0 is negative"),
        (HEADER_BYTES + 1 + (4 + 2 + 2) * 5, 128, "a range of layer 0 is more than the bits allow"),
    ],
)
def test_a_fault_in_the_bytes_is_named(at: int, value: int, sentence: str) -> None:
    content = bytearray(encode_integer(made_weights(CONFIG), [BLANK]))
    content[at] = value
    with pytest.raises(UserError, match=sentence):
        decode(bytes(content), "model")


def changed(weights: IntegerChainWeights, at: int, **parts: object) -> IntegerChainWeights:
    layers = list(weights.layers)
    layers[at] = replace(layers[at], **parts)  # pyright: ignore[reportArgumentType]
    return replace(weights, layers=tuple(layers))


def int16(values: list[int]) -> np.ndarray:
    return np.array(values, np.int16)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda w: changed(w, 2, multipliers=int16([256, 257, 0, 0])), "no multiple of 256"),
        (lambda w: changed(w, 1, below=int16([0, 0, 0, 0, -32768])), "layer 1 is -32768"),
        (lambda w: changed(w, 0, shift=-1), "shift of layer 0 is -1"),
        (lambda w: changed(w, 0, below=int16([])), r"layers\.0\.below"),
        (lambda w: changed(w, 1, biases=np.zeros(5, np.int64)), r"layers\.1\.biases"),
    ],
)
def test_what_arithmetic_cannot_hold_is_refused(
    change: Callable[[IntegerChainWeights], IntegerChainWeights], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        change(made_weights(CONFIG))


def test_sums_may_come_near_the_bound_but_not_reach_it() -> None:
    """Just below it, every weight and every input at its end gives the largest number."""
    weights = made_weights(replace(CONFIG, activation="relu"))
    first: IntegerLayer = weights.layers[0]
    kernels = np.full_like(first.kernels, 127)
    room = 2**24 - 1 - 127 * 9 * 2040
    changed(weights, 0, kernels=kernels, biases=np.full(5, room, np.int32))
    for bias in (room + 1, -room - 1):
        with pytest.raises(ValueError, match="can reach 2\\^24"):
            changed(weights, 0, kernels=kernels, biases=np.full(5, bias, np.int32))


def test_truncated_and_too_long_files_are_refused() -> None:
    content = encode_integer(made_weights(CONFIG), [BLANK])
    for length in range(0, len(content), 7):
        with pytest.raises(UserError, match="truncated"):
            decode(content[:length])
    with pytest.raises(UserError, match="bytes after the network"):
        decode(content + b"!")
