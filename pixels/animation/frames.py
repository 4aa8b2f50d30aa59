"""Animations in memory: how stored pieces add up to frames, and frames come apart into pieces.

Every animated format stores pieces: rectangles that are drawn over what was shown before. Here a
`Frame` is what a viewer sees, the whole canvas; `compose` makes frames of a file's pieces, and
`plan` cuts frames into pieces again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pixels.picture import Picture, unless_opaque

Disposal = Literal["keep", "clear", "restore"]
"""What happens to a piece once its time is over: it stays, its rectangle becomes transparent, or
what was there before comes back."""

Canvas = NDArray[np.uint8]
"""(height, width, 4), RGB and straight alpha."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Frame:
    """What a viewer sees for some time."""

    picture: Picture
    """The whole canvas."""
    seconds: Fraction
    """For how long; 0 means "as fast as possible", which browsers take for a tenth of a second."""
    disposal: Disposal = "keep"
    """How the file went on from here; a writer keeps to it where it can."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Animation:
    """A row of frames, made when they are asked for."""

    size: tuple[int, int]
    """(height, width) of the canvas, in pixels."""
    count: int
    """Number of frames, at least 1."""
    plays: int
    """How often it is shown; 0 means for ever."""
    frames: Callable[[], Iterator[Frame]]
    """Starts at the first frame; every call starts anew."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Piece:
    """One rectangle as it is stored."""

    top: int
    """Row of its upper edge in the canvas."""
    left: int
    """Column of its left edge in the canvas."""
    pixels: Canvas
    """Its colours and alpha."""
    seconds: Fraction
    """How long it is shown."""
    disposal: Disposal
    """What happens to it then."""
    over: bool
    """Whether what is below shows through its transparent parts, or is replaced by them."""
    changed: NDArray[np.bool_] | None = None
    """(height, width): where it differs from what is below; only `plan` says so."""

    @property
    def area(self) -> tuple[slice, slice]:
        """Rows and columns of the canvas that it covers."""
        height, width = self.pixels.shape[:2]
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def compose(size: tuple[int, int], pieces: Iterable[Piece]) -> Iterator[Frame]:
    """Draw pieces one after another on a canvas that is transparent at first, as browsers do.

    A GIF's background colour is ignored, as browsers ignore it.
    """
    canvas = np.zeros((*size, 4), np.uint8)
    for piece in pieces:
        area = piece.area
        before = canvas[area].copy()
        canvas[area] = _blended(before, piece.pixels) if piece.over else piece.pixels
        picture = Picture(canvas[..., :3].copy(), unless_opaque(canvas[..., 3].copy()))
        yield Frame(picture=picture, seconds=piece.seconds, disposal=piece.disposal)
        if piece.disposal == "clear":
            canvas[area] = 0
        elif piece.disposal == "restore":
            canvas[area] = before


def plan(
    frames: Iterable[Frame],
    *,
    can_erase: bool,
    can_restore: bool = True,
    even: bool = False,
    whole_first: bool = False,
) -> Iterator[Piece]:
    """Cut frames into the smallest rectangles that give the same frames again.

    Args:
        frames: What is to be seen.
        can_erase: Whether a piece can make pixels transparent again (GIF cannot: there the piece
            before it has to be disposed of).
        can_restore: Whether the format knows the disposal "restore".
        even: Whether rectangles must begin in even rows and columns (WebP).
        whole_first: Whether the first piece must be the whole canvas (APNG).

    Yields:
        One piece per frame, also where nothing changes; `pixels` is all of its rectangle.
    """
    base: Canvas | None = None
    for frame, following in _pairs(frames):
        shown = frame.picture.with_alpha()
        shown[shown[..., 3] == 0] = 0  # hidden colours are no difference
        wanted = np.full(shown.shape[:2], whole_first and base is None)
        base = np.zeros_like(shown) if base is None else base
        changed = (shown != base).any(axis=2)
        disposal: Disposal = frame.disposal
        if disposal == "restore" and not can_restore:
            disposal = "keep"
        if following is not None and not can_erase:
            gone = _hidden(following)
            kept = base if disposal == "restore" else shown
            if disposal == "clear" or (gone & (kept[..., 3] > 0)).any():
                disposal = "clear"
                wanted |= gone & (shown[..., 3] > 0)
        piece = _cut_out(shown, changed, wanted | changed, even)
        yield replace(piece, seconds=frame.seconds, disposal=disposal)
        if disposal == "keep":
            base = shown
        elif disposal == "clear":
            base = shown.copy()
            base[piece.area] = 0


