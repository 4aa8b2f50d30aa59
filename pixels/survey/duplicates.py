"""Find near-duplicates: the same photo, but smaller, brighter or compressed in another way.

A perceptual hash of 256 bits: the signs, against their median, of the lowest 16x16 frequencies of
the photo shrunk to 64x64 grey pixels. Copies differ in few bits, others in about half of them.
(Source: "pHash" by Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
2010, section 3.2.1, with 256 bits instead of 64 so that millions of photos do not collide.)

Photos are not compared in pairs: hashes that differ in fewer bits than there are bands agree in at
least one whole band, so only photos that share a band are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE_PX = 64
_FREQUENCIES = 16
_BANDS = 16
_BAND_BITS = _FREQUENCIES**2 // _BANDS
MOST_BITS = _BANDS - 1
"""Photos are the same if their hashes differ in at most this many of 256 bits."""


def perceptual_hash(picture: NDArray[np.uint8]) -> int:
    """Hash a picture, (height, width, 3), 0 to 255, to a number of 256 bits."""
    image = Image.fromarray(picture).convert("L")
    small = np.asarray(image.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BOX), np.float64)
    angles = np.pi / _SIDE_PX * np.outer(np.arange(1, _FREQUENCIES + 1), np.arange(_SIDE_PX) + 0.5)
    waves = np.cos(angles)  # DCT-II without the means
    strengths = waves @ small @ waves.T
    bits = (strengths > np.median(strengths)).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


class SeenPhotos:
    """An index of photos by their hashes."""

    def __init__(self) -> None:
        self._hashes: list[int] = []
        self._names: list[str] = []
        self._bands: list[defaultdict[int, list[int]]] = [defaultdict(list) for _ in range(_BANDS)]

    def copy_of(self, hashed: int) -> str | None:
        """Find a photo in the index that is the same, and return its name, or None."""
        for number in self.candidates(hashed):
            if (hashed ^ self._hashes[number]).bit_count() <= MOST_BITS:
                return self._names[number]
        return None

    def candidates(self, hashed: int) -> Iterator[int]:
        """Iterate over the photos that share a band and so have to be compared."""
        for band, value in enumerate(_bands(hashed)):
            yield from self._bands[band].get(value, ())

    def add(self, hashed: int, name: str) -> None:
        """Add a photo to the index."""
        for band, value in enumerate(_bands(hashed)):
            self._bands[band][value].append(len(self._hashes))
        self._hashes.append(hashed)
        self._names.append(name)


def _bands(hashed: int) -> list[int]:
    mask = (1 << _BAND_BITS) - 1
    return [hashed >> _BAND_BITS * band & mask for band in range(_BANDS)]
