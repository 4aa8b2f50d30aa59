"""Enlarge pictures and animations: transparency, repeated frames, bands of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from pixels.alpha import enlarge_alpha, fill_hidden
from pixels.animation.frames import Animation, Frame
from pixels.picture import Picture
from pixels.resize import resize_rows
from pixels.scale import enlarged_size, padded_to_blocks
from teacher.enlarging.runner import Enlarger

_REACH_PX = 8  # hidden colours farther than this from an edge have no visible influence


def enlarge_picture(enlarger: Enlarger, picture: Picture) -> Picture:
    """Enlarge the colours with the enlarger and the transparency, if any, with bicubic."""
    if picture.alpha is None:
        return Picture(rgb=enlarger.enlarge(picture.rgb), alpha=None)
    visible = fill_hidden(picture.rgb, picture.alpha, reach_px=_REACH_PX)
    return Picture(
        rgb=enlarger.enlarge(visible), alpha=enlarge_alpha(picture.alpha, enlarger.scale)
    )


def enlarged_bands(enlarger: Enlarger, picture: Picture) -> Iterator[Picture]:
    """Enlarge a picture in bands from top to bottom: the whole result is never in memory."""
    rgb, alpha = picture.rgb, picture.alpha
    if alpha is not None:
        rgb = fill_hidden(rgb, alpha, reach_px=_REACH_PX)
        alpha = padded_to_blocks(alpha, enlarger.scale)
    top = 0
    for band in enlarger.bands(rgb):
        bottom = top + len(band)
        part = None
        if alpha is not None:
            size = enlarged_size((alpha.shape[0], alpha.shape[1]), enlarger.scale)
            part = np.ascontiguousarray(resize_rows(alpha, size, top, bottom)[:, : band.shape[1]])
        yield Picture(rgb=band, alpha=part)
        top = bottom


class AnimationEnlarger:
    """Enlarge animations frame by frame; a frame equal to the previous one is reused.

    Attributes:
        computed: Number of frames computed so far.
    """

    def __init__(self, enlarger: Enlarger, progressed: Callable[[], None] = lambda: None) -> None:
        """Use an enlarger; call `progressed` after each frame."""
        self._enlarger = enlarger
        self._progressed = progressed
        self.computed = 0

    def enlarge(self, animation: Animation) -> Animation:
        """Return the enlarged animation; its frames are computed when they are read."""
        return replace(
            animation,
            size=enlarged_size(animation.size, self._enlarger.scale),
            frames=lambda: self._frames(animation),
        )

    def _frames(self, animation: Animation) -> Iterator[Frame]:
        last: tuple[Picture, Picture] | None = None
        for frame in animation.frames():
            if last is None or not _same(last[0], frame.picture):
                last = frame.picture, enlarge_picture(self._enlarger, frame.picture)
                self.computed += 1
            yield replace(frame, picture=last[1])
            self._progressed()


def _same(first: Picture, second: Picture) -> bool:
    if (first.alpha is None) != (second.alpha is None):
        return False
    if first.alpha is not None and second.alpha is not None:
        visible = first.alpha > 0
        return np.array_equal(first.alpha, second.alpha) and np.array_equal(
            first.rgb[visible], second.rgb[visible]
        )
    return np.array_equal(first.rgb, second.rgb)
