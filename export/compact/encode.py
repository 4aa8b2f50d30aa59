"""Encode a student as the file `model.halfsize`: docs/reference/format.md defines it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from export.weights.precision import require_float16
from export.weights.rounding import Grid, rounded, weight_of
from plumbing.command import UserError
from teacher.networks.chain import Chain
from teacher.networks.compact_file import (
    ACTIVATIONS,
    COLOURS,
    HEADER,
    MAGIC,
    PRECISIONS,
    RATIO,
    WHOLE,
    Golden,
    StoredWeights,
)
from teacher.networks.compact_reader import STORED_AXES

# A channel's range may be cut to these parts of its largest weight, in favour of the others.
_CLIPS = np.linspace(0.7, 1.0, 31, dtype=np.float32)


def require_storable(network: nn.Module) -> Chain:
    """Require a network to be a chain that the format can store.

    Raises:
        UserError: It is not.
    """
    if not isinstance(network, Chain) or network.config.kernel != 3:
        raise UserError(
            "the compact runtime runs only students (chains of 3x3 convolutions): "
            "export this network with export.tfjs or export.onnx"
        )
    return network


def encode(network: Chain, precision: StoredWeights, golden: Sequence[Golden]) -> bytes:
    """Encode a network as the bytes of a `model.halfsize`.

    Raises:
        PrecisionError: A weight overflows in 16 bits.
    """
    config = network.config
    codes = {stored: code for code, stored in PRECISIONS.items()}
    up, down = config.scale.numerator, config.scale.denominator
    version, last = (WHOLE, 0) if down == 1 else (RATIO, down)
    header = HEADER.pack(
        *(MAGIC, version, codes[precision], up, COLOURS.index(config.colour)),
        *(ACTIVATIONS.index(config.activation), len(golden), config.body, config.channels, last),
    )
    parts = [header]
    int8 = iter(_int8(network) if precision == "int8" else ())
    for index, convolution in enumerate(network.convolutions):
        assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None
        parts.append(_half(f"the bias of layer {index}", _values(convolution.bias)))
        if config.activation == "prelu" and index <= config.body:
            slopes = network.activations[index].weight
            assert isinstance(slopes, torch.Tensor)
            parts.append(_half(f"a slope of layer {index}", _values(slopes)))
        if precision == "int8":
            steps, levels = next(int8)
            parts += [steps.astype("<f2").tobytes(), levels.transpose(STORED_AXES).tobytes()]
        else:
            weights = _values(convolution.weight).transpose(STORED_AXES)
            parts.append(_half(f"the kernel of layer {index}", weights))
    for picture, enlarged in golden:
        parts += [bytes(picture.shape[:2]), picture.tobytes(), enlarged.tobytes()]
    return b"".join(parts)


def _int8(network: Chain) -> list[tuple[NDArray[np.float32], NDArray[np.int8]]]:
    """Round each convolution: its steps, and its integers (outputs, inputs, row, column)."""
    steps = [best_steps(_values(weight_of(layer))) for layer in network.convolutions]
    levels = rounded(network, [Grid(steps=of_layer) for of_layer in steps])
    return [
        (of_layer, integers.astype(np.int8))
        for of_layer, integers in zip(steps, levels, strict=True)
    ]


def best_steps(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Choose each output's step: the value of 1 when its weights are integers up to 127.

    Among ranges cut by up to 30 percent it is the one with the least squared error.

    Args:
        weights: (outputs, inputs, row, column).

    Returns:
        (outputs), exact in float16.
    """
    rows = weights.reshape(len(weights), -1)
    largest = np.abs(rows).max(axis=1)
    candidates = (_CLIPS[:, None] * largest / 127.0).astype(np.float16).astype(np.float32)
    safe = np.where(candidates > 0.0, candidates, 1.0)[:, :, None]
    levels = np.rint(rows / safe).clip(-127, 127)
    errors = ((levels * candidates[:, :, None] - rows) ** 2).sum(axis=2)
    return candidates[errors.argmin(axis=0), np.arange(len(largest))]


def _values(parameter: torch.Tensor) -> NDArray[np.float32]:
    return parameter.detach().cpu().numpy()


def _half(name: str, values: NDArray[np.float32]) -> bytes:
    require_float16(name, values)
    return np.ascontiguousarray(values, "<f2").tobytes()
