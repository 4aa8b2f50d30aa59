"""The plain chain without PyTorch: the same pixels, computed with NumPy alone.

Publishing, enlarging and the report run students with it, so that they need none of the gigabytes
that training needs.

A convolution is a product of matrices: the kernel, and what it sees at each of its places. It is
made of products for a few places each. So all that one needs stays in a core's cache, and none is
so large that BLAS starts threads for it: those would wait for one another where several processes
share the cores. With `threads`, the places are divided among threads instead.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from pixels.color import LUMA_WEIGHTS
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.fixed import (
    bicubic_kernels,
    bicubic_reach_px,
    require_blocks,
    rgb_from_ycbcr,
    ycbcr_from_rgb,
)

Planes = NDArray[np.float32]
"""(channels, height, width)"""
Flat = NDArray[np.float32]
"""Planes with each channel in one line: (channels, height * width), and some more at the end."""

# OpenBLAS computes products of at most 2^18 multiplications on one thread.
_MOST_MULTIPLICATIONS = 2**18
_MOST_PLACES, _ENOUGH_PLACES, _ALIGNED = 128, 64, 16
# Numbers that kernels see at a time: half a megabyte.
_SEEN_AT_A_TIME = 2**17


class NumpyChain:
    """A chain as a function of arrays (`pixels.tiling.Enlarge`)."""

    def __init__(self, weights: ChainWeights, *, threads: int = 1) -> None:
        """Prepare the kernels.

        Args:
            weights: Config and weights.
            threads: How many threads share the work.
        """
        self._config = config = weights.config
        self._up, self._down = config.scale.numerator, config.scale.denominator
        slopes = weights.slopes or (np.zeros(config.channels, np.float32),) * (config.body + 1)
        self._convolutions = [
            _Convolution(_on_blocks(kernel, self._down if at == 0 else 1), bias, slope)
            for at, (kernel, bias, slope) in enumerate(
                zip(weights.kernels, weights.biases, (*slopes, None), strict=True)
            )
        ]
        kernels = bicubic_kernels(config.scale)[:, None]
        self._bicubic = _Convolution(_on_blocks(kernels, self._down), None, None)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._threads = threads

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Enlarge a batch.

        Args:
            batch: (batch, 3, height, width), sRGB in [0, 1].

        Returns:
            (batch, 3, scale * height, scale * width), in [0, 1].

        Raises:
            ValueError: A side is not a multiple of `down`.
        """
        require_blocks((batch.shape[2], batch.shape[3]), self._config.scale)
        return np.stack([self._enlarged(rgb) for rgb in batch])

    def _enlarged(self, rgb: Planes) -> Planes:
        up, rows, columns = self._up, rgb.shape[1] // self._down, rgb.shape[2] // self._down
        planes = self._planes(rgb)
        # The pixel shuffle: planes (3, up, up, rows, columns) to rows and columns of pixels.
        result = np.empty((3, rows, up, columns, up), np.float32)
        np.clip(planes, 0.0, 1.0, out=result.transpose(0, 2, 4, 1, 3))
        return result.reshape(3, rows * up, columns * up)

    def _planes(self, rgb: Planes) -> NDArray[np.float32]:
        """Compute all before the pixel shuffle: (3, up, up, rows of blocks, columns of blocks)."""
        is_luma, is_whole = self._config.colour == "luma", self._down == 1
        weights = np.array(LUMA_WEIGHTS, np.float32) if is_luma else None
        image = rgb if weights is None else _mixed(weights, rgb)[None]
        detail = self._detail(_in_blocks(image, self._down))
        if not is_whole:  # the anchor, and of luma also the chroma, are bicubic
            return detail + self._enlarged_by_bicubic(rgb)
        detail += image[:, None, None]
        if not is_luma:
            return detail
        chroma = np.stack([_mixed(row, rgb) for row in ycbcr_from_rgb()[1:].astype(np.float32)])
        parts = [detail[0], *self._enlarged_by_bicubic(chroma)]
        return np.stack([_mixed(row, parts) for row in rgb_from_ycbcr().astype(np.float32)])

    def _detail(self, image: Planes) -> NDArray[np.float32]:
        """Compute what the network adds to its anchor: (1 or 3, up, up, rows, columns)."""
        _, rows, columns = image.shape
        reach = self._config.kernel // 2
        width = columns + 2 * reach
        seen = _in_line(np.pad(image, ((0, 0), (reach, reach), (reach, reach))), 2 * reach)
        # Two buffers take turns. Their borders stay zero.
        buffers = np.zeros((2, self._config.channels, seen.shape[1]), np.float32)
        inside = slice(reach * width + reach, reach * width + reach + rows * width)
        for at, convolution in enumerate(self._convolutions[:-1]):
            result = buffers[at % 2]
            self._convolve(convolution, seen, width, result[:, inside])
            # Places where a kernel saw the end of a row and the start of the next.
            result[:, inside].reshape(-1, rows, width)[:, :, columns:] = 0.0
            seen = result
        return self._last(self._convolutions[-1], seen, (rows, columns), width)

    def _enlarged_by_bicubic(self, image: Planes) -> NDArray[np.float32]:
        """Enlarge each channel; edges are repeated: (channels, up, up, rows, columns)."""
        reach_px = bicubic_reach_px(self._config.scale)
        padded = np.pad(image, ((0, 0), (reach_px, reach_px), (reach_px, reach_px)), "edge")
        enlarged = []
        for plane in padded:
            blocks = _in_blocks(plane[None], self._down)
            around = 2 * reach_px // self._down
            size = (blocks.shape[1] - around, blocks.shape[2] - around)
            line = _in_line(blocks, around)
            enlarged.append(self._last(self._bicubic, line, size, blocks.shape[2])[0])
        return np.stack(enlarged)

    def _last(
        self, convolution: _Convolution, seen: Flat, size: tuple[int, int], width: int
    ) -> NDArray[np.float32]:
        """Convolve to planes of sub-pixels: (colours, up, up, rows, columns)."""
        rows, columns = size
        result = np.empty((convolution.outputs, rows * width), np.float32)
        self._convolve(convolution, seen, width, result)
        kept = result.reshape(-1, self._up, self._up, rows, width)
        return kept[..., :columns]

    def _convolve(self, convolution: _Convolution, seen: Flat, width: int, result: Flat) -> None:
        """Convolve planes of some width, at as many places as the result has."""
        count = result.shape[1]
        if self._pool is None:
            convolution.run(seen, width, result, slice(0, count))
            return
        part = -(-count // self._threads)
        parts = [slice(start, min(start + part, count)) for start in range(0, count, part)]
        list(self._pool.map(lambda places: convolution.run(seen, width, result, places), parts))


class _Convolution:
    """A convolution of stride 1, without borders, and what follows it."""

    def __init__(
        self,
        kernels: NDArray[np.float32],
        biases: NDArray[np.float32] | None,
        slopes: NDArray[np.float32] | None,
    ) -> None:
        """Prepare a convolution.

        Args:
            kernels: (outputs, inputs, side, side).
            biases: (outputs), or None.
            slopes: (outputs), of PReLU; None for a convolution without an activation.
        """
        self.outputs, self._inputs, self._side, _ = kernels.shape
        # What a kernel sees is ordered by row, column, input.
        self._kernels = kernels.transpose(0, 2, 3, 1).reshape(self.outputs, -1)
        self._biases = None if biases is None else biases[:, None]
        self._slopes = None if slopes is None else slopes[:, None]
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
            self._finish(part, scratch[:, :count])

    def _multiply(self, columns: Flat, result: Flat, scratch: Flat) -> None:
        for number, seen in enumerate(self._parts):
            target = scratch if number else result
            _products(self._kernels[:, seen], columns[seen], target, self._places)
            if number:
                result += scratch

    def _finish(self, result: Flat, scratch: Flat) -> None:
        """Add the bias and apply PReLU, in place."""
        if self._biases is not None:
            result += self._biases
        if self._slopes is None:
            return
        if not self._slopes.any():  # ReLU
            np.maximum(result, 0.0, out=result)
        elif self._slopes.max() <= 1.0:
            np.multiply(result, self._slopes, out=scratch)
            np.maximum(result, scratch, out=result)
        else:
            np.minimum(result, 0.0, out=scratch)
            scratch *= self._slopes
            np.maximum(result, 0.0, out=result)
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


def _in_line(planes: Planes, more: int) -> Flat:
    """Copy each channel into one line, with some more numbers for the last kernels to see."""
    channels, height, width = planes.shape
    line = np.zeros((channels, height * width + more), np.float32)
    line[:, : height * width] = planes.reshape(channels, -1)
    return line


def _in_blocks(planes: Planes, down: int) -> Planes:
    """Make a channel of each pixel of the `down x down` blocks."""
    if down == 1:
        return planes
    channels, height, width = planes.shape
    blocks = planes.reshape(channels, height // down, down, width // down, down)
    return blocks.transpose(0, 2, 4, 1, 3).reshape(-1, height // down, width // down)


def _on_blocks(kernels: NDArray[np.float32], down: int) -> NDArray[np.float32]:
    """Turn kernels with stride `down` into kernels of stride 1 on blocks."""
    if down == 1:
        return kernels
    outputs, inputs, side, _ = kernels.shape
    blocks = kernels.reshape(outputs, inputs, side // down, down, side // down, down)
    blocks = blocks.transpose(0, 1, 3, 5, 2, 4)
    return blocks.reshape(outputs, inputs * down**2, side // down, side // down)


def _mixed(
    weights: NDArray[np.float32], planes: NDArray[np.float32] | list[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Return the weighted sum of some planes."""
    total = planes[0] * weights[0]
    for weight, plane in zip(weights[1:], planes[1:], strict=True):
        total += weight * plane
    return total
