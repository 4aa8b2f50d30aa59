"""The file `model.halfsize`, and how it is read: docs/reference/format.md defines it.

The reader treats every file as hostile: it compares lengths before it allocates anything, and
reports any fault as a `UserError`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pixels.scale import SCALES, enlarged_size, scale_name
from plumbing.command import UserError
from teacher.networks.chain_config import ChainConfig
from teacher.networks.chain_weights import ChainWeights

FILE = "model.halfsize"
StoredWeights = Literal["float16", "int8"]

MAGIC = b"HSZ\x1a"
WHOLE, RATIO = 1, 2
"""Versions of the format: for whole scales, which older readers know, and for all."""
HEADER = struct.Struct("<4sBBBBBBHHH")
PRECISIONS: dict[int, StoredWeights] = {1: "float16", 2: "int8"}
COLOURS = ("luma", "rgb")
ACTIVATIONS = ("relu", "prelu")
_MOST_WEIGHTS = 16_000_000
_MOST_GOLDEN = 16
STORED_AXES = (2, 3, 1, 0)  # of (outputs, inputs, row, column)
_NETWORK_AXES = (3, 2, 0, 1)  # the way back

Golden = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A small picture (height, width, 3), and the network's output for it."""


@dataclass(frozen=True, kw_only=True)
class CompactModel:
    """The content of a `model.halfsize`."""

    weights: ChainWeights
    """The network, with the weights as stored."""
    precision: StoredWeights
    """Precision of the weights."""
    golden: list[Golden]
    """Small pictures with the network's outputs."""


def read_compact(path: Path) -> CompactModel:
    """Read a `model.halfsize` of any origin.

    Raises:
        UserError: It is not valid.
    """
    return decode(path.read_bytes(), str(path))


def decode(content: bytes, name: str = FILE) -> CompactModel:
    """Decode the bytes of a `model.halfsize`.

    Raises:
        UserError: They are not valid; the sentence calls them `name`.
    """
    reader = _Reader(content, name)
    config, precision, golden_count = _header(reader)
    kernels, biases, slopes = [], [], []
    for index, shape in enumerate(config.kernel_shapes):
        stored = tuple(shape[axis] for axis in STORED_AXES)
        biases.append(reader.halves(shape[0]))
        if config.activation == "prelu" and index <= config.body:
            slopes.append(reader.halves(shape[0]))
        if precision == "int8":
            steps = reader.halves(shape[0])
            values = reader.bytes_(prod(stored)).view(np.int8).reshape(stored) * steps
        else:
            values = reader.halves(prod(stored)).reshape(stored)
        kernels.append(np.ascontiguousarray(values.transpose(_NETWORK_AXES)))
    weights = ChainWeights(
        config=config, kernels=tuple(kernels), biases=tuple(biases), slopes=tuple(slopes)
    )
    golden = [_golden(reader, config.scale) for _ in range(golden_count)]
    reader.require_end()
    return CompactModel(weights=weights, precision=precision, golden=golden)


def _header(reader: _Reader) -> tuple[ChainConfig, StoredWeights, int]:
    fields = HEADER.unpack(reader.take(HEADER.size))
    magic, version, precision, up, colour, activation, golden, body, channels, last = fields
    if magic != MAGIC:
        raise reader.wrong("it is not a halfsize model")
    if version > RATIO:
        raise reader.wrong(f"it is of a newer version, {version}: update halfsize")
    if version < WHOLE:
        raise reader.wrong(f"it has version {version}, which never was")
    if precision not in PRECISIONS or colour > 1 or activation > 1:
        raise reader.wrong("its header has an undefined value")
    if version == WHOLE and last != 0:
        raise reader.wrong("its header has an undefined value")
    scale = _scale(reader, up, 1 if version == WHOLE else last)
    if not 1 <= golden <= _MOST_GOLDEN:
        raise reader.wrong(f"it cannot have {golden} golden vectors")
    if body * 9 * channels**2 > _MOST_WEIGHTS:
        raise reader.wrong("it has too many weights")
    try:
        config = ChainConfig(
            body=body,
            channels=channels,
            colour=COLOURS[colour],
            activation=ACTIVATIONS[activation],
            scale=scale,
        )
    except ValueError as error:
        raise reader.wrong(str(error)) from error
    reader.require(_least_bytes(config, PRECISIONS[precision]))
    return config, PRECISIONS[precision], golden


def _scale(reader: _Reader, up: int, down: int) -> Fraction:
    # Compared as pairs: 4/2 would be a network of another shape than 2/1.
    for scale in SCALES:
        if (up, down) == (scale.numerator, scale.denominator):
            return scale
    known = ", ".join(map(scale_name, SCALES))
    raise reader.wrong(f"it enlarges {up}/{down} times, which is none of {known}")


def _least_bytes(config: ChainConfig, precision: StoredWeights) -> int:
    """Count the bytes of the weights, so that nothing larger than the file is allocated."""
    return sum(map(prod, config.kernel_shapes)) * (2 if precision == "float16" else 1)


def _golden(reader: _Reader, scale: Fraction) -> Golden:
    height, width = reader.take(2)
    if height < 1 or width < 1:
        raise reader.wrong("a golden vector is empty")
    picture = reader.bytes_(height * width * 3).reshape(height, width, 3)
    larger = enlarged_size((height, width), scale)
    return picture, reader.bytes_(prod(larger) * 3).reshape(*larger, 3)


class _Reader:
    """Reads bytes in order, and never past their end."""

    def __init__(self, content: bytes, name: str) -> None:
        self._content, self._name, self._at = content, name, 0

    def take(self, count: int) -> bytes:
        self.require(count)
        self._at += count
        return self._content[self._at - count : self._at]

    def bytes_(self, count: int) -> NDArray[np.uint8]:
        return np.frombuffer(self.take(count), np.uint8)

    def halves(self, count: int) -> NDArray[np.float32]:
        values = np.frombuffer(self.take(2 * count), "<f2").astype(np.float32)
        if not np.isfinite(values).all():
            raise self.wrong("one of its values is not a number")
        return values

    def require(self, count: int) -> None:
        if self._at + count > len(self._content):
            raise self.wrong("it is truncated")

    def require_end(self) -> None:
        if self._at != len(self._content):
            raise self.wrong("it has bytes after the network")

    def wrong(self, what: str) -> UserError:
        return UserError(f"{self._name} cannot be used: {what}")
