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
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pixels.scale import SCALES, enlarged_size, scale_name
from teacher.networks.chain_config import ChainConfig
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.compact_reader import NETWORK_AXES, STORED_AXES, CompactReader
from teacher.networks.integer.compact import read_layers
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.weights import IntegerChainWeights

FILE = "model.halfsize"
StoredWeights = Literal["float16", "int8"]

MAGIC = b"HSZ\x1a"
WHOLE, RATIO, INTEGER = 1, 2, 3
"""Versions of the format: for whole scales, which older readers know, for all, and for students in
whole numbers."""
HEADER = struct.Struct("<4sBBBBBBHHH")
PRECISIONS: dict[int, StoredWeights] = {1: "float16", 2: "int8"}
COLOURS = ("luma", "rgb")
ACTIVATIONS = ("relu", "prelu")
_MOST_WEIGHTS = 16_000_000
_MOST_GOLDEN = 16

Golden = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A small picture (height, width, 3), and the network's output for it."""
Summed = tuple[NDArray[np.uint8], int]
"""A small picture (height, width, 3), and the CRC-32 of the output's bytes."""


@dataclass(frozen=True, kw_only=True)
class CompactModel:
    """The content of a `model.halfsize`."""

    weights: ChainWeights | IntegerChainWeights
    """The network, with the weights as stored."""
    precision: StoredWeights
    """Precision of the weights."""
    golden: list[Golden]
    """Small pictures with the network's outputs; empty for whole numbers."""
    summed: list[Summed]
    """Small pictures with the sums of the network's outputs; only for whole numbers."""


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
    reader = CompactReader(content, name)
    config, precision, golden_count = _header(reader)
    if isinstance(config, IntegerChainConfig):
        weights = read_layers(reader, config)
        golden, summed = [], [_summed(reader) for _ in range(golden_count)]
    else:
        weights = _read_layers(reader, config, precision)
        golden, summed = [_golden(reader, config.scale) for _ in range(golden_count)], []
    reader.require_end()
    return CompactModel(weights=weights, precision=precision, golden=golden, summed=summed)


def _read_layers(
    reader: CompactReader, config: ChainConfig, precision: StoredWeights
) -> ChainWeights:
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
        kernels.append(np.ascontiguousarray(values.transpose(NETWORK_AXES)))
    return ChainWeights(
        config=config, kernels=tuple(kernels), biases=tuple(biases), slopes=tuple(slopes)
    )


def _header(reader: CompactReader) -> tuple[ChainConfig, StoredWeights, int]:
    fields = HEADER.unpack(reader.take(HEADER.size))
    magic, version, precision, up, colour, activation, golden, body, channels, last = fields
    if magic != MAGIC:
        raise reader.wrong("it is not a halfsize model")
    if version > INTEGER:
        raise reader.wrong(f"it is of a newer version, {version}: update halfsize")
    if version < WHOLE:
        raise reader.wrong(f"it has version {version}, which never was")
    if precision not in PRECISIONS or colour > 1 or activation > 1:
        raise reader.wrong("its header has an undefined value")
    if (version == WHOLE and last != 0) or (version == INTEGER and PRECISIONS[precision] != "int8"):
        raise reader.wrong("its header has an undefined value")
    # The last two bytes: unused, `down`, or `down` and the activations' bits.
    downs = {WHOLE: 1, RATIO: last, INTEGER: last & 0xFF}
    scale = _scale(reader, up, downs[version])
    if not 1 <= golden <= _MOST_GOLDEN:
        raise reader.wrong(f"it cannot have {golden} golden vectors")
    if body * 9 * channels**2 > _MOST_WEIGHTS:
        raise reader.wrong("it has too many weights")
    shape: dict[str, Any] = {
        "body": body,
        "channels": channels,
        "colour": COLOURS[colour],
        "activation": ACTIVATIONS[activation],
        "scale": scale,
    }
    try:
        config = (
            IntegerChainConfig(**shape, bits=last >> 8)
            if version == INTEGER
            else ChainConfig(**shape)
        )
    except ValueError as error:
        raise reader.wrong(str(error)) from error
    reader.require(_least_bytes(config, PRECISIONS[precision]))
    return config, PRECISIONS[precision], golden


def _scale(reader: CompactReader, up: int, down: int) -> Fraction:
    # Compared as pairs: 4/2 would be a network of another shape than 2/1.
    for scale in SCALES:
        if (up, down) == (scale.numerator, scale.denominator):
            return scale
    known = ", ".join(map(scale_name, SCALES))
    raise reader.wrong(f"it enlarges {up}/{down} times, which is none of {known}")


def _least_bytes(config: ChainConfig, precision: StoredWeights) -> int:
    """Count the bytes of the weights, so that nothing larger than the file is allocated."""
    return sum(map(prod, config.kernel_shapes)) * (2 if precision == "float16" else 1)


def _golden(reader: CompactReader, scale: Fraction) -> Golden:
    picture = _picture(reader)
    larger = enlarged_size((picture.shape[0], picture.shape[1]), scale)
    return picture, reader.bytes_(prod(larger) * 3).reshape(*larger, 3)


def _summed(reader: CompactReader) -> Summed:
    return _picture(reader), int.from_bytes(reader.take(4), "little")


def _picture(reader: CompactReader) -> NDArray[np.uint8]:
    height, width = reader.take(2)
    if height < 1 or width < 1:
        raise reader.wrong("a golden vector is empty")
    return reader.bytes_(height * width * 3).reshape(height, width, 3)
