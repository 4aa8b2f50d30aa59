"""What happens to a photo on its way to a reader: reduced, encoded, and decoded by a browser.

The only place that decides how lossy files are encoded and which metadata they carry: training,
evaluation, the bandwidth study, publishing and the pictures that `teacher.upscale` saves call it.
Everything is deterministic: the same pixels and settings give the same bytes. (Only `SAVING` lets
the AVIF encoder use all cores, on whose number its bytes depend.)
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pixels.resize import resize
from pixels.scale import HALF
from pixels.sending.jpeg import encode_jpegli

Codec = Literal["JPEG", "WEBP", "AVIF"]
CODECS: tuple[Codec, ...] = ("JPEG", "WEBP", "AVIF")
SUFFIXES: dict[Codec, str] = {"JPEG": ".jpg", "WEBP": ".webp", "AVIF": ".avif"}

MOST_SIDE_PX: dict[Codec, int] = {"JPEG": 65_500, "WEBP": 16_383, "AVIF": 32_768}
"""The longest side that a file of each codec can have and browsers decode."""
_MOST_JPEG_EXIF_BYTES = 65_533  # one segment

Subsampling = Literal["4:2:0", "4:4:4"]
"""Resolution of chroma: half the luma's on each axis, or all of it. WebP only knows 4:2:0."""

Reduction = Literal["area", "bicubic", "lanczos", "sharp"]
"""Filters that make a photo smaller, all antialiased. `bicubic` is MATLAB's, as clean students are
trained on; `sharp` is Lanczos followed by mild sharpening."""
REDUCTIONS: tuple[Reduction, ...] = ("area", "bicubic", "lanczos", "sharp")

AnyReduction = Reduction | Literal["pillow-bicubic"]
"""Also the bicubic of Pillow, which most sites' tools resemble: training reduces with it."""

_PILLOW_FILTERS: dict[AnyReduction, Image.Resampling] = {
    "area": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
    "sharp": Image.Resampling.LANCZOS,
    "pillow-bicubic": Image.Resampling.BICUBIC,
}
# Unsharp mask: a radius of one pixel, a quarter of the difference, whatever its size.
_SHARPENING = ImageFilter.UnsharpMask(radius=1.0, percent=25, threshold=0)


@dataclass(frozen=True, kw_only=True)
class EncoderSettings:
    """How hard the encoders try; the quality setting comes on top."""

    jpegli: bool
    """Whether a JPEG is made by jpegli and stored by MozJPEG, or else by libjpeg-turbo."""
    jpeg_optimised_pixels: int
    """JPEGs of at most this many pixels get optimised Huffman tables from libjpeg-turbo: some 5 %
    smaller, the same pixels, but it keeps all coefficients in memory, 3 bytes per pixel and more.
    """
    webp_method: int
    """0 (fastest) to 6. The method changes the pixels too."""
    avif_speed: int
    """0 (slowest) to 10. The speed changes the pixels too."""
    avif_threads: int | None
    """Threads of the AVIF encoder, which cuts the picture into tiles by their number; None for one
    per core."""


Effort = Literal["fast", "normal", "best"]
"""How long encoders may take over the files of a site."""

_FAST = EncoderSettings(
    jpegli=True, jpeg_optimised_pixels=0, webp_method=4, avif_speed=6, avif_threads=1
)
EFFORTS: dict[Effort, EncoderSettings] = {
    "fast": _FAST,
    "normal": replace(_FAST, webp_method=6, avif_speed=4),
    "best": replace(_FAST, webp_method=6, avif_speed=3),
}
"""Files that a site serves, by how hard encoders try: figures in docs/experiments/encoders.md."""

PUBLISHING = EFFORTS["normal"]
"""Files that a site serves: it encodes once and sends often."""

TRAINING = EncoderSettings(
    # The file is decoded at once and dropped: only what changes pixels matters.
    jpegli=False,
    jpeg_optimised_pixels=0,
    webp_method=4,  # the encoder's default, which most sites use
    avif_speed=8,  # what image servers use; slower speeds take up to ten times as long
    avif_threads=1,
)
"""Files of others' sites, imitated for training and evaluation."""

SAVING = EncoderSettings(
    jpegli=False,
    jpeg_optimised_pixels=1 << 25,  # larger ones would take too much memory for 5 %
    webp_method=4,
    avif_speed=6,
    avif_threads=None,
)
"""Enlarged pictures that a user saves: large ones, so little memory and all cores."""


def encode(
    picture: NDArray[np.uint8],
    codec: Codec,
    quality: int,
    settings: EncoderSettings = PUBLISHING,
    *,
    subsampling: Subsampling = "4:2:0",
    exif: bytes = b"",
) -> bytes:
    """Compress a picture to the bytes of a file.

    Args:
        picture: (height, width, 3) sRGB, 0 to 255; WebP and AVIF take alpha as a fourth channel.
        codec: The format.
        quality: The encoder's own setting, 1 to 100. Scales differ between codecs.
        settings: How hard the encoder tries.
        subsampling: Of chroma; ignored by WebP.
        exif: Metadata to carry along; none by default.

    Raises:
        ValueError: The quality is out of range, or the picture has alpha and JPEG cannot hold it.
    """
    file = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(picture))
    save(image, file, codec, quality, settings, subsampling=subsampling, exif=exif)
    return file.getvalue()


