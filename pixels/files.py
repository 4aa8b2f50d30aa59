"""Open and save any still picture: in memory it is always 8-bit sRGB with straight alpha."""

from __future__ import annotations

import io
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngInfo

from pixels.command import UserError
from pixels.decode import UnfitError, decode_frame
from pixels.disk import whole_file

# 16384 x 16384: above the largest cameras and phones (200 megapixels, which Pillow's own limit of
# 179 would turn down). Such a picture takes 0.8 GB, and up to 5 GB on the way there.
MAX_PIXELS = 1 << 28

# Only what photos come in: Pillow knows stranger formats (for EPS it would start Ghostscript).
_READABLE = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "JPEG2000", "PPM", "QOI")
_EXPECTED = "expected a photo as JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP, JPEG 2000, PPM or QOI"
# fmt: off
_PICTURE_SUFFIXES = frozenset((
    ".avif", ".bmp", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo",
    ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tif", ".tiff", ".webp",
))
# fmt: on

_pillow_lock = threading.Lock()


class ImageError(UserError):
    """A picture that cannot be read or written, told in one plain sentence."""


@dataclass(frozen=True)
class _Format:
    name: str
    keeps_alpha: bool
    max_side_px: int
    options: dict[str, Any]
    has_quality: bool = False


def _srgb_chunk() -> PngInfo:
    chunks = PngInfo()
    chunks.add(b"sRGB", b"\0")
    return chunks


# Untagged means sRGB everywhere; only PNG can say so in a few bytes.
_PNG = _Format("PNG", True, 2**31 - 1, {"pnginfo": _srgb_chunk()})
_JPEG = _Format("JPEG", False, 65_500, {"optimize": True}, has_quality=True)
_WEBP = _Format("WEBP", True, 16_383, {}, has_quality=True)
_AVIF = _Format("AVIF", True, 32_768, {}, has_quality=True)
_TIFF = _Format("TIFF", True, 2**31 - 1, {"compression": "tiff_deflate"})
_BMP = _Format("BMP", False, 2**31 - 1, {})  # readers, Pillow too, take its alpha for padding
_WRITABLE = {".png": _PNG, ".jpg": _JPEG, ".jpeg": _JPEG, ".webp": _WEBP, ".avif": _AVIF} | {
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".bmp": _BMP,
}


@dataclass(frozen=True, eq=False)
class Picture:
    """One still picture.

    Raises:
        ValueError: An array has another shape or type than stated here, or no pixels.
    """

    rgb: NDArray[np.uint8]
    """(height, width, 3), sRGB."""
    alpha: NDArray[np.uint8] | None = None
    """(height, width), straight; None when the picture is opaque everywhere."""

    def __post_init__(self) -> None:
        rgb, alpha = self.rgb, self.alpha
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
            raise ValueError(f"rgb must be uint8 (height, width, 3), got {rgb.dtype} {rgb.shape}")
        if alpha is not None and (alpha.dtype != np.uint8 or alpha.shape != rgb.shape[:2]):
            raise ValueError(
                f"alpha must be uint8 {rgb.shape[:2]}, got {alpha.dtype} {alpha.shape}"
            )

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]


