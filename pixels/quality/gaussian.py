"""Gaussian blurs: the 11x11 one that SSIM and SSIMULACRA2 share, and others."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Edges = Literal["inner", "ssimulacra2"]

# Work in strips of rows that stay, with all intermediate results, in a core's cache.
_STRIP_PIXELS = 1 << 16


class Gaussian:
    """A blur with a kernel that is cut off at a radius, and sums to 1."""

    def __init__(self, *, sigma_px: float, radius_px: int) -> None:
        """Compute the kernel."""
        self.radius_px = radius_px
        distance = np.arange(radius_px + 1, dtype=np.float64)
        one_side = np.exp(-0.5 * (distance / sigma_px) ** 2)
        self._weights = list((one_side / (2.0 * one_side.sum() - one_side[0])).astype(np.float32))

    def inner(self, plane: NDArray[np.float32]) -> NDArray[np.float32]:
        """Blur a plane, and keep the pixels whose window lies inside it.

        Args:
            plane: (height, width), at least 2 radii + 1 a side.

        Returns:
            (height - 2 radii, width - 2 radii), float32.
        """
        around = 2 * self.radius_px
        height, width = plane.shape[0] - around, plane.shape[1] - around
        result = np.empty((height, width), np.float32)
        rows = max(8, _STRIP_PIXELS // plane.shape[1])
        for start in range(0, height, rows):
            count = min(rows, height - start)
            strip = plane[start : start + count + around]
            tall = self._weighed([strip[at : at + count] for at in range(around + 1)])
            columns = [tall[:, at : at + width] for at in range(around + 1)]
            result[start : start + count] = self._weighed(columns)
        return result

    def _weighed(self, shifted: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Sum up shifted views of one array, weighted; views at equal distance are paired."""
        centre = self.radius_px
        total = shifted[centre] * self._weights[0]
        pair = np.empty_like(total)
        for distance in range(1, centre + 1):
            np.add(shifted[centre - distance], shifted[centre + distance], out=pair)
            pair *= self._weights[distance]
            total += pair
        return total


RADIUS_PX = 5
# Sigma is that of Wang et al. 2004; both metrics cut the kernel off at 5 pixels.
_WANG = Gaussian(sigma_px=1.5, radius_px=RADIUS_PX)


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
    return _WANG.inner(plane)
