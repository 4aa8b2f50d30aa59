"""The still formats that we write, and what each can hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL.PngImagePlugin import PngInfo

from pixels.picture import ImageError

# Above this, libjpeg's optimised Huffman tables would keep all coefficients in memory (3 bytes per
# pixel and more) to save some 5 % of the file.
_OPTIMIZED_PIXELS = 1 << 25


@dataclass(frozen=True)
class Format:
    """One still format, as Pillow writes it."""

    name: str
    """Pillow's name."""
    keeps_alpha: bool
    """Whether it can hold transparency."""
    max_side_px: int
    """Longest side it can hold."""
    fixed: dict[str, Any]
    """Options that are always the same."""
    has_quality: bool = False
    """Whether it is lossy."""

    def options(self, size: tuple[int, int], quality: int) -> dict[str, Any]:
        """Give Pillow's options for a picture of (height, width)."""
        options = self.fixed | ({"quality": quality} if self.has_quality else {})
        if self.name == "JPEG":
            options["optimize"] = size[0] * size[1] <= _OPTIMIZED_PIXELS
        return options


def _srgb_chunk() -> PngInfo:
    chunks = PngInfo()
    chunks.add(b"sRGB", b"\0")
    return chunks


# Untagged means sRGB everywhere; only PNG can say so in a few bytes.
_PNG = Format("PNG", True, 2**31 - 1, {"pnginfo": _srgb_chunk()})
_JPEG = Format("JPEG", False, 65_500, {}, has_quality=True)
_WEBP = Format("WEBP", True, 16_383, {}, has_quality=True)
_AVIF = Format("AVIF", True, 32_768, {}, has_quality=True)
_TIFF = Format("TIFF", True, 2**31 - 1, {"compression": "tiff_deflate"})
_BMP = Format("BMP", False, 2**31 - 1, {})  # readers, Pillow too, take its alpha for padding
WRITABLE = {".png": _PNG, ".jpg": _JPEG, ".jpeg": _JPEG, ".webp": _WEBP, ".avif": _AVIF} | {
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".bmp": _BMP,
    ".apng": _PNG,
    ".jfif": _JPEG,
    ".jpe": _JPEG,
}
"""By suffix, in lower case."""


def target_format(path: Path, size: tuple[int, int], *, has_alpha: bool) -> Format:
    """Find the format for a still that is to be written.

    Raises:
        ImageError: The suffix is unknown, the format cannot hold the alpha or the (height, width),
            or the folder is missing.
    """
    target = WRITABLE.get(path.suffix.lower())
    if target is None:
        raise ImageError(f"{path}: unknown suffix '{path.suffix}'; use {' '.join(WRITABLE)}")
    if has_alpha and not target.keeps_alpha:
        keeping = " ".join(suffix for suffix, other in WRITABLE.items() if other.keeps_alpha)
        raise ImageError(f"{path}: {target.name} cannot keep transparency; use {keeping}")
    if max(size) > target.max_side_px:
        raise ImageError(
            f"{path}: {target.name} holds at most {target.max_side_px} pixels a side and the"
            f" picture is {size[1]} x {size[0]}; use .png .tif .tiff"
        )
    require_folder(path)
    return target


def require_folder(path: Path) -> None:
    """Raise `ImageError` where the folder that `path` is to lie in is missing."""
    if not path.parent.is_dir():
        raise ImageError(f"{path}: the folder {path.parent} does not exist; create it first")
