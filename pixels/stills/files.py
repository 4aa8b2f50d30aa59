"""Read and write still pictures."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from pixels.picture import ImageError, Picture, UnfitError, unless_opaque
from pixels.sending import codecs
from pixels.stills.decode import decode_frame
from pixels.stills.exif import exif_to_keep
from pixels.stills.formats import FormatError, target_format
from pixels.stills.opening import opened
from pixels.stills.png_rows import write_png_rows
from plumbing.disk import whole_file

__all__ = ["ImageError", "Picture", "decode_picture", "read_picture", "write_picture"]

# 16384 x 16384: more than the largest cameras and phones (200 megapixels, above Pillow's own limit
# of 179). Such a picture takes 0.8 GB, and up to 5 GB while it is decoded.
MAX_PIXELS = 1 << 28

_EXPECTED = "expected a photo as JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP, JPEG 2000, PPM or QOI"
# Larger PNGs are written row by row: slower, but never in memory as a whole.
_IN_ROWS_PIXELS = 1 << 25


def read_picture(path: Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a picture as a browser would show it; the first frame of an animation.

    The EXIF orientation is applied, colours are converted to sRGB from an embedded ICC profile (a
    broken one is ignored), deeper samples are scaled to 8 bits, and transparency becomes straight
    alpha.

    Args:
        path: The file. Its content decides the format, not its suffix.
        max_pixels: Larger pictures are refused before they are decoded.

    Returns:
        The picture, upright, in sRGB.

    Raises:
        ImageError: The file is missing, unreadable, not a picture, cut off, damaged or too large.
    """
    try:
        _require_file(path)
        # Given a name, Pillow would map some TIFFs into memory and turn them wrongly.
        with path.open("rb") as file:
            return _decoded(file, max_pixels)
    # Pillow's decoders raise all kinds of errors on damaged files: SyntaxError, struct.error, ...
    except Exception as error:
        raise ImageError(f"{path}: {reason_of(error)}") from error


def decode_picture(content: bytes, name: str, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode a picture file that is in memory; otherwise as `read_picture`.

    Args:
        content: The whole file.
        name: Its name in messages.
        max_pixels: As for `read_picture`.

    Raises:
        ImageError: As `read_picture`.
    """
    try:
        if not content:
            raise UnfitError(f"is empty (0 bytes); {_EXPECTED}")
        return _decoded(io.BytesIO(content), max_pixels)
    except Exception as error:
        raise ImageError(f"{name}: {reason_of(error)}") from error


def _decoded(file: BinaryIO, max_pixels: int) -> Picture:
    with opened(file) as image:
        _require_size(image, max_pixels)
        rgb, alpha = decode_frame(image)
        return Picture(rgb, unless_opaque(alpha))


def write_picture(path: Path, picture: Picture, *, quality: int = 90) -> None:
    """Save a picture, completely or not at all; the suffix decides the format.

    Args:
        path: The file to write: .png .jpg .jpeg .webp .avif .tif .tiff or .bmp, in any case.
        picture: The picture. It is upright sRGB, so neither EXIF nor a profile is written.
        quality: 1 to 100, for JPEG, WebP and AVIF; the other formats are lossless.

    Raises:
        ImageError: The suffix is unknown, the folder is missing or not writable, the disk is
            full, or the format cannot hold the picture's alpha or size. An existing file is then
            unchanged.
        ValueError: `quality` is not in 1 to 100.
    """
    alpha = unless_opaque(picture.alpha)
    opaque_or_not = [Picture(picture.rgb, alpha)]
    write_bands(path, picture.size, opaque_or_not, has_alpha=alpha is not None, quality=quality)


def write_bands(
    path: Path,
    size: tuple[int, int],
    bands: Iterable[Picture],
    *,
    has_alpha: bool,
    quality: int = 90,
    exif: bytes = b"",
) -> None:
    """Save a picture that is made band by band while it is written.

    A large PNG is never in memory as a whole; for other formats Pillow holds one copy, at 4 bytes
    per pixel. Otherwise as `write_picture`.

    Args:
        path: As for `write_picture`.
        size: (height, width) of the whole picture.
        bands: From top to bottom, each of the full width. Iterating starts only once the format is
            known to hold them.
        has_alpha: Whether a band may have alpha.
        quality: As for `write_picture`.
        exif: Metadata to carry along; none by default.

    Raises:
        ImageError: Also if the format cannot hold the metadata.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be from 1 to 100, got {quality}")
    target = target_format(path, size, has_alpha=has_alpha)
    if len(exif) > target.max_exif_bytes:
        raise FormatError(
            f"{path}: {target.name} holds at most {target.max_exif_bytes} bytes of metadata and the"
            f" photo has {len(exif)}; use .png .webp .avif .tif .tiff"
        )
    with writing(path) as file:
        if target.name == "PNG" and size[0] * size[1] > _IN_ROWS_PIXELS:
            rows = (band.with_alpha() if has_alpha else band.rgb for band in bands)
            write_png_rows(file, size, 4 if has_alpha else 3, rows, exif=exif)
            return
        image = Image.new("RGBA" if has_alpha else "RGB", (size[1], size[0]))
        top = 0
        for band in bands:
            pixels = band.with_alpha() if has_alpha else band.rgb
            image.paste(Image.fromarray(pixels), (0, top))
            top += len(pixels)
        # Given a descriptor, Pillow's JPEG encoder would not notice a full disk.
        without_descriptor: Any = SimpleNamespace(
            write=file.write, seek=file.seek, tell=file.tell, flush=file.flush
        )
        try:
            if target.codec is None:
                options = target.with_exif(exif) if exif else target.options
                image.save(without_descriptor, format=target.name, **options)
            else:
                settings = (target.codec, quality, codecs.SAVING)
                codecs.save(image, without_descriptor, *settings, exif=exif)
        except Exception as error:  # encoders raise all kinds of errors
            raise ImageError(f"{path}: cannot be written: {_encoder_reason(error)}") from error


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Open a picture file that is written completely or not at all; failures raise `ImageError`."""
    try:
        with whole_file(path) as temporary, temporary.open("wb") as file:
            yield file
    except OSError as error:
        raise ImageError(f"{path}: cannot be written: {_encoder_reason(error)}") from error


def _encoder_reason(error: Exception) -> str:
    return _system_reason(error) or f"the encoder failed ({error})"


def stored_as_grey(path: Path) -> bool:
    """Whether the file of a readable picture has a single channel: luma, no colour."""
    with path.open("rb") as file, opened(file) as image:
        return image.mode in ("1", "L") or image.mode.startswith(("I", "F"))


def read_exif(path: Path) -> bytes:
    """Read the EXIF of a readable picture, without what described that very file."""
    with path.open("rb") as file, opened(file) as image:
        return exif_to_keep(image)


def _require_file(path: Path) -> None:
    if not path.exists():
        raise UnfitError(f"does not exist; {_EXPECTED}")
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


def reason_of(error: Exception) -> str:
    """Explain why a file could not be read, without its name."""
    if isinstance(error, UnfitError):
        return str(error)
    if isinstance(error, UnidentifiedImageError):
        return f"is not a picture, or is damaged or of an unknown kind; {_EXPECTED}"
    if isinstance(error, MemoryError):
        return "does not fit into memory; make it smaller first"
    if reported := _system_reason(error):
        return f"cannot be read: {reported}; {_EXPECTED}"
    return f"is cut off or damaged ({' '.join(str(error).split())}); get a fresh copy of it"


def _system_reason(error: Exception) -> str:
    """Quote the operating system's message; empty for other errors."""
    return os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else ""
