"""Pictures for judges and what is done to them: no codec, so the same bytes on every machine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tests.made.photos import photo, samples

Picture = NDArray[np.uint8]


def blurred(picture: Picture, sigma_px: float) -> Picture:
    """A Gaussian blur of sRGB values, repeated at the edges."""
    radius = int(3.0 * sigma_px) + 1
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma_px) ** 2)
    weights /= weights.sum()
    values = picture.astype(np.float64)
    for axis in (0, 1):
        around = [(radius, radius) if at == axis else (0, 0) for at in range(3)]
        padded, count = np.pad(values, around, "edge"), values.shape[axis]
        values = sum(
            (np.take(padded, np.arange(at, at + count), axis) * w for at, w in enumerate(weights)),
            np.zeros_like(values),
        )
    return values.round().clip(0, 255).astype(np.uint8)


def noisy(picture: Picture, standard_deviation: float) -> Picture:
    """Gaussian noise on sRGB values; the deviation is a part of 1."""
    grain = np.random.default_rng(0).normal(0.0, 255.0 * standard_deviation, picture.shape)
    return (picture + grain).round().clip(0, 255).astype(np.uint8)


def blocky(picture: Picture, side_px: int) -> Picture:
    """The mean of each block."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width] // side_px
    block = y * (x.max() + 1) + x
    means = [np.bincount(block.ravel(), picture[..., c].ravel()) for c in range(3)]
    values = np.stack(means, -1) / np.bincount(block.ravel())[:, None]
    return values.round().astype(np.uint8)[block]


def tinted(picture: Picture, steps: int) -> Picture:
    """More red, less blue."""
    return (picture + np.array([steps, 0, -steps])).clip(0, 255).astype(np.uint8)


DISTORTIONS: dict[str, Callable[[Picture], Picture]] = {
    "blur 0.6": lambda picture: blurred(picture, 0.6),
    "blur 2": lambda picture: blurred(picture, 2.0),
    "noise 0.01": lambda picture: noisy(picture, 0.01),
    "noise 0.055": lambda picture: noisy(picture, 0.055),
    "blocks 4": lambda picture: blocky(picture, 4),
    "tint 6": lambda picture: tinted(picture, 6),
    "upside down": lambda picture: np.ascontiguousarray(picture[::-1]),
}
"""From hardly visible to another picture."""


def judged_pictures() -> dict[str, Picture]:
    """Originals: even and odd sides (with odd rows alone, too), small ones, dark ones."""
    chelsea, coffee = samples()["chelsea"], samples()["coffee"]
    return {
        "chelsea": chelsea[20:220, 100:350],
        "coffee": coffee[100:229, 200:346],
        "made": photo(97, 75),
        "dark": photo(64, 63) // np.uint8(8),
        "narrow": chelsea[100:112, 100:211],
        "tiny": chelsea[100:109, 200:208],
    }
