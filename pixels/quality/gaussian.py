"""Gaussian blurs: the 11x11 one that SSIM and SSIMULACRA2 share, and others."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Edges = Literal["inner", "ssimulacra2"]

# A blur of some rows is a product with a matrix whose rows are the kernel, one place further in
# each. Most of its entries are 0, but processors multiply matrices so fast that this takes a third
# of the time of adding up shifted planes. Products of this size or less stay in a core's cache, and
# OpenBLAS computes them on one core (below 2^18 multiplications): worker processes have one each.
_BLOCK_ROWS, _BLOCK_COLUMNS = 32, 16
_WIDEST_PRODUCT = 192


class Gaussian:
    """A blur with a kernel that is cut off at a radius, and sums to 1."""

    def __init__(self, *, sigma_px: float, radius_px: int) -> None:
        """Compute the kernel."""
        self.radius_px = radius_px
        distance = np.arange(-radius_px, radius_px + 1, dtype=np.float64)
        kernel = np.exp(-0.5 * (distance / sigma_px) ** 2)
        self._kernel = (kernel / kernel.sum()).astype(np.float32)
        self._matrix = cache(self.matrix)

    def inner(
        self, plane: NDArray[np.float32], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Blur a plane, and keep the pixels whose window lies inside it.

        Args:
            plane: (height, width), at least 2 radii + 1 a side; its rows need not adjoin.
            out: Where the result is written, if given.

        Returns:
            (height - 2 radii, width - 2 radii), float32.
        """
        around = 2 * self.radius_px
        height, width = plane.shape[0] - around, plane.shape[1] - around
        result = np.empty((height, width), np.float32) if out is None else out
        rows = min(_BLOCK_ROWS, height)
        down = self._matrix(rows)
        tall = np.empty((rows, width + around), np.float32)
        for top in range(0, height, rows):
            start = min(top, height - rows)  # the last block may overlap the one before
            block = plane[start : start + rows + around]
            for left in range(0, width + around, _WIDEST_PRODUCT):
                part = slice(left, left + _WIDEST_PRODUCT)
                np.matmul(down, block[:, part], out=tall[:, part])
            self._blur_rows(tall, result[start : start + rows])
        return result

    def _blur_rows(self, tall: NDArray[np.float32], result: NDArray[np.float32]) -> None:
        """Blur along rows that stay in the cache: one product for each block of columns."""
        rows, width = result.shape
        blocks, rest = divmod(width, _BLOCK_COLUMNS)
        across = self._matrix(_BLOCK_COLUMNS).T
        row, column = tall.strides
        read = np.ndarray(  # blocks overlap
            shape=(blocks, rows, len(across)),
            dtype=np.float32,
            buffer=tall,
            strides=(_BLOCK_COLUMNS * column, row, column),
        )
        written = result[:, : width - rest].reshape(rows, blocks, _BLOCK_COLUMNS)
        np.matmul(read, across, out=written.swapaxes(0, 1))
        if rest:
            np.matmul(tall[:, width - rest :], self._matrix(rest).T, out=result[:, width - rest :])

    def matrix(self, pixels: int) -> NDArray[np.float32]:
        """Return what so many blurred pixels in a line are made of: (pixels, pixels + 2 radii)."""
        matrix = np.zeros((pixels, pixels + 2 * self.radius_px), np.float32)
        for at in range(pixels):
            matrix[at, at : at + len(self._kernel)] = self._kernel
        return matrix


RADIUS_PX = 5
# Sigma is that of Wang et al. 2004; both metrics cut the kernel off at 5 pixels.
WANG = Gaussian(sigma_px=1.5, radius_px=RADIUS_PX)


def blur(plane: NDArray[np.float32], edges: Edges) -> NDArray[np.float32]:
    """Blur one plane as SSIM and SSIMULACRA2 do.

    Args:
        plane: (height, width), at least 11 pixels a side for `inner`.
        edges: `inner` keeps the pixels whose window lies inside the plane: 5 fewer on each side.
            `ssimulacra2` keeps the size, as the package `ssimulacra2` does: the plane is padded
            with zeros on the left and right, and mirrored at the top and bottom.

    Returns:
        The blurred plane, float32 (height, width), or (height - 10, width - 10) for `inner`.
    """
    if edges == "ssimulacra2":
        plane = np.pad(plane, ((RADIUS_PX, RADIUS_PX), (0, 0)), mode="symmetric")
        plane = np.pad(plane, ((0, 0), (RADIUS_PX, RADIUS_PX)))
    return WANG.inner(plane)
