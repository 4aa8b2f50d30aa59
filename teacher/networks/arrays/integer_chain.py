"""The student in whole numbers without PyTorch, at the speed of floats.

It computes with float32 throughout: no number reaches 2^24, so that every product and every sum is
exact (docs/decisions/0041). docs/reference/format.md defines each step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from teacher.networks.arrays.convolution import (
    Convolution,
    Convolver,
    Finish,
    Flat,
    Planes,
    in_blocks,
    on_blocks,
    shuffled,
    sub_pixels,
)
from teacher.networks.fixed import require_blocks
from teacher.networks.integer.arithmetic import (
    BLUE_OF_GREEN,
    GREEN_ONE,
    LAST_LEAST,
    LAST_MOST,
    LUMA_ONE,
    LUMA_PARTS,
    MULTIPLIER_ONE,
    RED_OF_GREEN,
    SUM_LEAST,
    SUM_MOST,
)
from teacher.networks.integer.enlargement import enlarged_planes
from teacher.networks.integer.weights import IntegerChainWeights, IntegerLayer


class NumpyIntegerChain:
    """A student in whole numbers as a function of arrays (`pixels.tiling.Enlarge`)."""

    def __init__(self, weights: IntegerChainWeights, *, threads: int = 1) -> None:
        """Prepare the kernels.

        Args:
            weights: Config and weights.
            threads: How many threads share the work.
        """
        self._config = config = weights.config
        self._up, self._down = config.scale.numerator, config.scale.denominator
        self._convolutions = []
        for at, layer in enumerate(weights.layers):
            # Shifted before the sum instead of after it, which is exact.
            kernels = layer.kernels * np.float32(2.0**-layer.shift)
            blocks = on_blocks(kernels, self._down if at == 0 else 1)
            self._convolutions.append(Convolution(blocks, _finish(layer, at, weights)))
        self._convolver = Convolver(threads)

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Enlarge a batch.

        Args:
            batch: (batch, 3, height, width), sRGB in [0, 1]: bytes divided by 255. What lies
                between two bytes is rounded.

        Returns:
            (batch, 3, scale * height, scale * width): bytes divided by 255.

        Raises:
            ValueError: A side is not a multiple of `down`.
        """
        require_blocks((batch.shape[2], batch.shape[3]), self._config.scale)
        return np.stack([self._enlarged(rgb) for rgb in batch])

    def _enlarged(self, rgb: Planes) -> Planes:
        bytes_ = np.floor(rgb * np.float32(255.0) + np.float32(0.5))
        values = self._values(np.clip(bytes_, 0.0, 255.0))
        values += np.float32(32.0)
        values *= np.float32(1 / 64)
        result = shuffled(np.floor(values, out=values), 255.0)
        result /= np.float32(255.0)
        return result

    def _values(self, bytes_: Planes) -> NDArray[np.float32]:
        """Compute all before the pixel shuffle, in 64ths of a byte: (3, up, up, rows, columns)."""
        is_luma, is_whole = self._config.colour == "luma", self._down == 1
        eighths = bytes_ * np.float32(8.0)
        image = _luma(bytes_)[None] if is_luma else eighths
        chained = self._convolver.chained(self._convolutions, in_blocks(image, self._down), 1)
        detail = sub_pixels(chained, self._up)
        if not is_whole:
            return detail + enlarged_planes(eighths, self._config.scale)
        detail += np.float32(8.0) * image[:, None, None]
        if not is_luma:
            return detail
        e, f = enlarged_planes(eighths[::2] - image, self._config.scale)
        y = detail[0]
        green = np.float32(RED_OF_GREEN) * e
        green += np.float32(BLUE_OF_GREEN) * f
        green *= np.float32(1 / GREEN_ONE)
        green += np.float32(0.5)
        return np.stack([y + e, y - np.floor(green, out=green), y + f])


def _luma(bytes_: Planes) -> NDArray[np.float32]:
    """Weigh R, G and B into luma, in eighths of a byte."""
    total = sum(np.float32(part) * plane for part, plane in zip(LUMA_PARTS, bytes_, strict=True))
    return np.floor(total * np.float32(8 / LUMA_ONE) + np.float32(0.5))


def _finish(layer: IntegerLayer, at: int, weights: IntegerChainWeights) -> Finish:
    if at == len(weights.layers) - 1:
        return _Rescale(layer, np.zeros(1), LAST_LEAST, LAST_MOST)
    ranges = layer.ranges.astype(np.float32) if layer.ranges.size else np.zeros(1)
    return _Rescale(layer, ranges, 0, weights.config.most)


class _Rescale:
    """Turns sums into activations: bias, shift, multipliers, clamp."""

    def __init__(
        self, layer: IntegerLayer, ranges: NDArray[np.floating], least: int, most: int
    ) -> None:
        """Prepare for a layer.

        Args:
            layer: The layer; its kernels are shifted already.
            ranges: (outputs) or (1): how far below `least` and `most` the bounds lie.
            least: Lower bound of results.
            most: Upper bound of results.
        """
        self._biases = layer.biases.astype(np.float32)[:, None] * np.float32(2.0**-layer.shift)
        self._multipliers = _in_ones(layer.multipliers)
        self._below = _in_ones(layer.below) if layer.below.size else None
        self._least = np.float32(least) - ranges.astype(np.float32)[:, None]
        self._most = np.float32(most) - ranges.astype(np.float32)[:, None]
        below = self._multipliers if self._below is None else self._below
        # The greater product is then the right one, on either side of zero.
        self._is_convex = bool((below <= self._multipliers).all())
        self._bounded = not self._is_bound_later(below)

    def _is_bound_later(self, below: NDArray[np.float32]) -> bool:
        """Check whether what the bounds of shifted sums change is cut off after them anyway."""
        if self._below is None and (self._least == 0.0).all():
            below = np.full_like(below, np.inf)  # a ReLU cuts off all below zero
        top, bottom = SUM_MOST * self._multipliers, SUM_LEAST * below
        return bool((top >= self._most).all() and (bottom <= self._least - 1.0).all())

    def __call__(self, result: Flat, scratch: Flat) -> None:
        result += self._biases
        np.floor(result, out=result)
        if self._bounded:
            np.clip(result, np.float32(SUM_LEAST), np.float32(SUM_MOST), out=result)
        if self._below is None:
            result *= self._multipliers
        elif self._is_convex:
            np.multiply(result, self._below, out=scratch)
            result *= self._multipliers
            np.maximum(result, scratch, out=result)
        else:
            np.minimum(result, np.float32(0.0), out=scratch)
            scratch *= self._below
            np.maximum(result, np.float32(0.0), out=result)
            result *= self._multipliers
            result += scratch
        result += np.float32(0.5)
        np.floor(result, out=result)
        np.maximum(result, self._least, out=result)
        np.minimum(result, self._most, out=result)


def _in_ones(multipliers: NDArray[np.int16]) -> NDArray[np.float32]:
    return (multipliers * np.float32(1 / MULTIPLIER_ONE))[:, None]
