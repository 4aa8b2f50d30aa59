"""The weights of a student in whole numbers: what its run folders and files hold.

docs/reference/format.md says what each number means, docs/decisions/0041 why sums stay below 2^24.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from teacher.networks.integer.config import IntegerChainConfig

EIGHTHS_MOST = 8 * 255
"""The largest input of the first layer: eighths of a byte."""
FIRST_BEYOND = 2**24
"""Sums stay below it: float32 has all whole numbers up to here."""
MOST_SHIFT, MOST_MULTIPLIER = 15, 2**15 - 1
LAST_MULTIPLIERS = 256
"""Multipliers of the last layer are multiples of this."""


@dataclass(frozen=True, kw_only=True)
class IntegerLayer:
    """A convolution and its rescaling."""

    shift: int
    """By how many bits a sum is shifted to the right."""
    biases: NDArray[np.int32]
    """(outputs)"""
    multipliers: NDArray[np.int16]
    """(outputs): of a shifted sum, in 32768ths."""
    below: NDArray[np.int16]
    """(outputs): the same for shifted sums below zero; empty for ReLU and in the last layer."""
    ranges: NDArray[np.uint8]
    """(outputs): how far a result may lie below zero; empty for ReLU and in the last layer."""
    kernels: NDArray[np.int8]
    """(outputs, inputs, rows, columns)"""


@dataclass(frozen=True, kw_only=True)
class IntegerChainWeights:
    """A student in whole numbers without a program that runs it.

    Raises:
        ValueError: An array has another shape or type than the config asks for, a number is out of
            range, or a sum can reach 2^24.
    """

    config: IntegerChainConfig
    """Its shape."""
    layers: tuple[IntegerLayer, ...]
    """Its convolutions."""

    def __post_init__(self) -> None:
        for at, layer in enumerate(self.layers):
            if not 0 <= layer.shift <= MOST_SHIFT:
                raise ValueError(
                    f"the shift of layer {at} is {layer.shift}, 0 to {MOST_SHIFT} are allowed"
                )
        wanted = tensor_shapes(self.config)
        given = {name: (array.shape, array.dtype) for name, array in self.tensors().items()}
        if given != wanted:
            different = [name for name in wanted if given.get(name) != wanted[name]]
            raise ValueError(
                f"{(different or [*given])[0]} has not the shape and type of the config"
            )
        most = np.full(self.layers[0].kernels.shape[1], EIGHTHS_MOST)
        for at, layer in enumerate(self.layers):
            _check(at, layer, most, last=layer is self.layers[-1])
            top = self.config.most
            ranges = layer.ranges.astype(np.int64) if layer.ranges.size else np.zeros(1, np.int64)
            if ranges.max() > top:
                raise ValueError(f"a range of layer {at} is more than the bits allow")
            most = np.broadcast_to(np.maximum(ranges, top - ranges), len(layer.biases))

    @classmethod
    def from_tensors(
        cls, config: IntegerChainConfig, tensors: Mapping[str, NDArray]
    ) -> IntegerChainWeights:
        """Take the tensors of a run folder.

        Args:
            config: The shape of the student.
            tensors: By the names that `tensors` gives them.

        Raises:
            ValueError: One is missing, too many, of another shape or type, or out of range.
        """
        shapes = tensor_shapes(config)
        wrong = sorted(shapes.keys() ^ tensors.keys())
        if wrong:
            raise ValueError(f"{wrong[0]} is {'missing' if wrong[0] in shapes else 'unknown'}")
        layers = []
        for at in range(config.body + 2):
            parts = {name: tensors.get(f"layers.{at}.{name}") for name in _ARRAYS}
            parts |= {name: np.zeros(0, kind) for name, kind in _ONLY_PRELU if parts[name] is None}
            shift = tensors[f"layers.{at}.shift"]
            if shift.size != 1:
                raise ValueError(f"layers.{at}.shift is not one number")
            layers.append(IntegerLayer(shift=int(shift.reshape(())), **parts))  # pyright: ignore[reportArgumentType]
        return cls(config=config, layers=tuple(layers))

    def tensors(self) -> dict[str, NDArray]:
        """Name the arrays as a run folder does."""
        named: dict[str, NDArray] = {}
        for at, layer in enumerate(self.layers):
            named[f"layers.{at}.shift"] = np.array([layer.shift], np.uint8)
            for part in _ARRAYS:
                array = getattr(layer, part)
                if array.size:
                    named[f"layers.{at}.{part}"] = array
        return named

    @property
    def parameters(self) -> int:
        """How many numbers a student of this shape has: weights, biases and slopes."""
        return sum(
            layer.kernels.size + layer.biases.size + layer.below.size for layer in self.layers
        )


_ARRAYS = tuple(part.name for part in fields(IntegerLayer) if part.name != "shift")
_ONLY_PRELU = (("below", np.int16), ("ranges", np.uint8))


def tensor_shapes(config: IntegerChainConfig) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """List a student's tensors, as a run folder names them, with their shapes and types."""
    shapes = {}
    for at, shape in enumerate(config.kernel_shapes):
        parts: dict[str, tuple[tuple[int, ...], type]] = {"shift": ((1,), np.uint8)}
        parts |= {"biases": (shape[:1], np.int32), "multipliers": (shape[:1], np.int16)}
        if config.activation == "prelu" and at <= config.body:
            parts |= {"below": (shape[:1], np.int16), "ranges": (shape[:1], np.uint8)}
        parts["kernels"] = (shape, np.int8)
        for name, (size, kind) in parts.items():
            shapes[f"layers.{at}.{name}"] = (size, np.dtype(kind))
    return shapes


def _check(at: int, layer: IntegerLayer, most: NDArray[np.int64], *, last: bool) -> None:
    """Check the numbers of a layer whose inputs have at most these amounts."""
    if layer.multipliers.min() < 0:
        raise ValueError(f"a multiplier of layer {at} is negative")
    if last and (layer.multipliers % LAST_MULTIPLIERS).any():
        raise ValueError(f"a multiplier of the last layer is no multiple of {LAST_MULTIPLIERS}")
    if layer.below.size and layer.below.min() < -MOST_MULTIPLIER:
        raise ValueError(f"a multiplier of layer {at} is {-MOST_MULTIPLIER - 1}")
    if largest_sums(layer.kernels, layer.biases, most).max() >= FIRST_BEYOND:
        raise ValueError(f"a sum of layer {at} can reach 2^24")


def largest_sums(
    kernels: NDArray[np.int8], biases: NDArray[np.int32], most: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Bound each output's sum, and all that is added up on the way.

    Args:
        kernels: (outputs, inputs, rows, columns).
        biases: (outputs).
        most: (inputs): the largest amount that an input can have.
    """
    amounts = np.abs(kernels.astype(np.int64)).sum(axis=(2, 3)) @ most
    return amounts + np.abs(biases.astype(np.int64))
