"""Read the layers of a `model.halfsize` in whole numbers: docs/reference/format.md, version 3."""

from __future__ import annotations

from math import prod

import numpy as np

from teacher.networks.compact_reader import NETWORK_AXES, STORED_AXES, CompactReader
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.weights import IntegerChainWeights, IntegerLayer

BIASES, MULTIPLIERS = "<i4", "<i2"


def read_layers(reader: CompactReader, config: IntegerChainConfig) -> IntegerChainWeights:
    """Read all layers.

    Raises:
        UserError: The file is truncated, or a number is out of range.
    """
    layers = []
    for at, shape in enumerate(config.kernel_shapes):
        (shift,) = reader.take(1)
        biases = reader.numbers(BIASES, shape[0]).astype(np.int32)
        multipliers = reader.numbers(MULTIPLIERS, shape[0]).astype(np.int16)
        has_below = config.activation == "prelu" and at <= config.body
        below = reader.numbers(MULTIPLIERS, shape[0] if has_below else 0).astype(np.int16)
        ranges = reader.bytes_(shape[0] if has_below else 0)
        stored = tuple(shape[axis] for axis in STORED_AXES)
        kernels = reader.bytes_(prod(stored)).view(np.int8).reshape(stored)
        layers.append(
            IntegerLayer(
                shift=shift,
                biases=biases,
                multipliers=multipliers,
                below=below,
                ranges=ranges,
                kernels=np.ascontiguousarray(kernels.transpose(NETWORK_AXES)),
            )
        )
    try:
        return IntegerChainWeights(config=config, layers=tuple(layers))
    except ValueError as error:
        raise reader.wrong(str(error)) from error
