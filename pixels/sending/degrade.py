"""What a site really sends: a photo made smaller by some tool or other, then compressed.

Everything is a pure function of the photo and of the random generator handed in.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.resize import cropped_size

Reduction = Literal["bicubic", "lanczos", "area"]
Codec = Literal["JPEG", "WEBP", "AVIF"]
Subsampling = Literal["4:2:0", "4:4:4"]

VERSION = 2
"""Of what `degrade` gives for the same photo and chances; part of a training's settings."""

BLOCK_PX = 256
"""Side of the parts of a reduced photo that are degraded each in its own way."""
# Reductions reach 3 pixels, sharpening 1 more, the codecs' blocks and deblocking 16.
_MARGIN_PX = 16

_FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "area": Image.Resampling.BOX,
}
Sending = Literal["web", "fine"]
"""How sites send: `web`, by whatever tool, at qualities of 40 to 95; `fine`, the files of half-size
photos that are worth sending, as `export.publish` writes them: reduced by bicubic, not distorted,
65 to 97."""


@dataclass(frozen=True, kw_only=True)
class _Range:
    qualities: tuple[int, int]
    reductions: dict[Reduction, float]
    most_noise: float
    distorted: float


# Bicubic comes first in `web` as well: it is what `export.publish` reduces by, and a student that
# has to serve every filter alike is worse on each.
_RANGES: dict[Sending, _Range] = {
    "web": _Range(
        qualities=(40, 95),
        reductions={"bicubic": 0.6, "lanczos": 0.25, "area": 0.15},
        most_noise=1.5,
        distorted=0.25,
    ),
    "fine": _Range(qualities=(65, 97), reductions={"bicubic": 1.0}, most_noise=0.0, distorted=0.0),
}
_SHARPENING = (-0.15, 0.3)
_AVIF_SPEED = 8  # of 0 to 10: what image servers use; slower ones take ten times as long


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """One way from a photo to the smaller picture that is sent."""

    reduction: Reduction
    """By which filter it is made smaller (antialiased)."""
    sharpening: float
    """Times the difference from the 3x3 mean, added: the mild distortion. Below 0 it softens."""
    noise: float
    """Standard deviation of Gaussian noise in 8-bit steps, each channel apart."""
    codec: Codec
    """By what it is compressed."""
    quality: int
    """The encoder's own setting, 40 to 97."""
    subsampling: Subsampling
    """Of chroma; lossy WebP knows 4:2:0 only."""


def draw(rng: np.random.Generator, sending: Sending = "web") -> Degradation:
    """Draw a way at random; a third for each codec."""
    bounds = _RANGES[sending]
    codec: Codec = ("JPEG", "WEBP", "AVIF")[rng.integers(3)]
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


def degrade(
    photo: NDArray[np.uint8], scale: int, rng: np.random.Generator, sending: Sending = "web"
) -> NDArray[np.uint8]:
    """Make of a photo what a site may send: reduced, mildly distorted, compressed.

    Args:
        photo: (height, width, 3), sRGB, 0 to 255, at least `scale` pixels a side.
        scale: How many times smaller the result is; what is over is cut off below and right.
        rng: Where the way and the noise come from.
        sending: In which bounds.

    Returns:
        (height // scale, width // scale, 3), 0 to 255.
    """
    return apply(photo, scale, draw(rng, sending), rng)


def apply(
    photo: NDArray[np.uint8], scale: int, way: Degradation, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Do what `degrade` does, in a way of one's choice."""
    reduced = reduced_by(photo, scale, way.reduction)
    if way.sharpening or way.noise:
        reduced = _distorted(reduced, way, rng)
    return compress(reduced, way.codec, way.quality, way.subsampling)


def reduced_by(photo: NDArray[np.uint8], scale: int, reduction: Reduction) -> NDArray[np.uint8]:
    """Make a photo smaller as image tools do it, by Pillow.

    Args:
        photo: As for `degrade`.
        scale: As for `degrade`.
        reduction: By which filter.

    Returns:
        As `degrade`.
    """
    height, width = cropped_size((photo.shape[0], photo.shape[1]), scale)
    original = Image.fromarray(np.ascontiguousarray(photo[: height * scale, : width * scale]))
    return np.asarray(original.resize((width, height), _FILTERS[reduction]))


def degrade_in_blocks(
    photo: NDArray[np.uint8],
    scale: int,
    seed: tuple[int, ...],
    block_px: int = BLOCK_PX,
    sending: Sending = "web",
) -> NDArray[np.uint8]:
    """Degrade a photo block by block, each in a way of its own.

    So that of a few variants of a photo every crop still comes in ways that its neighbours do not
    share. A block is compressed together with a margin that is then cut off: no edge of an encoded
    picture is seen inside the photo.

    Args:
        photo: As for `degrade`.
        scale: As for `degrade`.
        seed: Names the photo and the variant; each block adds its place.
        block_px: Side of a block in the result.
        sending: As for `degrade`.

    Returns:
        As `degrade`.
    """
    height, width = cropped_size((photo.shape[0], photo.shape[1]), scale)
    result = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, block_px):
        for left in range(0, width, block_px):
            bottom, right = min(top + block_px, height), min(left + block_px, width)
            y, x = max(0, top - _MARGIN_PX), max(0, left - _MARGIN_PX)
            end_y, end_x = min(bottom + _MARGIN_PX, height), min(right + _MARGIN_PX, width)
            rng = np.random.default_rng((*seed, top, left))
            part = photo[scale * y : scale * end_y, scale * x : scale * end_x]
            made = degrade(part, scale, rng, sending)
            result[top:bottom, left:right] = made[top - y : bottom - y, left - x : right - x]
    return result


def _distorted(
    picture: NDArray[np.uint8], way: Degradation, rng: np.random.Generator
) -> NDArray[np.uint8]:
    values = picture.astype(np.float32)
    if way.sharpening:
        values += np.float32(way.sharpening) * (values - _mean3(values))
    if way.noise:
        values += np.float32(way.noise) * rng.standard_normal(values.shape, dtype=np.float32)
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


def compress(
    picture: NDArray[np.uint8], codec: Codec, quality: int, subsampling: Subsampling
) -> NDArray[np.uint8]:
    """Encode and decode again.

    Args:
        picture: (height, width, 3) sRGB, 0 to 255.
        codec: By what.
        quality: The encoder's own setting.
        subsampling: Of chroma; WebP's is always 4:2:0.

    Returns:
        The same shape.
    """
    options: dict[str, object] = {"quality": quality}
    if codec != "WEBP":
        options["subsampling"] = subsampling
    if codec == "AVIF":
        # One thread: with more, the encoder would cut the picture into tiles by their number.
        options |= {"speed": _AVIF_SPEED, "max_threads": 1}
    file = io.BytesIO()
    Image.fromarray(picture).save(file, codec, **options)
    with Image.open(file, formats=(codec,)) as image:
        return np.array(image.convert("RGB"))
