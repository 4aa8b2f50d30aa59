"""Convolutions with NumPy, as fast as BLAS allows.

A convolution is a product of matrices: the kernel, and what it sees at each of its places. It is
made of products for a few places each. So all that one needs stays in a core's cache, and none is
so large that BLAS starts threads for it: those would wait for one another where several processes
share the cores. With `threads`, the places are divided among threads instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Planes = NDArray[np.float32]
"""(channels, height, width)"""
Flat = NDArray[np.float32]
"""Planes with each channel in one line: (channels, height * width), and some more at the end."""
Finish = Callable[[Flat, Flat], None]
"""Turns sums into results in place, at some places; the second array is free to use."""

# OpenBLAS computes products of at most 2^18 multiplications on one thread.
_MOST_MULTIPLICATIONS = 2**18
_MOST_PLACES, _ENOUGH_PLACES, _ALIGNED = 128, 64, 16
# Numbers that kernels see at a time: half a megabyte.
_SEEN_AT_A_TIME = 2**17


class Convolver:
    """Runs convolutions one after the other, on one thread or several."""

    def __init__(self, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._threads = threads

    def chained(self, convolutions: Sequence[Convolution], image: Planes, reach: int) -> Planes:
        """Run convolutions on planes, each on the results of the one before.

        Args:
            convolutions: All but the last have equally many outputs.
            image: The planes. They count as zero outside, and so do all results.
            reach: How far every kernel reaches to each side.

        Returns:
            (outputs, height, width).
        """
        *hidden, last = convolutions
        _, rows, columns = image.shape
        width = columns + 2 * reach
        seen = in_line(np.pad(image, ((0, 0), (reach, reach), (reach, reach))), 2 * reach)
        # Two buffers take turns. Their borders stay zero.
        buffers = np.zeros((2, hidden[0].outputs, seen.shape[1]), np.float32)
        inside = slice(reach * width + reach, reach * width + reach + rows * width)
        for at, convolution in enumerate(hidden):
            result = buffers[at % 2]
            self._run(convolution, seen, width, result[:, inside])
            # Places where a kernel saw the end of a row and the start of the next.
            result[:, inside].reshape(-1, rows, width)[:, :, columns:] = 0.0
            seen = result
        return self.alone(last, seen, (rows, columns), width)

    def alone(
        self, convolution: Convolution, seen: Flat, size: tuple[int, int], width: int
    ) -> Planes:
        """Run one convolution where its kernels see nothing but the given planes.

        Args:
            convolution: What to run.
            seen: The planes, each in one line.
            size: (rows, columns) of the result.
            width: Length of a row of the planes.

        Returns:
            (outputs, rows, columns).
        """
        rows, columns = size
        result = np.empty((convolution.outputs, rows * width), np.float32)
        self._run(convolution, seen, width, result)
        return result.reshape(-1, rows, width)[..., :columns]

    def _run(self, convolution: Convolution, seen: Flat, width: int, result: Flat) -> None:
        """Convolve planes of some width, at as many places as the result has."""
        count = result.shape[1]
        if self._pool is None:
            convolution.run(seen, width, result, slice(0, count))
            return
        part = -(-count // self._threads)
        parts = [slice(start, min(start + part, count)) for start in range(0, count, part)]
        list(self._pool.map(lambda places: convolution.run(seen, width, result, places), parts))


class Convolution:
    """A convolution of stride 1, without borders, and what follows it."""

    def __init__(self, kernels: NDArray[np.float32], finish: Finish | None = None) -> None:
        """Prepare a convolution.

        Args:
            kernels: (outputs, inputs, side, side).
            finish: What becomes of the sums; they stay as they are without it.
        """
        self.outputs, self._inputs, self._side, _ = kernels.shape
        # What a kernel sees is ordered by row, column, input.
        self._kernels = kernels.transpose(0, 2, 3, 1).reshape(self.outputs, -1)
        self._finish = finish
        self._parts, self._places = self._divided()
        seen = self._kernels.shape[1]
        self._at_a_time = self._places * max(1, _SEEN_AT_A_TIME // (seen * self._places))

    def _divided(self) -> tuple[list[slice], int]:
        """Divide what a kernel sees into parts: for each, and some places, there is a product."""
        seen = self._kernels.shape[1]
        part, places = seen, 0
        for count in (1, self._side, self._side**2):
            part = seen // count
            places = _MOST_MULTIPLICATIONS // (self.outputs * part)
            if places >= _ENOUGH_PLACES:
                break
        places = min(max(places // _ALIGNED * _ALIGNED, _ALIGNED), _MOST_PLACES)
        return [slice(start, start + part) for start in range(0, seen, part)], places

    def run(self, seen: Flat, width: int, result: Flat, places: slice) -> None:
        """Compute the result at some places.

        Args:
            seen: The planes, (inputs, ...).
            width: Length of a row of them.
            result: (outputs, ...); place p is that of a kernel whose corner is at p.
            places: Which.
        """
        columns = np.empty((self._kernels.shape[1], self._at_a_time), np.float32)
        scratch = np.empty((self.outputs, self._at_a_time), np.float32)
        for start in range(places.start, places.stop, self._at_a_time):
            count = min(self._at_a_time, places.stop - start)
            at = 0
            for row in range(self._side):
                for column in range(self._side):
                    corner = start + row * width + column
                    columns[at : at + self._inputs, :count] = seen[:, corner : corner + count]
                    at += self._inputs
            part = result[:, start : start + count]
            self._multiply(columns[:, :count], part, scratch[:, :count])
            if self._finish is not None:
                self._finish(part, scratch[:, :count])

    def _multiply(self, columns: Flat, result: Flat, scratch: Flat) -> None:
        for number, seen in enumerate(self._parts):
            target = scratch if number else result
            _products(self._kernels[:, seen], columns[seen], target, self._places)
            if number:
                result += scratch


def _products(left: Flat, right: Flat, result: Flat, places: int) -> None:
    """Multiply matrices, some columns at a time, in one call of NumPy as far as they are whole."""
    whole = right.shape[1] // places
    if whole:
        np.matmul(left, _cut(right, whole, places), out=_cut(result, whole, places))
    done = whole * places
    if done < right.shape[1]:
        np.matmul(left, right[:, done:], out=result[:, done:])


def _cut(matrix: Flat, count: int, places: int) -> NDArray[np.float32]:
    """View the columns of a matrix as some matrices: (count, rows, places)."""
    row, column = matrix.strides
    shape, strides = (count, len(matrix), places), (places * column, row, column)
    return as_strided(matrix, shape, strides)


def sub_pixels(planes: Planes, up: int) -> NDArray[np.float32]:
    """View planes as those of sub-pixels: (colours, up, up, rows, columns)."""
    return planes.reshape(-1, up, up, *planes.shape[1:])


def shuffled(planes: NDArray[np.float32], most: float) -> Planes:
    """Shuffle planes of sub-pixels into a picture, and clamp it to 0..most.

    Args:
        planes: (3, up, up, rows of blocks, columns of blocks).
        most: The largest value.

    Returns:
        (3, rows, columns) of pixels.
    """
    colours, up, _, rows, columns = planes.shape
    result = np.empty((colours, rows, up, columns, up), np.float32)
    np.clip(planes, 0.0, most, out=result.transpose(0, 2, 4, 1, 3))
    return result.reshape(colours, rows * up, columns * up)


def in_line(planes: Planes, more: int) -> Flat:
    """Copy each channel into one line, with some more numbers for the last kernels to see."""
    channels, height, width = planes.shape
    line = np.zeros((channels, height * width + more), np.float32)
    line[:, : height * width] = planes.reshape(channels, -1)
    return line


def in_blocks(planes: Planes, down: int) -> Planes:
    """Make a channel of each pixel of the `down x down` blocks."""
    if down == 1:
        return planes
    channels, height, width = planes.shape
    blocks = planes.reshape(channels, height // down, down, width // down, down)
    return blocks.transpose(0, 2, 4, 1, 3).reshape(-1, height // down, width // down)


def on_blocks(kernels: NDArray[np.float32], down: int) -> NDArray[np.float32]:
    """Turn kernels with stride `down` into kernels of stride 1 on blocks."""
    if down == 1:
        return kernels
    outputs, inputs, side, _ = kernels.shape
    blocks = kernels.reshape(outputs, inputs, side // down, down, side // down, down)
    blocks = blocks.transpose(0, 1, 3, 5, 2, 4)
    return blocks.reshape(outputs, inputs * down**2, side // down, side // down)
