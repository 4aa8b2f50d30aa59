"""A photo as a site sends it: made half as large or not, compressed, and decoded again.

Everything is deterministic: the same pixels and settings give the same bytes.
"""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pixels.resize import resize
from pixels.sending.degrade import Codec

__all__ = ["AVIF_SPEED", "CODECS", "REDUCTIONS", "SUFFIXES", "Codec", "Reduction"]
__all__ += ["decode", "encode", "enlarged_to", "padded_size", "reduce"]

Reduction = Literal["area", "bicubic", "lanczos", "sharp"]
"""How a photo is made smaller: each is antialiased; `sharp` is Lanczos, then mild sharpening."""

CODECS: tuple[Codec, ...] = ("JPEG", "WEBP", "AVIF")
REDUCTIONS: tuple[Reduction, ...] = ("area", "bicubic", "lanczos", "sharp")
SUFFIXES: dict[Codec, str] = {"JPEG": ".jpg", "WEBP": ".webp", "AVIF": ".avif"}

AVIF_SPEED = 6
"""Of 0 (slowest) to 10: libavif's own default; 8 makes files 3 % larger in half the time."""
_WEBP_METHOD = 6  # the slowest: a site encodes once; 4, the default, makes files 8 % larger
# Unsharp mask: a radius of one pixel, a quarter of the difference, whatever its size.
_SHARPENING_RADIUS_PX = 1.0
_SHARPENING_SHARE = 0.25


def encode(
    picture: NDArray[np.uint8],
    codec: Codec,
    quality: int,
    *,
    avif_speed: int = AVIF_SPEED,
    exif: bytes = b"",
) -> bytes:
    """Compress a picture, chroma at half size (4:2:0) in every codec.

    Args:
        picture: (height, width, 3) sRGB, 0 to 255; WebP and AVIF take a fourth channel, alpha.
        codec: JPEG is progressive with optimised Huffman tables.
        quality: The encoder's own setting, 1 to 100. Scales differ between codecs.
        avif_speed: Effort of the AVIF encoder, 0 to 10.
        exif: Metadata to carry along; none by default.

    Returns:
        The whole file.

    Raises:
        ValueError: The quality is out of range, or JPEG is asked to hold alpha.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be from 1 to 100, got {quality}")
    if codec == "JPEG" and picture.shape[2] != 3:
        raise ValueError("JPEG cannot hold transparency")
    options: dict[str, object] = {"quality": quality}
    if codec == "JPEG":
        options |= {"subsampling": "4:2:0", "progressive": True, "optimize": True}
    elif codec == "WEBP":
        options |= {"method": _WEBP_METHOD}
    else:
        # One thread: with more, the encoder would cut the picture into tiles by their number.
        options |= {"subsampling": "4:2:0", "speed": avif_speed, "max_threads": 1}
    if exif:
        options["exif"] = exif
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, codec, **options)
    return file.getvalue()


def decode(content: bytes) -> NDArray[np.uint8]:
    """Decode a file of `encode` as a browser does: smooth chroma, 8-bit sRGB.

    Chromium and Pillow use the same libraries with the same settings: libjpeg-turbo with its
    accurate inverse DCT and "fancy" upsampling, libwebp with its own, libavif.

    Returns:
        (height, width, 3), 0 to 255; alpha is left out.
    """
    with Image.open(io.BytesIO(content), formats=CODECS) as image:
        return np.array(image.convert("RGB"))


def padded_size(size: tuple[int, int], scale: int = 2) -> tuple[int, int]:
    """Give the (height, width) of a reduced photo: nothing is cut off, so sides round up."""
    return -(-size[0] // scale), -(-size[1] // scale)


def reduce(
    photo: NDArray[np.uint8], reduction: Reduction = "bicubic", scale: int = 2
) -> NDArray[np.uint8]:
    """Make a photo smaller by exactly `scale`.

    Where `scale` does not divide a side, its last row or column is repeated first: enlarged by
    `scale`, the result lies pixel upon pixel on the original, and is cut to its size.

    Args:
        photo: (height, width, channels), 0 to 255.
        reduction: The filter. `bicubic` is MATLAB's, on which clean students are trained.
        scale: How many times smaller.

    Returns:
        `padded_size` of it.
    """
    height, width = padded_size((photo.shape[0], photo.shape[1]), scale)
    over = ((0, height * scale - photo.shape[0]), (0, width * scale - photo.shape[1]), (0, 0))
    photo = np.pad(photo, over, mode="edge")
    if reduction == "bicubic":
        return resize(photo, (height, width))
    filter_ = Image.Resampling.BOX if reduction == "area" else Image.Resampling.LANCZOS
    reduced = Image.fromarray(photo).resize((width, height), filter_)
    return _sharpened(reduced) if reduction == "sharp" else np.asarray(reduced)


def enlarged_to(enlarged: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Cut an enlarged picture to the original's (height, width): at most scale - 1 rows, columns.

    Raises:
        ValueError: It is smaller than the original.
    """
    if enlarged.shape[0] < size[0] or enlarged.shape[1] < size[1]:
        raise ValueError(f"{enlarged.shape[:2]} does not cover {size}")
    return enlarged[: size[0], : size[1]]


def _sharpened(image: Image.Image) -> NDArray[np.uint8]:
    mask = ImageFilter.UnsharpMask(
        radius=_SHARPENING_RADIUS_PX, percent=round(100 * _SHARPENING_SHARE), threshold=0
    )
    return np.asarray(image.filter(mask))
