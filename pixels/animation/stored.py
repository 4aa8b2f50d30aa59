"""An animated file taken apart, its pixels not decoded yet."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from PIL import ExifTags, Image

from pixels.animation.frames import Disposal


@dataclass(frozen=True, kw_only=True)
class StoredPiece:
    """One rectangle of an animation, still packed."""

    area: tuple[int, int, int, int]
    """Top, left, height, width, in pixels of the canvas."""
    seconds: Fraction
    """How long it is shown."""
    disposal: Disposal
    """What happens to it then."""
    over: bool
    """Whether what is below shows through its transparent parts."""
    file: bytes
    """A still file of its own."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A whole animation."""

    format: str
    """Pillow's name for the format of the pieces."""
    size: tuple[int, int]
    """(height, width) of the canvas."""
    plays: int
    """0 means for ever."""
    orientation: int
    """EXIF's: how the canvas is to be turned."""
    pieces: list[StoredPiece]
    """At least one."""


def exif_orientation(exif: bytes) -> int:
    """Read the orientation from an EXIF block; 1 where there is none or it is damaged."""
    block = Image.Exif()
    try:
        block.load(exif)
        return int(block.get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow raises nearly anything on damaged EXIF
        return 1
