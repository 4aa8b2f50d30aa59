"""Read a photo to publish: upright sRGB pixels, EXIF, and its own file if browsers can show it."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.picture import ImageError
from pixels.quality.score import SMALLEST_PX
from pixels.sending.jpeg import without_metadata
from pixels.stills.exif import exif_to_keep, orientation_of
from pixels.stills.files import decode_picture
from pixels.stills.opening import opened, page_count

MOVING = ("GIF", "PNG", "WEBP", "AVIF")
"""Formats whose files with several frames are animations; those of others have pages."""


@dataclass(frozen=True, kw_only=True)
class PhotoSource:
    """One photo."""

    pixels: NDArray[np.uint8]
    """(height, width, 3) sRGB; (height, width, 4) with alpha if it is transparent."""
    exif: bytes
    """Its EXIF without the orientation; empty if it has none or it is not wanted."""
    original: bytes | None
    """Its own JPEG file without metadata, if browsers show it as exactly `pixels`."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def resized(self, size: tuple[int, int]) -> PhotoSource:
        """Return the photo in another (height, width); its own file is not that."""
        if size == self.size:
            return self
        return replace(self, pixels=_resized(self.pixels, size), original=None)


def read_source(
    content: bytes, name: str, *, max_side_px: int | None = None, keep_metadata: bool = False
) -> PhotoSource:
    """Decode a photo's file.

    Args:
        content: The whole file.
        name: Name for messages.
        max_side_px: Limit to the longer side; larger photos are reduced.
        keep_metadata: Whether its EXIF is wanted.

    Raises:
        ImageError: It is damaged, not a photo, an animation, or too small to be scored.
    """
    picture = decode_picture(content, name)
    with opened(io.BytesIO(content)) as image:
        if image.format in MOVING and page_count(image) > 1:
            raise ImageError(f"{name}: is an animation; publish it as a video instead")
        exif = exif_to_keep(image) if keep_metadata else b""
        plain = image.format in ("JPEG", "MPO") and image.mode in ("RGB", "L")
        plain &= orientation_of(image) == 1 and not image.info.get("icc_profile")
    pixels = picture.rgb if picture.alpha is None else picture.with_alpha()
    fitted = _fitted(pixels, max_side_px)
    if min(fitted.shape[:2]) < SMALLEST_PX:
        raise ImageError(f"{name}: is smaller than {SMALLEST_PX} pixels, too small to be scored")
    original = None
    if plain and fitted is pixels and not keep_metadata:
        original = without_metadata(content)
        if original and not np.array_equal(decode_picture(original, name).rgb, pixels):
            original = None
    return PhotoSource(pixels=fitted, exif=exif, original=original)


def _fitted(pixels: NDArray[np.uint8], max_side_px: int | None) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    longest = max(height, width)
    if max_side_px is None or longest <= max_side_px:
        return pixels
    fitting = [max(1, round(side * max_side_px / longest)) for side in (height, width)]
    return _resized(pixels, (fitting[0], fitting[1]))


def _resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    # Pillow weighs colours by alpha, so transparent pixels do not bleed into others.
    reduced = Image.fromarray(pixels).resize((size[1], size[0]), Image.Resampling.LANCZOS)
    return np.asarray(reduced)
