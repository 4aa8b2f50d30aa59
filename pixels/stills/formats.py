"""The still formats that we write, and what each of them can hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL.PngImagePlugin import PngInfo

from pixels.picture import ImageError
from pixels.sending.codecs import MOST_SIDE_PX, Codec


class FormatError(ImageError):
    """A format cannot hold a picture; others can."""


@dataclass(frozen=True)
class StillFormat:
    """One still format, as Pillow writes it."""

    name: str
    """Pillow's name."""
    keeps_alpha: bool
    """Whether it can hold transparency."""
    max_side_px: int
    """Longest side it can hold."""
    max_exif_bytes: int
    """Most EXIF it can hold."""
    options: dict[str, Any] = field(default_factory=dict)
    """Pillow's options, for a lossless format."""
    codec: Codec | None = None
    """Its codec, for a lossy format; `pixels.sending.codecs` knows the options."""

    def with_exif(self, exif: bytes) -> dict[str, Any]:
        """Give Pillow's options for a file with metadata."""
        # Pillow fails where libtiff, which compresses, has to write the directory of EXIF.
        options = {} if self.name == "TIFF" else self.options
        return {**options, "exif": exif}


def _srgb_chunk() -> PngInfo:
    chunks = PngInfo()
    chunks.add(b"sRGB", b"\0")
    return chunks


# Untagged files are sRGB everywhere; only PNG can be tagged in a few bytes.
_PNG = StillFormat("PNG", True, 2**31 - 1, 2**31 - 1, {"pnginfo": _srgb_chunk()})
_JPEG = StillFormat("JPEG", False, MOST_SIDE_PX["JPEG"], 65_533, codec="JPEG")
_WEBP = StillFormat("WEBP", True, MOST_SIDE_PX["WEBP"], 2**31 - 1, codec="WEBP")
_AVIF = StillFormat("AVIF", True, MOST_SIDE_PX["AVIF"], 2**31 - 1, codec="AVIF")
_TIFF = StillFormat("TIFF", True, 2**31 - 1, 2**31 - 1, {"compression": "tiff_deflate"})
_BMP = StillFormat("BMP", False, 2**31 - 1, 0)  # readers, Pillow too, take its alpha for padding
WRITABLE = {
    ".png": _PNG,
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": _WEBP,
    ".avif": _AVIF,
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".bmp": _BMP,
    ".apng": _PNG,
    ".jfif": _JPEG,
    ".jpe": _JPEG,
}
"""By suffix, in lower case."""


def target_format(path: Path, size: tuple[int, int], *, has_alpha: bool) -> StillFormat:
    """Choose the format of a still by its suffix.

    Raises:
        FormatError: The format cannot hold the alpha or the (height, width).
        ImageError: The suffix is unknown, or the folder is missing.
    """
    target = WRITABLE.get(path.suffix.lower())
    if target is None:
        raise ImageError(f"{path}: unknown suffix '{path.suffix}'; use {' '.join(WRITABLE)}")
    if has_alpha and not target.keeps_alpha:
        keeping = " ".join(suffix for suffix, other in WRITABLE.items() if other.keeps_alpha)
        raise FormatError(f"{path}: {target.name} cannot keep transparency; use {keeping}")
    if max(size) > target.max_side_px:
        raise FormatError(
            f"{path}: {target.name} holds at most {target.max_side_px} pixels a side and the"
            f" picture is {size[1]} x {size[0]}; use .png .tif .tiff"
        )
    require_folder(path)
    return target


def require_folder(path: Path) -> None:
    """Raise `ImageError` if the folder of `path` is missing."""
    if not path.parent.is_dir():
        raise ImageError(f"{path}: the folder {path.parent} does not exist; create it first")