def read_picture(path: Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Open a picture as a browser would show it; of an animation, the first frame.

    The EXIF turn is applied, an embedded ICC profile is converted to sRGB (a broken one is
    ignored), deeper samples are brought to 8 bits, and transparency becomes straight alpha.

    Args:
        path: The file. Its contents decide the format, not its suffix.
        max_pixels: Larger pictures are turned down before their pixels are decoded.

    Returns:
        The picture, upright, in sRGB.

    Raises:
        ImageError: The file is missing, unreadable, no picture, cut off, damaged or too large.
    """
    try:
        _require_file(path)
        # Not by name: then Pillow would map some TIFFs into memory and turn those wrongly.
        with (
            _pillow_kept_quiet(),
            path.open("rb") as file,
            Image.open(file, formats=_READABLE) as image,
        ):
            _require_size(image, max_pixels)
            rgb, alpha = decode_frame(image)
            return Picture(rgb, _unless_opaque(alpha))
    # Pillow's decoders raise nearly anything on damaged files: SyntaxError, struct.error, ...
    except Exception as error:
        raise ImageError(f"{path}: {_reason(error)}") from error


def write_picture(path: Path, picture: Picture, *, quality: int = 90) -> None:
    """Save a picture, whole or not at all; the suffix decides the format.

    Args:
        path: Where to: .png .jpg .jpeg .webp .avif .tif .tiff or .bmp, in any case.
        picture: What to save. It is upright and sRGB: no EXIF turn and no profile is written.
        quality: 1 to 100, for JPEG, WebP and AVIF; the other formats lose nothing.

    Raises:
        ImageError: The suffix is unknown, the folder is missing or not writable, the disk is
            full, or the format cannot hold the picture's alpha or size. An older file of that
            name is then unchanged.
        ValueError: `quality` is not in 1 to 100.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be from 1 to 100, got {quality}")
    alpha = _unless_opaque(picture.alpha)
    target = _target(path, picture.size, has_alpha=alpha is not None)
    options = target.options | ({"quality": quality} if target.has_quality else {})
    image = Image.fromarray(picture.rgb)
    if alpha is not None:
        image.putalpha(Image.fromarray(alpha))
    # By way of memory: Pillow's JPEG encoder does not notice that a disk is full.
    encoded = io.BytesIO()
    try:
        image.save(encoded, format=target.name, **options)
        with whole_file(path) as temporary:
            temporary.write_bytes(encoded.getbuffer())
    except Exception as error:
        reason = _system_reason(error) or f"the encoder failed ({error})"
        raise ImageError(f"{path}: cannot be written: {reason}") from error


def list_pictures(folder: Path) -> list[Path]:
    """Find the pictures in a folder and in the folders below it.

    Args:
        folder: Where to look. Names that begin with a dot are skipped.

    Returns:
        The files whose suffix is that of a photo format, in a fixed order; never empty.

    Raises:
        ImageError: The folder is missing, is not a folder, or holds no pictures.
    """
    try:
        if not folder.is_dir():
            wrong = "is not a folder" if folder.exists() else "there is no such folder"
            raise ImageError(f"{folder}: {wrong}; expected a folder of photos")
        next(folder.iterdir(), None)  # rglob would call a locked folder empty
        pictures = sorted(
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in _PICTURE_SUFFIXES
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
            and path.is_file()
        )
    except OSError as error:
        raise ImageError(f"{folder}: cannot be listed: {_system_reason(error)}") from error
    if not pictures:
        suffixes = " ".join(sorted(_PICTURE_SUFFIXES))
        raise ImageError(f"{folder}: holds no pictures; expected files ending in {suffixes}")
    return pictures


def stored_as_grey(path: Path) -> bool:
    """Tell whether a readable picture has a single channel in its file: luma, and no colour."""
    with _pillow_kept_quiet(), Image.open(path, formats=_READABLE) as image:
        return image.mode in ("1", "L") or image.mode.startswith(("I", "F"))


def _target(path: Path, size: tuple[int, int], *, has_alpha: bool) -> _Format:
    target = _WRITABLE.get(path.suffix.lower())
    if target is None:
        raise ImageError(f"{path}: unknown suffix '{path.suffix}'; use {' '.join(_WRITABLE)}")
    if has_alpha and not target.keeps_alpha:
        keeping = " ".join(suffix for suffix, other in _WRITABLE.items() if other.keeps_alpha)
        raise ImageError(f"{path}: {target.name} cannot keep transparency; use {keeping}")
    if max(size) > target.max_side_px:
        raise ImageError(
            f"{path}: {target.name} holds at most {target.max_side_px} pixels a side and the"
            f" picture is {size[1]} x {size[0]}; use .png .tif .tiff"
        )
    if not path.parent.is_dir():
        raise ImageError(f"{path}: the folder {path.parent} does not exist; create it first")
    return target


@contextmanager
def _pillow_kept_quiet() -> Iterator[None]:
    """Silence Pillow's warnings and its own size limit: `max_pixels` rules here.

    Both are settings of the whole process, so one thread decodes at a time: use processes.
    """
    with _pillow_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _require_file(path: Path) -> None:
    if not path.exists():
        raise UnfitError(f"there is no such file; {_EXPECTED}")
    if not path.is_file():  # opening a named pipe would wait for ever
        raise UnfitError(f"is not a file; {_EXPECTED}")
    if path.stat().st_size == 0:
        raise UnfitError(f"is empty (0 bytes); {_EXPECTED}")


def _require_size(image: ImageFile, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise UnfitError(
            f"has {image.width} x {image.height} pixels, more than the"
            f" {max_pixels / 1e6:.0f} megapixels allowed; make it smaller first"
        )


def _reason(error: Exception) -> str:
    if isinstance(error, UnfitError):
        return str(error)
    if isinstance(error, UnidentifiedImageError):
        return f"is no picture, or is damaged or of an unknown kind; {_EXPECTED}"
    if isinstance(error, MemoryError):
        return "does not fit in memory; make it smaller first"
    if reported := _system_reason(error):
        return f"cannot be read: {reported}; {_EXPECTED}"
    return f"is cut off or damaged ({' '.join(str(error).split())}); get a fresh copy of it"


def _system_reason(error: Exception) -> str:
    """Say what the operating system reported; nothing where it was not asked."""
    return os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else ""


def _unless_opaque(alpha: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
    return None if alpha is None or alpha.min() == 255 else alpha
