"""How sites send photos, imitated for training: reduced by one tool or another, then compressed.

Everything is a pure function of the photo and of the random generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from pixels.resize import crop_to_multiple, cropped_size
from pixels.scale import HALF
from pixels.sending.codecs import (
    CODECS,
    EFFORTS,
    TRAINING,
    AnyReduction,
    Codec,
    EncoderSettings,
    Subsampling,
    reduce,
    round_trip,
)

ToolReduction = Literal["pillow-bicubic", "lanczos", "area"]
"""The filters of sites' tools, as Pillow computes them."""

VERSION = 3
"""Version of what `degrade` returns for the same photo and seed; part of a training's settings."""

BLOCK_PX = 256
"""Side of the blocks of a reduced photo that are each degraded in another way."""
# Reductions reach 3 pixels, sharpening 1 more, the codecs' blocks and deblocking 16.
_MARGIN_PX = 16

Sending = Literal["web", "fine", "published"]
"""How sites send photos: `web`, with any tool, at qualities of 40 to 95; `fine`, reduced with
bicubic and not distorted, at qualities of 65 to 97; `published`, as `export.publish` sends them for
the looks `fair` to `excellent` on a phone: mostly AVIF, at settings that depend on the scale."""


@dataclass(frozen=True, kw_only=True)
class _Range:
    qualities: tuple[int, int]
    reductions: dict[ToolReduction, float]
    most_noise: float
    distorted: float


# Mostly bicubic, in `web` too: a student that has to serve every filter alike is worse on each.
# (`export.publish` tries several filters, Lanczos first, and keeps the one that suits the student.)
_RANGES: dict[Literal["web", "fine"], _Range] = {
    "web": _Range(
        qualities=(40, 95),
        reductions={"pillow-bicubic": 0.6, "lanczos": 0.25, "area": 0.15},
        most_noise=1.5,
        distorted=0.25,
    ),
    "fine": _Range(
        qualities=(65, 97), reductions={"pillow-bicubic": 1.0}, most_noise=0.0, distorted=0.0
    ),
}
_SHARPENING = (-0.15, 0.3)

_PUBLISHED_CODECS: dict[Codec, float] = {"AVIF": 0.8, "WEBP": 0.1, "JPEG": 0.1}
_PUBLISHED_REDUCTIONS: dict[AnyReduction, float] = {"bicubic": 0.7, "lanczos": 0.3}
# Settings with which reduced files look 9.3 to 9.8 JOD good on a phone, for eight photos of ten:
# docs/experiments/judged-training.md.
_PUBLISHED_TWO: dict[Codec, tuple[int, int]] = {
    "AVIF": (44, 82),
    "WEBP": (38, 92),
    "JPEG": (38, 92),
}
# At two thirds a student of exactly that range, 33 to 69 in AVIF, was worse than before above 60.
_PUBLISHED_LESS: dict[Codec, tuple[int, int]] = {
    "AVIF": (28, 86),
    "WEBP": (22, 92),
    "JPEG": (22, 92),
}
_Kind = TypeVar("_Kind")
_PUBLISHED_444 = 0.2  # share of AVIF files that keep all chroma


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """One way from a photo to the smaller picture that is sent."""

    reduction: AnyReduction
    """The filter that makes it smaller, antialiased."""
    sharpening: float
    """Share of the difference from the 3x3 mean that is added, as a mild distortion; below 0 it
    softens."""
    noise: float
    """Standard deviation of Gaussian noise in 8-bit steps, drawn for each channel."""
    codec: Codec
    """The format it is compressed to."""
    quality: int
    """The encoder's own setting, 20 to 97."""
    subsampling: Subsampling
    """Of chroma; always 4:2:0 in WebP."""
    encoder: EncoderSettings = TRAINING
    """How hard the encoder tries."""


def draw(rng: np.random.Generator, sending: Sending = "web", scale: Fraction = HALF) -> Degradation:
    """Draw a degradation at random; `web` and `fine` have every codec equally often."""
    if sending == "published":
        return _draw_published(rng, scale)
    bounds = _RANGES[sending]
    codec = CODECS[rng.integers(len(CODECS))]
    reductions = list(bounds.reductions)
    reduction = reductions[rng.choice(len(reductions), p=list(bounds.reductions.values()))]
    quality = int(rng.integers(bounds.qualities[0], bounds.qualities[1] + 1))
    fine = bool(rng.integers(2))
    noisy, sharpened = rng.random(2) < bounds.distorted
    noise = float(rng.uniform(0.0, bounds.most_noise)) if noisy else 0.0
    sharpening = float(rng.uniform(*_SHARPENING)) if sharpened else 0.0
    return Degradation(
        reduction=reduction,
        sharpening=sharpening,
        noise=noise,
        codec=codec,
        quality=quality,
        subsampling="4:4:4" if fine and codec != "WEBP" else "4:2:0",
    )


