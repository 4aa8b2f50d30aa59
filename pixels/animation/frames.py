"""Animations in memory: composing frames from stored pieces, and cutting frames into pieces.

Every animated format stores pieces: rectangles that are drawn over the previous ones. A `Frame` is
the whole canvas as a viewer sees it. `compose` makes frames from a file's pieces, and `plan` cuts
frames into pieces again.
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
"""What happens to a piece when its time is over: it stays, its rectangle becomes transparent, or
the previous content returns."""

Canvas = NDArray[np.uint8]
"""(height, width, 4): RGB and straight alpha, 0 to 255."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Frame:
    """The whole canvas, shown for some time."""

    picture: Picture
    """The whole canvas."""
    seconds: Fraction
    """Its duration; 0 means "as fast as possible", for which browsers use a tenth of a second."""
    disposal: Disposal = "keep"
    """The disposal in the file that was read; writers keep it if they can."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Animation:
    """A sequence of frames, made while iterating."""

    size: tuple[int, int]
    """(height, width) of the canvas, in pixels."""
    count: int
    """Number of frames, at least 1."""
    plays: int
    """Number of repetitions; 0 means for ever."""
    frames: Callable[[], Iterator[Frame]]
    """Returns a new iterator over all frames."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Piece:
    """One stored rectangle."""

    top: int
    """Row of its upper edge in the canvas."""
    left: int
    """Column of its left edge in the canvas."""
    pixels: Canvas
    """Its colours and alpha."""
    seconds: Fraction
    """Its duration."""
    disposal: Disposal
    """What happens to it afterwards."""
    over: bool
    """Whether the canvas shows through its transparent parts, or is replaced by them."""
    changed: NDArray[np.bool_] | None = None
    """(height, width): where it differs from the canvas; only set by `plan`."""

    @property
    def area(self) -> tuple[slice, slice]:
        """Rows and columns of the canvas that it covers."""
        height, width = self.pixels.shape[:2]
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def compose(size: tuple[int, int], pieces: Iterable[Piece]) -> Iterator[Frame]:
    """Draw pieces one after another on a transparent canvas, as browsers do.

    Like browsers, ignore a GIF's background colour.
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
    """Cut frames into the smallest rectangles that compose to the same frames.

    Args:
        frames: The frames.
        can_erase: Whether a piece can make pixels transparent again. In a GIF it cannot: the
            piece before it has to be cleared.
        can_restore: Whether the format has the disposal "restore".
        even: Whether rectangles must begin in even rows and columns (WebP).
        whole_first: Whether the first piece must be the whole canvas (APNG).

    Yields:
        One piece for each frame, even if nothing changes; `pixels` holds its whole rectangle.
    """
    base: Canvas | None = None
    for frame, following in _pairs(frames):
        shown = frame.picture.with_alpha()
        shown[shown[..., 3] == 0] = 0  # hidden colours do not count as a difference
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
    """Find the rectangle around the wanted pixels; one pixel if there are none."""
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
    """Rounds frame times to a format's unit; the total is never off by more than one unit."""

    def __init__(self, units_per_second: int, longest: int) -> None:
        """Start at zero; `longest` is the longest possible frame, in units."""
        self._per_second = units_per_second
        self._longest = longest
        self._exact = Fraction(0)
        self._rounded = 0

    def units(self, seconds: Fraction) -> int:
        """Round the next frame's time: 0 stays 0, anything else becomes at least 1.

        Raises:
            OverflowError: It is longer than the format can express.
        """
        if seconds == 0:
            return 0
        self._exact += seconds * self._per_second
        units = max(1, int(self._exact - self._rounded + Fraction(1, 2)))
        if units > self._longest:
            raise OverflowError(
                f"a frame of {float(seconds):g} s is too long,"
                f" {self._longest / self._per_second:g} s is the most"
            )
        self._rounded += units
        return units


def with_alpha_cut(frame: Frame) -> Frame:
    """Make every pixel fully opaque or fully transparent, as a GIF requires."""
    alpha = frame.picture.alpha
    if alpha is None:
        return frame
    cut = np.where(alpha >= 128, 255, 0).astype(np.uint8)
    return replace(frame, picture=Picture(frame.picture.rgb, unless_opaque(cut)))