def save(
    image: Image.Image,
    file: IO[bytes],
    codec: Codec,
    quality: int,
    settings: EncoderSettings,
    *,
    subsampling: Subsampling = "4:2:0",
    exif: bytes = b"",
) -> None:
    """Compress a Pillow image, RGB or RGBA, into an open file; otherwise as `encode`."""
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be from 1 to 100, got {quality}")
    options: dict[str, object] = {"quality": quality}
    if codec == "JPEG":
        if image.mode == "RGBA":
            raise ValueError("JPEG cannot hold transparency")
        if settings.jpegli and subsampling == "4:2:0":
            file.write(encode_jpegli(image, quality, exif))
            return
        optimise = image.width * image.height <= settings.jpeg_optimised_pixels
        options |= {"optimize": optimise, "subsampling": subsampling}
    elif codec == "WEBP":
        options |= {"method": settings.webp_method}
    else:
        options |= {"speed": settings.avif_speed, "subsampling": subsampling}
        if settings.avif_threads is not None:
            options |= {"max_threads": settings.avif_threads}
    if exif:
        options["exif"] = exif
    image.save(file, codec, **options)


# AVIF's encoder has 64 steps for its 100 settings: these have the files of the ones below them.
_AVIF_TWINS = frozenset((2, 4, *range(5, 35, 2), 36, 38, 41, 43, 46, 48, 51, *range(53, 98, 4)))


def distinct_settings(codec: Codec) -> tuple[int, ...]:
    """List the quality settings whose files differ, rising."""
    twins = _AVIF_TWINS if codec == "AVIF" else frozenset()
    return tuple(quality for quality in range(1, 101) if quality not in twins)


def obstacle(
    codec: Codec, size: tuple[int, int], *, transparent: bool = False, exif: bytes = b""
) -> str:
    """Say why no file of a codec can hold a picture; empty if one can.

    Args:
        codec: The format.
        size: (height, width) of the picture.
        transparent: Whether it has alpha.
        exif: Metadata to carry along.
    """
    most = MOST_SIDE_PX[codec]
    if max(size) > most:
        return f"{codec} holds at most {most} pixels a side, the photo is {size[1]} x {size[0]}"
    if codec == "JPEG" and transparent:
        return "JPEG cannot hold transparency"
    if codec == "JPEG" and len(exif) > _MOST_JPEG_EXIF_BYTES:
        return (
            f"JPEG holds at most {_MOST_JPEG_EXIF_BYTES} bytes of EXIF, the photo has {len(exif)}"
        )
    return ""


def decode(content: bytes) -> NDArray[np.uint8]:
    """Decode a file of `encode` as a browser does: smooth chroma, 8-bit sRGB.

    Chromium and Pillow use the same libraries with the same settings: libjpeg-turbo with its
    accurate inverse DCT and "fancy" upsampling, libwebp with its own, libavif.

    Returns:
        (height, width, 3), 0 to 255; alpha is dropped.
    """
    return _decoded(content, "RGB")


def decode_with_alpha(content: bytes) -> NDArray[np.uint8]:
    """Decode a file of `encode` as `decode` does, alpha included: (height, width, 4)."""
    return _decoded(content, "RGBA")


def round_trip(
    picture: NDArray[np.uint8],
    codec: Codec,
    quality: int,
    settings: EncoderSettings,
    *,
    subsampling: Subsampling = "4:2:0",
) -> NDArray[np.uint8]:
    """Encode and decode again: what a codec leaves of a picture, (height, width, 3)."""
    return decode(encode(picture, codec, quality, settings, subsampling=subsampling))


def padded_size(size: tuple[int, int], scale: Fraction = HALF) -> tuple[int, int]:
    """Give the (height, width) of a photo padded to multiples of `up` and then reduced.

    Sides round up, so nothing is cut off; `pixels.resize.cropped_size` rounds down.
    """
    up, down = scale.numerator, scale.denominator
    return -(-size[0] // up) * down, -(-size[1] // up) * down


def padded_to_multiple(photo: NDArray[np.uint8], scale: Fraction) -> NDArray[np.uint8]:
    """Repeat the last row and column of (height, width, channels) to multiples of `up`."""
    up = scale.numerator
    over = ((0, -photo.shape[0] % up), (0, -photo.shape[1] % up), (0, 0))
    return np.pad(photo, over, mode="edge")


def reduce(
    photo: NDArray[np.uint8], reduction: AnyReduction = "bicubic", scale: Fraction = HALF
) -> NDArray[np.uint8]:
    """Make a photo smaller by exactly `scale`.

    Where `up` does not divide a side, its last row or column is repeated first. Enlarged by
    `scale`, the result then matches the original pixel by pixel and is cut to its size.

    Args:
        photo: (height, width, channels), 0 to 255.
        reduction: The filter.
        scale: How many times smaller, `up/down`.

    Returns:
        A picture of `padded_size`: its sides are multiples of `down`.
    """
    height, width = padded_size((photo.shape[0], photo.shape[1]), scale)
    photo = padded_to_multiple(photo, scale)
    if reduction == "bicubic":
        return resize(photo, (height, width))
    image = Image.fromarray(photo).resize((width, height), _PILLOW_FILTERS[reduction])
    return np.asarray(image.filter(_SHARPENING) if reduction == "sharp" else image)


def enlarged_to(enlarged: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Cut an enlarged picture to the original's (height, width): fewer than `up` rows, columns.

    Raises:
        ValueError: It is smaller than the original.
    """
    if enlarged.shape[0] < size[0] or enlarged.shape[1] < size[1]:
        raise ValueError(f"{enlarged.shape[:2]} does not cover {size}")
    return enlarged[: size[0], : size[1]]


def _decoded(content: bytes, mode: Literal["RGB", "RGBA"]) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content), formats=CODECS) as image:
        return np.array(image.convert(mode))
