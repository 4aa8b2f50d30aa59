"""The animated WebP container, read and written chunk by chunk; Pillow compresses the pixels.

Pillow's own writer holds all frames in memory and compresses still parts again in each frame, with
other losses each time. Source: RFC 9649, "WebP Image Format", 2024.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import numpy as np
from PIL import Image

from pixels.animation.frames import Animation, Clock, Piece, plan
from pixels.animation.stored import StoredFrames, StoredPiece, exif_orientation
from pixels.picture import UnfitError
from pixels.sending.codecs import SAVING, save

MAX_SIDE_PX = 16_383  # of a still, as every frame is; the canvas could have one more
_LONGEST_MS = (1 << 24) - 1
_HAS_ICC, _HAS_ALPHA, _HAS_FRAMES = 0x20, 0x10, 0x02
_CLEAR, _REPLACE = 1, 2


def is_animated(data: bytes) -> bool:
    """Whether a WebP is animated; damaged files are left to the reader of stills."""
    return data[12:16] == b"VP8X" and len(data) > 20 and bool(data[20] & _HAS_FRAMES)


def take_apart(data: bytes) -> StoredFrames:
    """Split an animated WebP into its pieces.

    Raises:
        UnfitError: The file is cut off or damaged.
    """
    if len(data) < int.from_bytes(data[4:8], "little") + 8:
        raise UnfitError("is cut off; get a fresh copy of it")
    size, plays, profile, exif = (0, 0), 1, b"", b""
    frames: list[bytes] = []
    for name, body in _chunks(data[12:]):
        if name == b"VP8X" and len(body) >= 10:
            size = _number(body[7:10]) + 1, _number(body[4:7]) + 1
        elif name == b"ANIM" and len(body) >= 6:
            plays = _number(body[4:6])
        elif name == b"ANMF" and len(body) > 16:
            frames.append(body)
        elif name == b"ICCP":
            profile = body
        elif name == b"EXIF":
            exif = body.removeprefix(b"Exif\0\0")
    if not frames or 0 in size:
        raise UnfitError("holds no frames; get a fresh copy of it")
    pieces = [_piece(body, profile) for body in frames]
    for number, piece in enumerate(pieces, 1):
        top, left, height, width = piece.area
        if top + height > size[0] or left + width > size[1]:
            raise UnfitError(f"is damaged: frame {number} lies outside the picture")
    orientation = exif_orientation(exif)
    return StoredFrames(size=size, plays=plays, orientation=orientation, pieces=pieces)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length = _number(data[at + 4 : at + 8])
        body = data[at + 8 : at + 8 + length]
        if len(body) < length:
            raise UnfitError("is cut off; get a fresh copy of it")
        yield data[at : at + 4], body
        at += 8 + length + length % 2


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _piece(body: bytes, profile: bytes) -> StoredPiece:
    left, top, columns, rows, milliseconds = (
        _number(body[start : start + 3]) for start in range(0, 15, 3)
    )
    picture = [(name, part) for name, part in _chunks(body[16:]) if name in _PICTURE]
    flags = _HAS_ICC if profile else 0
    flags |= _HAS_ALPHA if any(name != b"VP8 " for name, _ in picture) else 0
    head = _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + body[6:12])
    content = b"WEBP" + head + (_chunk(b"ICCP", profile) if profile else b"")
    content += b"".join(_chunk(name, part) for name, part in picture)
    return StoredPiece(
        area=(2 * top, 2 * left, rows + 1, columns + 1),
        seconds=Fraction(milliseconds, 1000),
        disposal="clear" if body[15] & _CLEAR else "keep",
        over=not body[15] & _REPLACE,
        file=b"RIFF" + struct.pack("<I", len(content)) + content,
    )


_PICTURE = (b"ALPH", b"VP8 ", b"VP8L")


def write_webp(file: BinaryIO, animation: Animation, *, quality: int) -> None:
    """Write an animation; a piece is lossless if that takes no more bytes, as in drawings.

    Raises:
        OverflowError: A frame lasts longer than 4.6 hours.
    """
    height, width = animation.size
    canvas = _three(width - 1) + _three(height - 1)
    file.write(b"RIFF\0\0\0\0WEBP")
    file.write(_chunk(b"VP8X", bytes([_HAS_ALPHA | _HAS_FRAMES, 0, 0, 0]) + canvas))
    plays = min(animation.plays, 65_535)
    file.write(_chunk(b"ANIM", struct.pack("<IH", 0, plays)))
    clock = Clock(1000, _LONGEST_MS)
    for piece in plan(animation.frames(), can_erase=True, can_restore=False, even=True):
        rows, columns = piece.pixels.shape[:2]
        pixels, over = _to_draw(piece)
        place = _three(piece.left // 2) + _three(piece.top // 2)
        place += _three(columns - 1) + _three(rows - 1) + _three(clock.units(piece.seconds))
        flags = (_CLEAR if piece.disposal == "clear" else 0) | (0 if over else _REPLACE)
        file.write(_chunk(b"ANMF", place + bytes([flags]) + _packed(pixels, quality)))
    length = file.tell() - 8
    file.seek(4)
    file.write(struct.pack("<I", length))


def _to_draw(piece: Piece) -> tuple[np.ndarray, bool]:
    """Make unchanged pixels transparent, so that losses do not let them flicker.

    Not if changed ones are transparent: then the whole piece replaces the canvas.
    """
    assert piece.changed is not None
    if not (piece.pixels[..., 3] == 255)[piece.changed].all():
        return piece.pixels, False
    pixels = piece.pixels.copy()
    pixels[..., 3] = np.where(piece.changed, 255, 0)
    return pixels, True


def _packed(pixels: np.ndarray, quality: int) -> bytes:
    opaque = (pixels[..., 3] == 255).all()
    image = Image.fromarray(np.ascontiguousarray(pixels[..., :3] if opaque else pixels))
    lossy, lossless = io.BytesIO(), io.BytesIO()
    save(image, lossy, "WEBP", quality, SAVING)
    # Of a lossless file, quality is effort: more would take far longer to save little.
    image.save(lossless, "WEBP", lossless=True, quality=50, method=2)
    smaller = min(lossless, lossy, key=lambda packed: len(packed.getvalue()))
    parts = [(name, part) for name, part in _chunks(smaller.getvalue()[12:]) if name in _PICTURE]
    return b"".join(_chunk(name, part) for name, part in parts)
