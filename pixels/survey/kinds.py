"""Tell photographs from illustrations, diagrams, screenshots and text, by their pixels alone.

A camera leaves noise and soft shades everywhere. Drawings and text have areas of exactly one
colour, few colours, and hard edges. Three numbers measure this, and a linear rule weighs them; its
weights are those of a logistic regression, rounded (docs/decisions/0006).
`tests/pixels/survey/test_kinds.py` measures precision and recall on pictures that were not used for
the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Samples of a large picture are enough: a drawing is drawn everywhere.
_TILE_PX = 128
_MOST_TILES = 96

_FLAT = 2  # levels: a flat colour varies this much after JPEG
_HARD = 40  # levels from one pixel to the next, as in antialiased letters and lines

_FEW_COLOURS = 24

# The fitted bound is 19.5: one unit more keeps photographs of facades and silhouettes.
_FLAT_WEIGHT, _HARD_WEIGHT, _FEW_WEIGHT, _BOUND = 8.4, 17.65, 8.35, 20.5


@dataclass(frozen=True, kw_only=True)
class Signs:
    """Measures that separate drawings from photographs; each in [0, 1]."""

    flat: float
    """Share of pixels that nearly equal their right and lower neighbours."""
    hard: float
    """Share of the other pixels that differ strongly from a neighbour."""
    few: float
    """Share of the 24 commonest colours among pixels that exactly equal their neighbours."""

    @property
    def drawn(self) -> float:
        """Weigh the measures: above 0 for an illustration, diagram, screenshot or text."""
        hard = _HARD_WEIGHT * self.hard**0.5  # the root: photographs differ at small values
        return _FLAT_WEIGHT * self.flat + hard + _FEW_WEIGHT * self.few - _BOUND


def signs(picture: NDArray[np.uint8]) -> Signs:
    """Measure a picture, (height, width, 3), 0 to 255."""
    tiles = sampled_tiles(picture, _TILE_PX, _MOST_TILES)
    values = tiles.astype(np.int16)
    here = values[:, :-1, :-1]
    steps = np.maximum(
        np.abs(values[:, :-1, 1:] - here).max(axis=-1),
        np.abs(values[:, 1:, :-1] - here).max(axis=-1),
    )
    changing = steps[steps > _FLAT]
    code = tiles[:, :-1, :-1].astype(np.int32) @ np.array([65536, 256, 1])
    counts = np.sort(np.unique(code[steps == 0], return_counts=True)[1])
    return Signs(
        flat=float((steps <= _FLAT).mean()) if steps.size else 1.0,
        hard=float((changing >= _HARD).mean()) if changing.size else 1.0,
        few=float(counts[-_FEW_COLOURS:].sum() / max(1, counts.sum())),
    )


def sampled_tiles(picture: NDArray[np.uint8], side: int, most: int) -> NDArray[np.uint8]:
    """Sample tiles evenly from a picture.

    Args:
        picture: (height, width, channels).
        side: Side of a tile; tiles of a smaller picture have its shorter side.
        most: Greatest number of tiles, approximately.

    Returns:
        (tiles, side, side, channels).
    """
    height, width = picture.shape[:2]
    side = min(side, height, width)
    rows, columns = height // side, width // side
    step = max(1.0, (rows * columns / most) ** 0.5)
    tops = [int(row * step) * side for row in range(int(np.ceil(rows / step)))]
    lefts = [int(column * step) * side for column in range(int(np.ceil(columns / step)))]
    return np.stack(
        [picture[top : top + side, left : left + side] for top in tops for left in lefts]
    )
