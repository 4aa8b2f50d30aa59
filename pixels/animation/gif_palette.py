"""One palette for a whole animation: still parts keep their colours, so nothing flickers.

With a palette for each frame, or with dithering that depends on other pixels (Floyd and
Steinberg's), the same colour gets another shade in each frame. Here a shade depends only on the
colour. docs/experiments/animations.md has the figures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.animation.frames import Canvas

COLOURS = 255
"""Most colours of a palette; the 256th index means "transparent"."""

_BITS = 6  # per channel, of the histogram
_ROUNDS = 12  # of k-means; further ones change the error by less than 1 %
_SAMPLES = 1 << 18
_CHUNK = 1 << 16
_UNKNOWN = 256


class PaletteMaker:
    """Counts the visible colours of all frames, then chooses the palette."""

    def __init__(self) -> None:
        self._counts = np.zeros(1 << 3 * _BITS, np.int64)
        self._sums = np.zeros((1 << 3 * _BITS, 3))
        self._exact: NDArray[np.uint32] | None = np.empty(0, np.uint32)

    def add(self, canvas: Canvas) -> None:
        """Count a frame's opaque pixels."""
        rgb = canvas[canvas[..., 3] == 255, :3]
        if self._exact is not None:
            found = np.union1d(self._exact, _packed(rgb))
            self._exact = found if len(found) <= COLOURS else None
        bins = _packed((rgb >> (8 - _BITS)).astype(np.uint8), _BITS)
        size = len(self._counts)
        self._counts += np.bincount(bins, minlength=size)
        for channel in range(3):
            self._sums[:, channel] += np.bincount(bins, rgb[:, channel], size)

    def palette(self) -> NDArray[np.uint8]:
        """Choose at most 255 colours: (colours, 3); exact if the animation has no more."""
        if self._exact is not None:
            unpacked = np.stack([self._exact >> 16, self._exact >> 8, self._exact], axis=1)
            found = (unpacked & 255).astype(np.uint8)
            return found if len(found) else np.zeros((1, 3), np.uint8)
        used = np.flatnonzero(self._counts)
        counts = self._counts[used].astype(np.float64)
        colours = (self._sums[used] / counts[:, None]).astype(np.float32)
        # The root of the count: otherwise a sky would get all shades and a small lamp none.
        weights = np.sqrt(counts)
        centres = _first_guess(colours, weights)
        for _ in range(_ROUNDS):
            nearest = _nearest(colours, centres)
            mass = np.bincount(nearest, weights, len(centres))
            sums = [np.bincount(nearest, weights * c, len(centres)) for c in colours.T]
            moved = np.stack(sums, axis=1) / np.maximum(mass, 1e-9)[:, None]
            centres = np.where(mass[:, None] > 0, moved, centres).astype(np.float32)
        return _kept_flat(colours, counts, centres)


class Mapper:
    """Finds the nearest palette entry of a colour, with a cache of known colours."""

    def __init__(self, palette: NDArray[np.uint8]) -> None:
        """Take a palette, (colours, 3)."""
        self.palette = palette
        self._memory = np.full(1 << 24, _UNKNOWN, np.uint16)

    def indices(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Map (height, width, 3) to (height, width) indices.

        Pillow's `quantize(palette=...)` treats colours that differ by less than 4 as equal, so it
        may change even the palette's own colours.
        """
        packed = _packed(rgb)
        fresh = np.unique(packed[self._memory[packed] == _UNKNOWN])
        colours = np.stack([fresh >> 16, fresh >> 8 & 255, fresh & 255], axis=1)
        self._memory[fresh] = _nearest(colours.astype(np.float32), self.palette.astype(np.float32))
        return self._memory[packed].astype(np.uint8)


def _packed(rgb: NDArray[np.uint8], bits: int = 8) -> NDArray[np.uint32]:
    red, green, blue = (rgb[..., channel].astype(np.uint32) for channel in range(3))
    return (red << 2 * bits | green << bits | blue).astype(np.uint32)


def _first_guess(colours: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Run Pillow's median cut on a picture with as many pixels of each colour as it weighs."""
    room = np.ceil(weights * (_SAMPLES / weights.sum())).astype(np.intp)
    line = np.repeat(np.round(colours).astype(np.uint8), room, axis=0)
    image = Image.fromarray(line[None]).quantize(COLOURS, Image.Quantize.MEDIANCUT)
    entries = image.getpalette() or []
    return np.array(entries, np.float32).reshape(-1, 3)[:COLOURS]


def _nearest(colours: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.intp]:
    """Find the nearest centre; exact for whole numbers, the first of equals."""
    lengths = (centres**2).sum(axis=1)
    result = np.empty(len(colours), np.intp)
    for start in range(0, len(colours), _CHUNK):
        part = colours[start : start + _CHUNK]
        result[start : start + _CHUNK] = np.argmin(lengths - 2.0 * (part @ centres.T), axis=1)
    return result


def _kept_flat(
    colours: NDArray[np.float32], counts: NDArray[np.float64], centres: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Use a colour exactly if it makes up most of the pixels of its palette entry."""
    nearest = _nearest(colours, centres)
    totals = np.bincount(nearest, counts, len(centres))
    flat = np.flatnonzero(counts > 0.5 * totals[nearest])
    centres = centres.copy()
    centres[nearest[flat]] = colours[flat]
    return np.floor(np.unique(centres, axis=0) + 0.5).clip(0, 255).astype(np.uint8)
