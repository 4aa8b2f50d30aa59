"""An animated file split into pieces that are not decoded yet."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from PIL import ExifTags, Image

from pixels.animation.frames import Disposal


@dataclass(frozen=True, kw_only=True)
class StoredPiece:
    """One rectangle of an animation, still compressed."""

    area: tuple[int, int, int, int]
    """Top, left, height, width, in pixels of the canvas."""
    seconds: Fraction
    """Its duration."""
    disposal: Disposal
    """What happens to it afterwards."""
    over: bool
    """Whether the canvas shows through its transparent parts."""
    file: bytes
    """The piece as a still file."""


@dataclass(frozen=True, kw_only=True)
class StoredFrames:
    """The frames of an animated file, not decoded yet."""

    size: tuple[int, int]
    """(height, width) of the canvas."""
    plays: int
    """Number of repetitions; 0 means for ever."""
    orientation: int
    """EXIF orientation of the canvas, 1 to 8."""
    pieces: list[StoredPiece]
    """At least one."""


def exif_orientation(exif: bytes) -> int:
    """Read the orientation from an EXIF block; 1 if it is missing or damaged."""
    block = Image.Exif()
    try:
        block.load(exif)
        return int(block.get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow raises nearly anything on damaged EXIF
        return 1
