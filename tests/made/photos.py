"""Photos for tests: small ones made here, with shades, edges and grain; samples; given folders."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.samples import sample_photos

# Photos that are too large to come with the project. Without these variables, tests do without.
BENCHMARKS = Path(os.environ.get("HALFSIZE_BENCHMARKS") or os.devnull)
"""Folder that holds the benchmarks as Set5/, Set14/, B100/, ..."""
PHOTOS = Path(os.environ.get("HALFSIZE_PHOTOS") or os.devnull)
"""Folder of photographs."""


@cache
def samples() -> dict[str, NDArray[np.uint8]]:
    """The sample photos by name, read-only; loaded once."""
    photos = {name: photo.rgb for name, photo in sample_photos().items()}
    for pixels in photos.values():
        pixels.flags.writeable = False
    return photos


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def photo(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    shade = 110 + 50 * np.sin(x / 9 + seed) * np.cos(y / 13)
    colours = shade[..., None] * np.array([1.0, 0.9, 0.7])
    disc = (x - width / 3) ** 2 + (y - height / 2) ** 2 < (min(height, width) / 4) ** 2
    colours[disc] += np.array([70.0, -20.0, 30.0])
    colours[(x + 2 * y) % 31 < 4] -= 40
    return (colours + rng.normal(0, 3, colours.shape)).round().clip(0, 255).astype(np.uint8)


def write_photos(folder: Path, sizes: list[tuple[int, int]]) -> Path:
    """Write one PNG for each size: photo0.png, photo1.png, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (height, width) in enumerate(sizes):
        Image.fromarray(photo(height, width, number)).save(folder / f"photo{number}.png")
    return folder
