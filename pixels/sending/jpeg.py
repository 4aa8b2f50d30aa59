"""JPEG files as small as encoders make them today: by jpegli, stored as MozJPEG finds smallest.

jpegli chooses coefficients well but stores them in one scan; MozJPEG stores the same coefficients,
and so the same pixels, from coarse to fine in whichever scans take the fewest bytes.
"""

from __future__ import annotations

from importlib.metadata import version

import mozjpeg_lossless_optimization
import pyjpegli
from PIL import Image

_EXIF = b"Exif\x00\x00"
# JPEG segments to keep without metadata: JFIF's and Adobe's say how colours are stored.
_COLOUR_SEGMENTS = frozenset((0xE0, 0xEE))


def encoder_versions() -> tuple[str, ...]:
    """Return the versions on which the bytes of `encode_jpegli` depend."""
    return version("pyjpegli"), version("mozjpeg-lossless-optimization")


def encode_jpegli(image: Image.Image, quality: int, exif: bytes = b"") -> bytes:
    """Compress an RGB image to a progressive JPEG file with half the chroma on each axis.

    Args:
        image: The picture.
        quality: jpegli's setting, 1 to 100.
        exif: Metadata to carry along; none by default.
    """
    baseline = pyjpegli.encode(image.tobytes(), image.width, image.height, quality)
    jpeg = mozjpeg_lossless_optimization.optimize(baseline)
    return with_exif(jpeg, exif) if exif else jpeg


def with_exif(jpeg: bytes, exif: bytes) -> bytes:
    """Return a JPEG file that carries EXIF as well."""
    segment = exif if exif.startswith(_EXIF) else _EXIF + exif
    length = (len(segment) + 2).to_bytes(2, "big")
    at = 2  # after the mark of the start, and after JFIF's segment, which comes first
    if jpeg[at : at + 2] == b"\xff\xe0":
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return b"".join([jpeg[:at], b"\xff\xe1", length, segment, jpeg[at:]])


def without_metadata(jpeg: bytes) -> bytes | None:
    """Remove EXIF, XMP, comments and the like from a JPEG file; its pixels stay as they are.

    Data after the end of the picture, such as a phone's film of the moment before, goes as well.

    Returns:
        The file, or None if its structure is unknown.
    """
    if jpeg[:2] != b"\xff\xd8":
        return None
    kept, at = [jpeg[:2]], 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == 0xDA:  # the picture itself follows, which marks its own end
            end = jpeg.find(b"\xff\xd9", at)
            return b"".join([*kept, jpeg[at : end + 2]]) if end > at else None
        if (not 0xE0 <= marker <= 0xEF and marker != 0xFE) or marker in _COLOUR_SEGMENTS:
            kept.append(jpeg[at : at + 2 + length])
        at += 2 + length
    return None
