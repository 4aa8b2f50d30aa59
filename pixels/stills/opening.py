"""Open a picture file, of whatever kind its contents are, without decoding its pixels yet."""

from __future__ import annotations

import importlib
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import BinaryIO

from PIL import Image, PngImagePlugin
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from pixels.picture import UnfitError
from pixels.stills.png_chunks import without_texts
from pixels.stills.sniff import HEAD_BYTES, HEIC, PNG, RAW, FileKind, kind_of

# Only formats of photos: Pillow also reads stranger ones (for EPS it would start Ghostscript).
_READABLE = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "JPEG2000", "PPM", "QOI")
# CMYK profiles take 2 MB; Pillow's own limit is 1.
_MOST_PROFILE_BYTES = 1 << 26
_SUBFILE, _SUBIFDS, _DNG_VERSION = 254, 330, 50706
_REDUCED, _MASK = 1, 4
_MOST_PAGES = 10_000

_pillow_lock = threading.Lock()


@contextmanager
def opened(file: BinaryIO) -> Iterator[ImageFile]:
    """Open a picture; its header is read, its pixels are not.

    Args:
        file: The file. Its contents decide the format.

    Yields:
        Pillow's view of it. One thread at a time: Pillow's settings are global.

    Raises:
        UnfitError: It is of a kind that cannot be read.
        Exception: Pillow raises all kinds of errors on damaged files.
    """
    start = file.tell()
    kind = kind_of(file.read(HEAD_BYTES))
    file.seek(start)
    if kind is not None and not can_read(kind):
        raise UnfitError(f"is a {kind.name}; {kind.advice}")
    if kind is PNG:
        file = without_texts(file)
    formats = ("HEIF",) if kind is HEIC else _READABLE
    with _pillow_kept_quiet(), Image.open(file, formats=formats) as image:
        if _is_raw(image):
            raise UnfitError(f"is a {RAW.name}; {RAW.advice}")
        yield image


def can_read(kind: FileKind) -> bool:
    """Whether files of this kind can be read here: HEIC only where pillow-heif is installed."""
    return kind.readable or (kind is HEIC and _heic_is_read())


def page_count(image: ImageFile) -> int:
    """Count the pictures that an opened file shows: frames of an animation, pages of a TIFF.

    A TIFF's previews and masks do not count, and neither do the pictures that a camera adds to its
    JPEGs, which no viewer shows. Where further ones are damaged, only the first one counts.
    """
    try:
        return _pages(image)
    except Exception:  # Pillow raises all kinds of errors on damaged files
        return 1


def _pages(image: ImageFile) -> int:
    count = 1 if image.format in ("JPEG", "MPO") else int(getattr(image, "n_frames", 1))
    if not isinstance(image, TiffImageFile) or count == 1:
        return count
    pages = 0
    for number in range(min(count, _MOST_PAGES)):
        image.seek(number)
        pages += not int(image.tag_v2.get(_SUBFILE, 0)) & (_REDUCED | _MASK)
    image.seek(0)
    return max(1, pages)


@cache
def _heic_is_read() -> bool:
    """Whether pillow-heif is installed; Pillow then knows it."""
    try:
        importlib.import_module("pillow_heif").register_heif_opener(thumbnails=False)
    except ImportError:
        return False
    return True


def _is_raw(image: ImageFile) -> bool:
    """Whether a TIFF holds a camera's raw data behind a small preview."""
    if not isinstance(image, TiffImageFile):
        return False
    preview = int(image.tag_v2.get(_SUBFILE, 0)) & _REDUCED and _SUBIFDS in image.tag_v2
    return bool(preview) or _DNG_VERSION in image.tag_v2


@contextmanager
def _pillow_kept_quiet() -> Iterator[None]:
    """Turn off Pillow's warnings, and its own limits: ours replace them.

    These are global settings, so only one thread decodes at a time: use processes.
    """
    with _pillow_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        texts, PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_CHUNK, _MOST_PROFILE_BYTES
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = pixels, texts
