"""The animated PNG container, read and written chunk by chunk; Pillow compresses the pixels.

Pillow's own writer would round frame times to milliseconds. Source: W3C, "Portable Network
Graphics (PNG) Specification (Third Edition)", 2025, section 11.3.3.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import numpy as np
from PIL import Image

from pixels.animation.frames import Animation, Disposal, Piece, plan
from pixels.animation.stored import StoredFrames, StoredPiece, exif_orientation
from pixels.picture import UnfitError
from pixels.stills.png_chunks import chunks_of
from pixels.stills.png_rows import SIGNATURE, chunk, header

MAX_SIDE_PX = 2**31 - 1
_DISPOSALS: tuple[Disposal, ...] = ("keep", "clear", "restore")
_OVER = 1
# Chunks that every piece needs a copy of to be decoded alike.
_SHARED = (b"PLTE", b"tRNS", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"sBIT")


def is_animated(data: bytes) -> bool:
    """Whether a PNG is animated; damaged files are left to the reader of stills."""
    names = (part.name for part in chunks_of(io.BytesIO(data)))
    return next((name for name in names if name in (b"acTL", b"IDAT")), b"") == b"acTL"


def take_apart(data: bytes) -> StoredFrames:
    """Split an animated PNG into its pieces, without a default image outside the animation.

    Raises:
        UnfitError: The file is cut off or damaged.
    """
    shared, exif, ihdr = b"", b"", b""
    promised = plays = 0
    frames: list[tuple[bytes, list[bytes]]] = []
    for name, body in _chunks(data):
        if name == b"IHDR":
            ihdr = body
        elif name == b"acTL":
            promised, plays = struct.unpack(">II", body)
        elif name == b"fcTL":
            frames.append((body, []))
        elif name == b"IDAT" and frames:
            frames[-1][1].append(body)
        elif name == b"fdAT" and frames:
            frames[-1][1].append(body[4:])
        elif name == b"eXIf":
            exif = body
        elif name in _SHARED:
            shared += chunk(name, body)
    if len(frames) != promised or not frames:
        raise UnfitError(
            f"is cut off or damaged ({len(frames)} of {promised} frames); get a fresh copy of it"
        )
    width, height = struct.unpack(">II", ihdr[:8])
    pieces = [_piece(ihdr, shared, control, packed) for control, packed in frames]
    for number, piece in enumerate(pieces, 1):
        top, left, rows, columns = piece.area
        if top + rows > height or left + columns > width:
            raise UnfitError(f"is damaged: frame {number} lies outside the picture")
    return StoredFrames(
        size=(height, width),
        plays=plays,
        orientation=exif_orientation(exif),
        pieces=pieces,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, name = len(SIGNATURE), b""
    while name != b"IEND":
        head = data[at : at + 8]
        length = int.from_bytes(head[:4], "big")
        name, body = head[4:], data[at + 8 : at + 8 + length]
        check = data[at + 8 + length : at + 12 + length]
        if len(head) < 8 or len(body) < length or len(check) < 4:
            raise UnfitError("is cut off; get a fresh copy of it")
        if zlib.crc32(name + body) != int.from_bytes(check, "big"):
            raise UnfitError(f"is damaged (in a chunk {name!r}); get a fresh copy of it")
        at += 12 + length
        yield name, body


def _piece(ihdr: bytes, shared: bytes, control: bytes, packed: list[bytes]) -> StoredPiece:
    _, width, height, left, top, over, under, disposal, blend = struct.unpack(">5I2H2B", control)
    own = chunk(b"IHDR", control[4:12] + ihdr[8:])
    data = b"".join(chunk(b"IDAT", part) for part in packed)
    return StoredPiece(
        area=(top, left, height, width),
        seconds=Fraction(over, under or 100),  # by the specification, 0 means hundredths
        disposal=_DISPOSALS[disposal] if disposal < len(_DISPOSALS) else "keep",
        over=blend == _OVER,
        file=SIGNATURE + own + shared + data + chunk(b"IEND", b""),
    )


def write_apng(file: BinaryIO, animation: Animation) -> None:
    """Write an animation losslessly, but for frame times finer than a fraction of 16-bit numbers.

    Raises:
        OverflowError: A frame lasts longer than 65535 s.
    """
    file.write(SIGNATURE + header(animation.size, 4) + chunk(b"sRGB", b"\0"))
    file.write(chunk(b"acTL", struct.pack(">II", animation.count, animation.plays)))
    sequence = 0
    pieces = plan(animation.frames(), can_erase=True, whole_first=True)
    for number, piece in enumerate(pieces):
        file.write(chunk(b"fcTL", struct.pack(">I", sequence) + _control(piece)))
        sequence += 1
        for part in _packed(piece):
            if number == 0:
                file.write(chunk(b"IDAT", part))
            else:
                file.write(chunk(b"fdAT", struct.pack(">I", sequence) + part))
                sequence += 1
    file.write(chunk(b"IEND", b""))


def _control(piece: Piece) -> bytes:
    height, width = piece.pixels.shape[:2]
    over, under = _delay(piece.seconds)
    place = struct.pack(">4I", width, height, piece.left, piece.top)
    return place + struct.pack(">2H2B", over, under, _DISPOSALS.index(piece.disposal), 0)


def _delay(seconds: Fraction) -> tuple[int, int]:
    """Approximate a time with a fraction of 16-bit numbers, exactly if possible."""
    if seconds > 65_535:
        raise OverflowError(f"a frame of {float(seconds):g} s is too long, 65535 s is the most")
    largest = 65_535 if seconds < 1 else int(65_535 / seconds)
    near = seconds.limit_denominator(max(1, largest))
    if near == 0 and seconds > 0:
        near = Fraction(1, 65_535)
    return near.numerator, near.denominator


def _packed(piece: Piece) -> list[bytes]:
    encoded = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(piece.pixels)).save(encoded, "PNG")
    return [body for name, body in _chunks(encoded.getvalue()) if name == b"IDAT"]
