"""Encode a student in whole numbers as the file `model.halfsize`, version 3."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from teacher.networks.compact_file import (
    ACTIVATIONS,
    COLOURS,
    HEADER,
    INTEGER,
    MAGIC,
    PRECISIONS,
    Summed,
)
from teacher.networks.compact_reader import STORED_AXES
from teacher.networks.integer.compact import BIASES, MULTIPLIERS
from teacher.networks.integer.weights import IntegerChainWeights

_CODES = {stored: code for code, stored in PRECISIONS.items()}


def encode_integer(weights: IntegerChainWeights, golden: Sequence[Summed]) -> bytes:
    """Encode a student as the bytes of a `model.halfsize`: docs/reference/format.md."""
    config, scale = weights.config, weights.config.scale
    header = HEADER.pack(
        *(MAGIC, INTEGER, _CODES["int8"], scale.numerator, COLOURS.index(config.colour)),
        *(ACTIVATIONS.index(config.activation), len(golden), config.body, config.channels),
        scale.denominator | config.bits << 8,
    )
    parts = [header]
    for layer in weights.layers:
        parts += [
            bytes([layer.shift]),
            layer.biases.astype(BIASES).tobytes(),
            layer.multipliers.astype(MULTIPLIERS).tobytes(),
            layer.below.astype(MULTIPLIERS).tobytes(),
            layer.ranges.tobytes(),
            layer.kernels.transpose(STORED_AXES).tobytes(),
        ]
    for picture, crc in golden:
        parts += [bytes(picture.shape[:2]), picture.tobytes(), crc.to_bytes(4, "little")]
    return b"".join(parts)


def sum_of(enlarged: NDArray[np.uint8]) -> int:
    """Compute the CRC-32 of a picture's bytes."""
    return zlib.crc32(np.ascontiguousarray(enlarged).tobytes())
