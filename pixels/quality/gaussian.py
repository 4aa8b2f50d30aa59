"""The 11x11 Gaussian blur that SSIM and SSIMULACRA2 share."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Edges = Literal["inner", "ssimulacra2"]

# Sigma is that of Wang et al. 2004; both metrics cut the kernel off at 5 pixels.
_SIGMA = 1.5
RADIUS_PX = 5
# Work in strips of rows that stay, with all intermediate results, in a core's cache.
_STRIP_PIXELS = 1 << 16


def _weights() -> list[np.float32]:
    distance = np.arange(RADIUS_PX + 1, dtype=np.float64)
    one_side = np.exp(-0.5 * (distance / _SIGMA) ** 2)
    return list((one_side / (2.0 * one_side.sum() - one_side[0])).astype(np.float32))


_WEIGHTS = _weights()


def blur(plane: NDArray[np.float32], edges: Edges) -> NDArray[np.float32]:
    """Blur one plane.

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
    height, width = plane.shape[0] - 2 * RADIUS_PX, plane.shape[1] - 2 * RADIUS_PX
    result = np.empty((height, width), np.float32)
    rows = max(8, _STRIP_PIXELS // plane.shape[1])
    for start in range(0, height, rows):
        count = min(rows, height - start)
        strip = plane[start : start + count + 2 * RADIUS_PX]
        tall = _weighed([strip[at : at + count] for at in range(2 * RADIUS_PX + 1)])
        columns = [tall[:, at : at + width] for at in range(2 * RADIUS_PX + 1)]
        result[start : start + count] = _weighed(columns)
    return result


def _weighed(shifted: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Sum up eleven shifted views of one array, weighted; views at equal distance are paired."""
    total = shifted[RADIUS_PX] * _WEIGHTS[0]
    pair = np.empty_like(total)
    for distance in range(1, RADIUS_PX + 1):
        np.add(shifted[RADIUS_PX - distance], shifted[RADIUS_PX + distance], out=pair)
        pair *= _WEIGHTS[distance]
        total += pair
    return total
