"""Animations for tests, and how Pillow, an independent reader, decodes files."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.animation.frames import Animation, Disposal, Frame
from pixels.picture import Picture, unless_opaque

Canvas = NDArray[np.uint8]


def drawing(number: int, height: int = 23, width: int = 31, *, holes: bool = False) -> Canvas:
    """A square that moves over stripes, in few colours; with `holes`, it leaves transparency."""
    canvas = np.zeros((height, width, 4), np.uint8)
    canvas[..., :3] = np.where(np.arange(width)[:, None] % 6 < 3, (200, 40, 30), (20, 90, 160))
    canvas[..., 3] = 255
    if holes:
        canvas[:, : 4 * number] = 0
    canvas[5 : 5 + 8, 3 * number : 3 * number + 7] = (250, 240, 20 * number, 255)
    return canvas


def animation(
    canvases: Sequence[Canvas],
    seconds: Sequence[Fraction] | None = None,
    *,
    plays: int = 0,
    disposals: Sequence[Disposal] | None = None,
) -> Animation:
    frames = [
        Frame(
            picture=Picture(canvas[..., :3].copy(), unless_opaque(canvas[..., 3].copy())),
            seconds=seconds[number] if seconds else Fraction(1, 10),
            disposal=disposals[number] if disposals else "keep",
        )
        for number, canvas in enumerate(canvases)
    ]
    return Animation(
        size=canvases[0].shape[:2], count=len(frames), plays=plays, frames=lambda: iter(frames)
    )


def visible(canvas: Canvas) -> Canvas:
    """The canvas with hidden colours set to zero, so that pictures that look alike are equal."""
    return np.where(canvas[..., 3:] > 0, canvas, 0)


def seen(animation: Animation) -> list[Canvas]:
    return [visible(frame.picture.with_alpha()) for frame in animation.frames()]


def seen_by_pillow(path: Path) -> list[Canvas]:
    with Image.open(path) as image:
        result = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            result.append(visible(np.array(image.convert("RGBA"))))
        return result


def gif_controls(data: bytes) -> list[tuple[str, int, int]]:
    """Disposal, delay and area of each image, read from a GIF without local palettes."""
    names = {0: "keep", 1: "keep", 2: "clear", 3: "restore"}
    at = 13 + (3 << (data[10] & 7) + 1)
    result, control = [], (0, 0)
    while data[at : at + 1] != b";":
        if data[at : at + 1] == b"!":
            if data[at + 1] == 0xF9:
                control = struct.unpack("<BH", data[at + 3 : at + 6])
            at += 2
        else:
            width, height = struct.unpack("<HH", data[at + 5 : at + 9])
            result.append((names[control[0] >> 2 & 7], control[1], width * height))
            at += 11
        while data[at]:
            at += 1 + data[at]
        at += 1
    return result


def gif(
    pieces: Sequence[tuple[int, int, int, int, int, int]],
    *,
    size: tuple[int, int] = (4, 4),
    background: int = 3,
    head: bytes = b"",
) -> bytes:
    """Build a GIF from pieces of one colour: (top, left, height, width, colour, disposal).

    Four colours: black, red, green, blue. Pixels are not compressed: 4 codes, then a clear code.
    """
    palette = bytes([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    data = b"GIF89a" + struct.pack("<HHBBB", size[1], size[0], 0x81, background, 0)
    data += palette + head
    for top, left, height, width, colour, disposal in pieces:
        data += b"!\xf9\x04" + struct.pack("<BHBB", disposal << 2, 7, 0, 0)
        data += b"," + struct.pack("<HHHHB", left, top, width, height, 0)
        # 3-bit codes: "clear" (4) before every pixel keeps the code size at 3.
        codes = [code for _ in range(height * width) for code in (4, colour)] + [5]
        bits = sum(code << 3 * place for place, code in enumerate(codes))
        packed = bits.to_bytes(-(-3 * len(codes) // 8), "little")
        assert len(packed) < 256
        data += b"\x02" + bytes([len(packed)]) + packed + b"\0"
    return data + b";"


LOOP_FOREVER = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
