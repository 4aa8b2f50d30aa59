"""The tile plan: enlarge a picture in tiles, with the same pixels as the whole at once.

The browser has the same plan (`web_demo/src/tiles/tiling.ts`); `tests/golden/tiling.json` keeps
both alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Enlarge = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Maps (1, 3, height, width) in [0, 1] to (1, 3, scale * height, scale * width)."""


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in pixels of the input; ends are exclusive."""

    read_start: int
    read_end: int
    keep_start: int
    keep_end: int


def plan_spans(length: int, tile: int, margin: int, align: int = 1) -> list[Span]:
    """Cut one axis into windows of equal length whose kept parts cover it exactly once.

    A window keeps what lies at least `margin` from a cut. A network whose output depends on
    `margin` pixels to each side then gives the same pixels as for the whole axis. At the true ends
    nothing is cut, so nothing is lost. All windows are `tile` long, because GPU runtimes compile
    once per input size; the last one is moved back to end with the picture.

    A network that cuts windows itself (a sliding patch) gives the same pixels only if its windows
    lie as they would in the whole. So windows start at multiples of `align`, and the last one,
    which still ends with the picture, may be up to `align - 1` shorter.

    Args:
        length: Pixels along the axis, at least 1.
        tile: Pixels that a window reads; more than `2 * margin`.
        margin: The network's receptive-field radius in pixels, at least 0.
        align: Windows start at multiples of this; it divides `tile` and `margin`.

    Returns:
        The windows in order; one window if `length` fits into a tile.

    Raises:
        ValueError: A number is out of its range.
    """
    if length < 1 or margin < 0 or tile <= 2 * margin:
        raise ValueError(f"cannot cut {length} px into {tile} px tiles with margin {margin} px")
    if align < 1 or tile % align or margin % align:
        raise ValueError(f"{align} px must divide the tile of {tile} px and the margin {margin} px")
    if length <= tile:
        return [Span(0, length, 0, length)]
    last = -(-(length - tile) // align) * align
    spans = []
    kept = 0
    while kept < length:
        start = min(max(kept - margin, 0), last)
        end = min(start + tile, length)
        keep_end = length if end == length else end - margin
        spans.append(Span(start, end, kept, keep_end))
        kept = keep_end
    return spans


def smallest_tile(size: tuple[int, int], tile: int, margin: int, align: int = 1) -> int:
    """Return the smallest tile with which a picture takes no more windows along either axis.

    Windows overlap by what they have to: the last one is moved back by little.

    Args:
        size: (height, width) of the picture.
        tile: The largest tile; more than `2 * margin`.
        margin: As in `plan_spans`.
        align: As in `plan_spans`.
    """
    needed = [align]
    for length in size:
        if length > tile:
            windows = -(-(length - 2 * margin) // (tile - 2 * margin))
            length = -(-(length - 2 * margin) // windows) + 2 * margin
        needed.append(-(-length // align) * align)
    return min(tile, max(*needed, 2 * margin + align))


def plan_tiles(
    size: tuple[int, int], tile: int, margin: int, align: int = 1
) -> list[tuple[Span, Span]]:
    """Pair the spans of both axes, row by row: (vertical, horizontal)."""
    columns = plan_spans(size[1], tile, margin, align)
    rows = plan_spans(size[0], tile, margin, align)
    return [(row, column) for row in rows for column in columns]


def enlarge_in_tiles(
    enlarge: Enlarge,
    image: NDArray[np.uint8],
    *,
    scale: Fraction,
    tile: int,
    margin: int,
    align: int = 1,
) -> Iterator[tuple[Span, Span, NDArray[np.float32]]]:
    """Run a network tile by tile.

    Args:
        enlarge: The network.
        image: (height, width, 3) sRGB, 0 to 255; converted tile by tile, so memory holds floats
            of only one tile. Sides are multiples of `down`.
        scale: How much larger the output is, `up/down`.
        tile: Pixels of the input that a tile reads along each axis.
        margin: The network's receptive-field radius in pixels of the input.
        align: Tiles start at multiples of this; it divides `tile` and `margin`, and `down` divides
            it.

    Yields:
        The tile's spans, and its kept output (3, scale * rows, scale * columns), not clipped.

    Raises:
        ValueError: The sides or the alignment are not multiples of `down`, or the network's output
            does not have the promised size.
    """
    size, up, down = (image.shape[0], image.shape[1]), scale.numerator, scale.denominator
    if size[0] % down or size[1] % down or align % down:
        raise ValueError(f"{down} px must divide both sides of {size} and the alignment {align} px")
    for row, column in plan_tiles(size, tile, margin, align):
        window = image[row.read_start : row.read_end, column.read_start : column.read_end]
        batch = np.ascontiguousarray(window.transpose(2, 0, 1)[None], dtype=np.float32)
        result = enlarge(batch / np.float32(255.0))
        promised = (1, 3, up * window.shape[0] // down, up * window.shape[1] // down)
        if result.shape != promised:
            raise ValueError(f"the network returned {result.shape}, expected {promised}")
        yield row, column, result[0][:, _kept(row, scale), _kept(column, scale)]


def enlarged_slice(start: int, end: int, scale: Fraction) -> slice:
    """Find in an enlarged picture what became of the pixels from `start` to `end` (exclusive).

    Both are multiples of `down`.
    """
    up, down = scale.numerator, scale.denominator
    return slice(up * start // down, up * end // down)


def _kept(span: Span, scale: Fraction) -> slice:
    """Find the kept part in the output of a window."""
    offset = span.read_start
    return enlarged_slice(span.keep_start - offset, span.keep_end - offset, scale)