def _draw_published(rng: np.random.Generator, scale: Fraction) -> Degradation:
    reduction = _drawn(rng, _PUBLISHED_REDUCTIONS)
    codec = _drawn(rng, _PUBLISHED_CODECS)
    low, high = published_qualities(codec, scale)
    all_chroma = codec == "AVIF" and rng.random() < _PUBLISHED_444
    return Degradation(
        reduction=reduction,
        sharpening=0.0,
        noise=0.0,
        codec=codec,
        quality=int(rng.integers(low, high + 1)),
        subsampling="4:4:4" if all_chroma else "4:2:0",
        encoder=EFFORTS["fast"],
    )


def published_qualities(codec: Codec, scale: Fraction) -> tuple[int, int]:
    """Return the lowest and highest setting of `published` photos, `scale` times smaller."""
    return (_PUBLISHED_TWO if scale >= HALF else _PUBLISHED_LESS)[codec]


def _drawn(rng: np.random.Generator, shares: Mapping[_Kind, float]) -> _Kind:
    return list(shares)[rng.choice(len(shares), p=list(shares.values()))]


def degrade(
    photo: NDArray[np.uint8], scale: Fraction, rng: np.random.Generator, sending: Sending = "web"
) -> NDArray[np.uint8]:
    """Make of a photo what a site may send: reduced, mildly distorted, compressed.

    Args:
        photo: (height, width, 3), sRGB, 0 to 255, at least `up` pixels a side.
        scale: How many times smaller the result is, `up/down`; what is beyond multiples of `up` is
            cut off at the bottom and right.
        rng: Source of the degradation and of its noise.
        sending: The bounds to draw in.

    Returns:
        A picture of `pixels.resize.cropped_size`, 0 to 255.
    """
    return apply(photo, scale, draw(rng, sending, scale), rng)


def apply(
    photo: NDArray[np.uint8], scale: Fraction, degradation: Degradation, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Degrade a photo in a given way; otherwise as `degrade`."""
    reduced = reduce(crop_to_multiple(photo, scale), degradation.reduction, scale)
    if degradation.sharpening or degradation.noise:
        reduced = _distorted(reduced, degradation, rng)
    return round_trip(
        reduced,
        degradation.codec,
        degradation.quality,
        degradation.encoder,
        subsampling=degradation.subsampling,
    )


def degrade_in_blocks(
    photo: NDArray[np.uint8],
    scale: Fraction,
    seed: tuple[int, ...],
    block_px: int = BLOCK_PX,
    sending: Sending = "web",
) -> NDArray[np.uint8]:
    """Degrade a photo block by block, each in another way.

    So the few variants of a photo hold many degradations, and crops from different places of it
    differ. A block is compressed with a margin that is then cut off, so no edge of an encoded
    picture shows inside the photo.

    Args:
        photo: As for `degrade`.
        scale: As for `degrade`.
        seed: Identifies the photo and the variant; each block adds its place.
        block_px: Side of a block in the result, rounded up to a multiple of `down`.
        sending: As for `degrade`.

    Returns:
        As `degrade`.
    """
    up, down = scale.numerator, scale.denominator
    height, width = cropped_size((photo.shape[0], photo.shape[1]), scale)
    result = np.empty((height, width, 3), np.uint8)
    block_px, margin_px = (-(-length // down) * down for length in (block_px, _MARGIN_PX))
    for top in range(0, height, block_px):
        for left in range(0, width, block_px):
            bottom, right = min(top + block_px, height), min(left + block_px, width)
            y, x = max(0, top - margin_px), max(0, left - margin_px)
            end_y, end_x = min(bottom + margin_px, height), min(right + margin_px, width)
            rng = np.random.default_rng((*seed, top, left))
            first_y, last_y, first_x, last_x = (n * up // down for n in (y, end_y, x, end_x))
            part = photo[first_y:last_y, first_x:last_x]
            block = degrade(part, scale, rng, sending)
            result[top:bottom, left:right] = block[top - y : bottom - y, left - x : right - x]
    return result


def _distorted(
    picture: NDArray[np.uint8], degradation: Degradation, rng: np.random.Generator
) -> NDArray[np.uint8]:
    values = picture.astype(np.float32)
    if degradation.sharpening:
        values += np.float32(degradation.sharpening) * (values - _mean3(values))
    if degradation.noise:
        values += np.float32(degradation.noise) * rng.standard_normal(
            values.shape, dtype=np.float32
        )
    return np.floor(values.clip(0.0, 255.0) + 0.5).astype(np.uint8)


def _mean3(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average the 3x3 neighbourhood of each pixel of (height, width, channels)."""
    for axis in (0, 1):
        length = values.shape[axis]
        edges = [(1, 1) if number == axis else (0, 0) for number in range(3)]
        padded = np.pad(values, edges, mode="edge")
        values = sum(
            (padded.take(np.arange(start, start + length), axis=axis) for start in (0, 1, 2)),
            start=np.zeros((), np.float32),
        ) / np.float32(3.0)
    return values
