"""The GIF container, read and written block by block; Pillow decompresses and compresses pixels.

Pillow's own reader paints cleared pieces in the background colour, which no browser does, and its
writer drops frames that look alike. Source: CompuServe, "GIF89a Specification", 1990.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import numpy as np
from PIL import GifImagePlugin, Image

from pixels.animation.frames import Animation, Clock, Disposal, Frame, Piece, plan, with_alpha_cut
from pixels.animation.gif_palette import COLOURS, Mapper, PaletteMaker
from pixels.animation.stored import StoredFrames, StoredPiece
from pixels.picture import Picture, UnfitError

MAX_SIDE_PX = 65_535
_DISPOSALS: dict[int, Disposal] = {2: "clear", 3: "restore"}
_DISPOSAL_CODES = {"keep": 1, "clear": 2, "restore": 3}
_MEMORY_BYTES = 1 << 27  # of compressed frames; more go to a temporary file
_TRANSPARENT = 255


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            raise EOFError
        self.at += count
        return part

    def palette(self, flags: int) -> bytes:
        return self.take(3 << (flags & 7) + 1) if flags & 0x80 else b""

    def sub_blocks(self) -> bytes:
        """Skip length-prefixed blocks up to the empty one, and return all of them."""
        start = self.at
        while length := self.take(1)[0]:
            self.take(length)
        return self.data[start : self.at]


def take_apart(data: bytes) -> StoredFrames:
    """Split a GIF into its pieces.

    Raises:
        UnfitError: The file is cut off or damaged.
    """
    reader = _Reader(data)
    pieces: list[StoredPiece] = []
    try:
        width, height, flags, _, _ = struct.unpack("<6xHHBBB", reader.take(13))
        palette = reader.palette(flags)
        plays, control = 1, b""
        while reader.at < len(data):  # many writers forget the last byte, ";"
            kind = reader.take(1)
            if kind == b",":
                pieces.append(_piece(reader, palette, flags, control))
                control = b""
            elif kind == b"!":
                label, block = reader.take(1), reader.sub_blocks()
                if label == b"\xf9" and len(block) >= 6:
                    control = block[1:5]
                elif label == b"\xff" and block[1:12] in (b"NETSCAPE2.0", b"ANIMEXTS1.0"):
                    plays = _plays(block[12:], plays)
            elif kind == b";":
                break
            elif kind != b"\0":
                raise UnfitError(f"is damaged after frame {len(pieces)}; get a fresh copy of it")
    except EOFError:
        raise UnfitError(f"is cut off in frame {len(pieces) + 1}; get a fresh copy of it") from None
    if not pieces:
        raise UnfitError("is cut off before its first frame; get a fresh copy of it")
    if width == 0 or height == 0:  # some writers give no canvas: the first frame is it
        height, width = pieces[0].area[2:]
    return StoredFrames(orientation=1, size=(height, width), plays=plays, pieces=pieces)


def _piece(reader: _Reader, palette: bytes, flags: int, control: bytes) -> StoredPiece:
    left, top, width, height, own = struct.unpack("<HHHHB", reader.take(9))
    colours = reader.palette(own)
    size_bits = own & 7 if colours else flags & 7
    colours = colours or palette
    pixels = reader.take(1) + reader.sub_blocks()
    packed, delay, key = struct.unpack("<BHB", control or bytes(4))
    head = struct.pack("<HHBBB", width, height, (0x80 if colours else 0) | size_bits, 0, 0)
    transparency = b"!\xf9\x04\x01\0\0" + bytes([key, 0]) if packed & 1 else b""
    place = b"," + struct.pack("<HHHHB", 0, 0, width, height, own & 0x40)
    return StoredPiece(
        area=(top, left, height, width),
        seconds=Fraction(delay, 100),
        disposal=_DISPOSALS.get(packed >> 2 & 7, "keep"),
        over=True,
        file=b"GIF89a" + head + colours + transparency + place + pixels + b";",
    )


def _plays(block: bytes, plays: int) -> int:
    """Read the number of repetitions; without this block, an animation plays once."""
    if len(block) < 4 or block[1] & 7 != 1:
        return plays
    repeats = block[2] | block[3] << 8
    return repeats + 1 if repeats else 0


def write_gif(file: BinaryIO, animation: Animation) -> None:
    """Write an animation with one palette for all frames.

    Alpha is cut at one half, since GIF has only that. Frames wait in a temporary file, since the
    palette depends on all of them.

    Raises:
        OverflowError: A frame lasts longer than 655.35 s.
    """
    with tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES) as spool:
        maker = PaletteMaker()
        kept = []
        for frame in animation.frames():
            frame = with_alpha_cut(frame)
            canvas = frame.picture.with_alpha()
            maker.add(canvas)
            packed = zlib.compress(canvas.tobytes(), 1)
            kept.append((spool.tell(), len(packed), frame.seconds, frame.disposal))
            spool.write(packed)
        mapper = Mapper(maker.palette())

        def mapped() -> Iterator[Frame]:
            for start, length, seconds, disposal in kept:
                spool.seek(start)
                pixels = np.frombuffer(zlib.decompress(spool.read(length)), np.uint8)
                canvas = pixels.reshape(*animation.size, 4)
                rgb = mapper.palette[mapper.indices(canvas[..., :3])]
                picture = Picture(rgb, canvas[..., 3].copy())
                yield Frame(picture=picture, seconds=seconds, disposal=disposal)

        _write_head(file, animation, mapper)
        clock = Clock(100, 65_535)
        for piece in plan(mapped(), can_erase=False):
            _write_piece(file, piece, mapper, clock)
        file.write(b";")


def _write_head(file: BinaryIO, animation: Animation, mapper: Mapper) -> None:
    height, width = animation.size
    file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, _TRANSPARENT, 0))
    file.write(mapper.palette.tobytes().ljust(3 * (COLOURS + 1), b"\0"))
    if animation.plays != 1:
        repeats = min(animation.plays - 1, 65_535) if animation.plays else 0
        file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", repeats, 0))


def _write_piece(file: BinaryIO, piece: Piece, mapper: Mapper, clock: Clock) -> None:
    assert piece.changed is not None
    # Unchanged pixels become transparent: long runs of one index compress well.
    drawn = piece.changed & (piece.pixels[..., 3] > 0)
    indices = np.where(drawn, mapper.indices(piece.pixels[..., :3]), _TRANSPARENT)
    flags = _DISPOSAL_CODES[piece.disposal] << 2 | 1
    file.write(b"!\xf9\x04" + struct.pack("<BHBB", flags, clock.units(piece.seconds), 255, 0))
    image = Image.fromarray(indices.astype(np.uint8))
    for part in GifImagePlugin.getdata(image, (piece.left, piece.top)):
        file.write(part)
