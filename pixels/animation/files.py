"""Read and write GIF, APNG and WebP animations, frame by frame."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from pixels.animation import apng, gif, webp
from pixels.animation.frames import Animation, Frame, Piece, compose
from pixels.animation.stored import StoredFrames
from pixels.picture import ImageError, Picture, UnfitError, unless_opaque
from pixels.stills.decode import decode_frame, turned
from pixels.stills.files import reason_of, writing
from pixels.stills.formats import FormatError, require_folder
from pixels.stills.opening import opened
from pixels.stills.png_chunks import without_texts
from pixels.stills.png_rows import SIGNATURE

MAX_CANVAS_PIXELS = 1 << 24
"""4096 x 4096; about ten frames, some enlarged, are in memory at a time."""
MAX_FRAMES = 20_000
"""More than five minutes at 60 frames per second."""

ANIMATED_SUFFIXES = (".gif", ".png", ".apng", ".webp")
"""Suffixes that `write_animation` accepts, in lower case."""
_LONGEST_SIDE_PX = {
    ".gif": gif.MAX_SIDE_PX,
    ".png": apng.MAX_SIDE_PX,
    ".apng": apng.MAX_SIDE_PX,
    ".webp": webp.MAX_SIDE_PX,
}


def read_animation(path: Path) -> Animation | None:
    """Open an animation; frames are decoded one at a time, while iterating.

    Args:
        path: The file. Its content decides the format, not its suffix.

    Returns:
        The animation, or None if the file is not a GIF, PNG or WebP with several frames. Frames
        are upright sRGB, like the stills of `pixels.stills.files.read_picture`.

    Raises:
        ImageError: The animation is cut off, damaged or too large. Iterating over frames raises it
            as well.
    """
    try:
        data = path.read_bytes() if path.is_file() else b""
        stored = _take_apart(data)
        if stored is None or len(stored.pieces) == 1:
            return None
        _require_bounds(stored)
    except Exception as error:  # struct.error and the like: its numbers can be anything
        raise ImageError(f"{path}: {reason_of(error)}") from error
    height, width = stored.size
    return Animation(
        size=(width, height) if stored.orientation >= 5 else (height, width),
        count=len(stored.pieces),
        plays=stored.plays,
        frames=lambda: _frames(path, stored),
    )


def write_animation(path: Path, animation: Animation, *, quality: int = 90) -> None:
    """Save an animation, completely or not at all; the suffix decides the format.

    No frame is dropped, even if it looks like the one before. GIF gets one palette for all frames
    and alpha cut at one half; WebP is lossy where that takes fewer bytes.

    Args:
        path: The file to write: .gif .png .apng or .webp, in any case.
        animation: The animation. GIF iterates over it once before writing.
        quality: 1 to 100, for WebP.

    Raises:
        ImageError: The suffix is unknown, the format cannot hold the size or the times, the folder
            is missing or not writable, or the disk is full. An existing file is then unchanged.
    """
    suffix = path.suffix.lower()
    if suffix not in ANIMATED_SUFFIXES:
        suffixes = " ".join(ANIMATED_SUFFIXES)
        raise ImageError(f"{path}: cannot hold an animation; use {suffixes}")
    height, width = animation.size
    longest = _LONGEST_SIDE_PX[suffix]
    if max(height, width) > longest:
        raise FormatError(
            f"{path}: {suffix} holds at most {longest} pixels a side and the animation is"
            f" {width} x {height}; use .png"
        )
    require_folder(path)
    try:
        with writing(path) as file:
            if suffix == ".gif":
                gif.write_gif(file, animation)
            elif suffix == ".webp":
                webp.write_webp(file, animation, quality=quality)
            else:
                apng.write_apng(file, animation)
    except OverflowError as error:
        raise FormatError(f"{path}: cannot be written: {error}; use .png") from error


def _take_apart(data: bytes) -> StoredFrames | None:
    if data.startswith((b"GIF87a", b"GIF89a")):
        return gif.take_apart(data)
    if data.startswith(SIGNATURE) and apng.is_animated(data):
        return apng.take_apart(without_texts(io.BytesIO(data)).read())
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and webp.is_animated(data):
        return webp.take_apart(data)
    return None


def _require_bounds(stored: StoredFrames) -> None:
    sizes = [stored.size, *(piece.area[2:] for piece in stored.pieces)]
    height, width = max(sizes, key=lambda size: size[0] * size[1])
    if height * width > MAX_CANVAS_PIXELS:
        raise UnfitError(
            f"has frames of {width} x {height} pixels, more than the"
            f" {MAX_CANVAS_PIXELS / 1e6:.0f} megapixels allowed; make it smaller first"
        )
    if len(stored.pieces) > MAX_FRAMES:
        raise UnfitError(
            f"has {len(stored.pieces)} frames, more than the {MAX_FRAMES} allowed; cut it first"
        )


def _frames(path: Path, stored: StoredFrames) -> Iterator[Frame]:
    for frame in compose(stored.size, _pieces(path, stored)):
        rgb, alpha = frame.picture.rgb, frame.picture.alpha
        if stored.orientation == 1:
            yield frame
            continue
        upright = Picture(
            turned(rgb, stored.orientation),
            None if alpha is None else turned(alpha, stored.orientation),
        )
        yield Frame(picture=upright, seconds=frame.seconds, disposal=frame.disposal)


def _pieces(path: Path, stored: StoredFrames) -> Iterator[Piece]:
    for number, piece in enumerate(stored.pieces, 1):
        try:
            with opened(io.BytesIO(piece.file)) as image:
                rgb, alpha = decode_frame(image)
        except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
            raise ImageError(f"{path}: in frame {number}: {reason_of(error)}") from error
        top, left = piece.area[:2]
        pixels = Picture(rgb, unless_opaque(alpha)).with_alpha()
        # A GIF's piece may extend beyond the canvas; the part outside is not shown.
        inside = pixels[: max(0, stored.size[0] - top), : max(0, stored.size[1] - left)]
        yield Piece(
            top=top,
            left=left,
            pixels=inside,
            seconds=piece.seconds,
            disposal=piece.disposal,
            over=piece.over,
        )
