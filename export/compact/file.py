"""The file `model.halfsize`, written and read: docs/reference/format.md defines it.

The reader treats every file as hostile: it compares lengths before it allocates anything, and
reports any fault as a `UserError`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from export.weights.precision import require_float16
from export.weights.rounding import Grid, rounded, weight_of
from pixels.scale import SCALES, enlarged_size, scale_name
from plumbing.command import UserError
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig

FILE = "model.halfsize"
StoredWeights = Literal["float16", "int8"]

_MAGIC = b"HSZ\x1a"
_WHOLE, _RATIO = 1, 2
"""Versions of the format: for whole scales, which older readers know, and for all."""
_HEADER = struct.Struct("<4sBBBBBBHHH")
_PRECISIONS: dict[int, StoredWeights] = {1: "float16", 2: "int8"}
_COLOURS = ("luma", "rgb")
_ACTIVATIONS = ("relu", "prelu")
_MOST_WEIGHTS = 16_000_000
_MOST_GOLDEN = 16
_STORED_AXES = (2, 3, 1, 0)  # of (outputs, inputs, row, column)
# A channel's range may be cut to these parts of its largest weight, in favour of the others.
_CLIPS = np.linspace(0.7, 1.0, 31, dtype=np.float32)

Golden = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A small picture (height, width, 3), and the network's output for it."""


@dataclass(frozen=True, kw_only=True)
class CompactModel:
    """The content of a `model.halfsize`."""

    network: Chain
    """The network with the weights as stored, in evaluation mode."""
    precision: StoredWeights
    """Precision of the weights."""
    golden: list[Golden]
    """Small pictures with the network's outputs."""


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
    codes = {stored: code for code, stored in _PRECISIONS.items()}
    up, down = config.scale.numerator, config.scale.denominator
    version, last = (_WHOLE, 0) if down == 1 else (_RATIO, down)
    header = _HEADER.pack(
        *(_MAGIC, version, codes[precision], up, _COLOURS.index(config.colour)),
        *(_ACTIVATIONS.index(config.activation), len(golden), config.body, config.channels, last),
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
            parts += [steps.astype("<f2").tobytes(), levels.transpose(_STORED_AXES).tobytes()]
        else:
            weights = _values(convolution.weight).transpose(_STORED_AXES)
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
    network = Chain(config)
    for index, shape in enumerate(_kernel_shapes(config)):
        convolution, outputs = network.convolutions[index], shape[-1]
        assert isinstance(convolution, nn.Conv2d)
        bias = reader.halves(outputs)
        has_slopes = config.activation == "prelu" and index <= config.body
        slopes = reader.halves(outputs) if has_slopes else None
        steps = reader.halves(outputs) if precision == "int8" else None
        weights = (
            reader.halves(prod(shape)).reshape(shape)
            if steps is None
            else reader.bytes_(prod(shape)).view(np.int8).reshape(shape) * steps
        )
        with torch.no_grad():
            convolution.weight.copy_(torch.from_numpy(weights.transpose(3, 2, 0, 1).copy()))
            assert convolution.bias is not None
            convolution.bias.copy_(torch.from_numpy(bias))
            if slopes is not None:
                network.activations[index].weight.copy_(torch.from_numpy(slopes))  # type: ignore[operator]
    golden = [_golden(reader, config.scale) for _ in range(golden_count)]
    reader.require_end()
    return CompactModel(network=network.eval(), precision=precision, golden=golden)


def _header(reader: _Reader) -> tuple[ChainConfig, StoredWeights, int]:
    fields = _HEADER.unpack(reader.take(_HEADER.size))
    magic, version, precision, up, colour, activation, golden, body, channels, last = fields
    if magic != _MAGIC:
        raise reader.wrong("it is not a halfsize model")
    if version > _RATIO:
        raise reader.wrong(f"it is of a newer version, {version}: update halfsize")
    if version < _WHOLE:
        raise reader.wrong(f"it has version {version}, which never was")
    if precision not in _PRECISIONS or colour > 1 or activation > 1:
        raise reader.wrong("its header has an undefined value")
    if version == _WHOLE and last != 0:
        raise reader.wrong("its header has an undefined value")
    scale = _scale(reader, up, 1 if version == _WHOLE else last)
    if not 1 <= golden <= _MOST_GOLDEN:
        raise reader.wrong(f"it cannot have {golden} golden vectors")
    if body * 9 * channels**2 > _MOST_WEIGHTS:
        raise reader.wrong("it has too many weights")
    try:
        config = ChainConfig(
            body=body,
            channels=channels,
            colour=_COLOURS[colour],
            activation=_ACTIVATIONS[activation],
            scale=scale,
        )
    except ValueError as error:
        raise reader.wrong(str(error)) from error
    reader.require(_least_bytes(config, _PRECISIONS[precision]))
    return config, _PRECISIONS[precision], golden


def _scale(reader: _Reader, up: int, down: int) -> Fraction:
    # Compared as pairs: 4/2 would be a network of another shape than 2/1.
    for scale in SCALES:
        if (up, down) == (scale.numerator, scale.denominator):
            return scale
    known = ", ".join(map(scale_name, SCALES))
    raise reader.wrong(f"it enlarges {up}/{down} times, which is none of {known}")


def _kernel_shapes(config: ChainConfig) -> list[tuple[int, int, int, int]]:
    """List each layer's kernel as it is stored: (row, column, input, output)."""
    colours = 1 if config.colour == "luma" else 3
    last = colours * config.scale.numerator**2
    widths = [colours, *[config.channels] * (config.body + 1), last]
    sides = [3 * config.scale.denominator, *[3] * (config.body + 1)]
    return [
        (side, side, inputs, outputs)
        for side, (inputs, outputs) in zip(sides, pairwise(widths), strict=True)
    ]


def _least_bytes(config: ChainConfig, precision: StoredWeights) -> int:
    """Count the bytes of the weights, so that nothing larger than the file is allocated."""
    return sum(map(prod, _kernel_shapes(config))) * (2 if precision == "float16" else 1)


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


def _values(parameter: torch.Tensor) -> NDArray[np.float32]:
    return parameter.detach().cpu().numpy()


def _half(name: str, values: NDArray[np.float32]) -> bytes:
    require_float16(name, values)
    return np.ascontiguousarray(values, "<f2").tobytes()
