"""Real picture files, written while tests run."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.stills.files import read_picture
from pixels.stills.listing import look_through

ALPHA_SUFFIXES = [".png", ".webp", ".avif", ".tif", ".tiff"]
ALL_SUFFIXES = [*ALPHA_SUFFIXES, ".jpg", ".jpeg", ".bmp"]
EXIF_NAMES = ["a.png", "a.jpg", "a.webp", "a.avif", "a.tif"]
LOSSLESS_SUFFIXES = [".png", ".tif", ".tiff", ".bmp"]


def smooth(height: int = 24, width: int = 40) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 6, y * 10, 255 - x * 3 - y * 5], axis=-1).clip(0, 255).astype(np.uint8)


def one_pixel(path: Path) -> list[int]:
    """The colour of a picture of one colour."""
    picture = read_picture(path)
    assert picture.alpha is None
    assert (picture.rgb == picture.rgb[0, 0]).all()
    return picture.rgb[0, 0].tolist()


def save(path: Path, image: Image.Image, **options: Any) -> Path:  # noqa: ANN401
    image.save(path, **options)
    return path


def require_no_photos(written: Path) -> None:
    """Require that a command's output is passed over among the photos of the folder around it."""
    (told,) = (entry for entry in look_through(written.parent).passed_over if entry.path == written)
    assert told.kind == "folder that halfsize wrote"


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(path: Path, bits: int, colour_type: int, rows: list[bytes], **chunks: bytes) -> Path:
    """Write a PNG byte by byte: Pillow cannot write most depths."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type]
    width = len(rows[0]) * 8 // (bits * channels)
    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour_type, 0, 0, 0)
    body = b"".join(png_chunk(name.encode(), data) for name, data in chunks.items())
    body += png_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + body + png_chunk(b"IEND", b"")
    )
    return path


def with_chunks(png: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Put chunks behind the header of a PNG file."""
    return png[:33] + b"".join(png_chunk(name, data) for name, data in chunks) + png[33:]


def with_nclx(avif: bytes, primaries: int, transfer: int) -> bytes:
    """Replace the code points of the colours in an AVIF file that Pillow wrote."""
    at = avif.index(b"colrnclx") + 8
    return avif[:at] + struct.pack(">HH", primaries, transfer) + avif[at + 4 :]