def _cut_out(
    shown: Canvas, changed: NDArray[np.bool_], wanted: NDArray[np.bool_], even: bool
) -> Piece:
    rows, columns = _bounds(wanted, even)
    return Piece(
        top=rows.start,
        left=columns.start,
        pixels=shown[rows, columns],
        seconds=Fraction(0),
        disposal="keep",
        over=False,
        changed=changed[rows, columns],
    )


def _pairs(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    last: Frame | None = None
    for frame in frames:
        if last is not None:
            yield last, frame
        last = frame
    if last is not None:
        yield last, None


def _hidden(frame: Frame) -> NDArray[np.bool_]:
    alpha = frame.picture.alpha
    return np.zeros(frame.picture.size, np.bool_) if alpha is None else alpha == 0


def _bounds(wanted: NDArray[np.bool_], even: bool) -> tuple[slice, slice]:
    """Find the rectangle around what is wanted; one pixel where nothing is."""
    if not wanted.any():
        return slice(0, 1), slice(0, 1)
    result = []
    for axis in (1, 0):
        used = np.flatnonzero(wanted.any(axis=axis))
        start = int(used[0])
        result.append(slice(start - start % 2 if even else start, int(used[-1]) + 1))
    return result[0], result[1]


def _blended(below: Canvas, above: Canvas) -> Canvas:
    """Lay one straight-alpha picture over another, rounded half up."""
    opaque = above[..., 3] == 255
    if (opaque | (above[..., 3] == 0)).all():
        return np.where(opaque[..., None], above, below)
    top, bottom = above.astype(np.float64), below.astype(np.float64)
    top_share = top[..., 3:] / 255.0
    bottom_share = bottom[..., 3:] / 255.0 * (1.0 - top_share)
    share = top_share + bottom_share
    mixed = top[..., :3] * top_share + bottom[..., :3] * bottom_share
    colours = np.divide(mixed, share, out=np.zeros_like(mixed), where=share > 0)
    return np.floor(np.dstack([colours, share * 255.0]) + 0.5).astype(np.uint8)


class Clock:
    """Rounds frame times to a format's unit without ever drifting off by more than one unit."""

    def __init__(self, units_per_second: int, longest: int) -> None:
        """Start at zero; `longest` is the longest time a frame can have, in units."""
        self._per_second = units_per_second
        self._longest = longest
        self._exact = Fraction(0)
        self._told = 0

    def units(self, seconds: Fraction) -> int:
        """Give the next frame's time: 0 stays 0, anything else is at least 1.

        Raises:
            OverflowError: It is longer than the format can say.
        """
        if seconds == 0:
            return 0
        self._exact += seconds * self._per_second
        units = max(1, int(self._exact - self._told + Fraction(1, 2)))
        if units > self._longest:
            raise OverflowError(
                f"a frame of {float(seconds):g} s is too long,"
                f" {self._longest / self._per_second:g} s is the most"
            )
        self._told += units
        return units


def with_alpha_cut(frame: Frame) -> Frame:
    """Make every pixel fully opaque or fully transparent: all that a GIF can hold."""
    alpha = frame.picture.alpha
    if alpha is None:
        return frame
    cut = np.where(alpha >= 128, 255, 0).astype(np.uint8)
    return replace(frame, picture=Picture(frame.picture.rgb, unless_opaque(cut)))
