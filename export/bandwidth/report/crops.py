"""Crops of the original, and of what a reader sees for the same number of bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from export.bandwidth.measure import middle_of
from export.bandwidth.plan import FULL, Enlargement
from export.bandwidth.study import Pair, Study
from export.delivery.reducing import reduced
from pixels.color import studio_luma
from pixels.quality.screens import DESKTOP, Screen
from pixels.sending.codecs import Codec, decode, encode, enlarged_to
from pixels.stills.files import read_picture
from teacher.evaluating.figure import densest

CROP_DEGREES = 3.0
"""Side of a crop, in degrees of the reader's view."""


@dataclass(frozen=True, kw_only=True)
class Crop:
    """One column of a row: a part of the original, or of what a reader sees."""

    name: str
    bytes_: int | None
    """Size of the whole file; None for the original."""
    score: str
    """Of the whole photo, with its unit; empty for the original."""
    image: str
    """A data URI."""


@dataclass(frozen=True, kw_only=True)
class CropRow:
    """The crops of one photo in one codec."""

    photo: str
    codec: Codec
    reason: str
    """Why this photo is shown."""
    screen: Screen
    """Where the crops are seen; for a judge without a screen, a desktop."""
    side_px: int
    """Width and height of the crops."""
    crops: tuple[Crop, ...]


class CropMaker:
    """Cuts crops from the best and the worst photos of a study, as seen at equal bytes."""

    def __init__(self, study: Study, band: float, way: str) -> None:
        """Prepare for a study.

        Args:
            study: The photos.
            band: Score of the full-size files whose bytes all other files get too.
            way: The enlargement to show, beside the others of the same files.
        """
        self._study, self._band, self._way = study, band, way
        self._screen = study.judging.screen or DESKTOP

    def extremes(
        self, judge: Callable[[Pair], float | None], describe: Callable[[float], str]
    ) -> list[CropRow]:
        """Show the best and the worst photo in each codec.

        Args:
            judge: Returns a photo's value, more for a better one; None leaves it out.
            describe: Puts such a value into words.
        """
        rows = []
        for codec in self._study.codecs:
            judged = [
                (value, pair)
                for pair in self._study.pairs(codec)
                if (value := judge(pair)) is not None
            ]
            judged.sort(key=lambda entry: entry[0])
            if judged:
                rows.append(self._row(judged[-1][1], f"best: {describe(judged[-1][0])}"))
            if len(judged) > 1:
                rows.append(self._row(judged[0][1], f"worst: {describe(judged[0][0])}"))
        return rows

    def _row(self, pair: Pair, reason: str) -> CropRow:
        plan = self._study.plan
        target = pair.full_bytes(self._band)
        assert target is not None  # a photo without such a file has no value to judge
        pixels = middle_of(read_picture(Path(pair.photo.path)).rgb, plan.max_side)
        full = self._fitting(pixels, pair.codec, target)
        shown, sizes = {FULL: decode(full)}, {FULL: len(full)}
        sent = reduced(pixels, plan.reduction, self._study.scale_of(self._way))
        file = self._fitting(sent, pair.codec, target)
        received = decode(file)
        for enlargement in self._enlargements(pair):
            enlarged = enlargement.open().enlarge(received)
            shown[enlargement.name] = enlarged_to(enlarged, pair.photo.size)
            sizes[enlargement.name] = len(file)
        area = self._most_different(shown)
        judging = self._study.judging
        original = judging.judge.original(pixels)
        crops = [
            Crop(
                name=name,
                bytes_=sizes[name],
                score=judging.words(original.score(picture)),
                image=_uri(picture[area]),
            )
            for name, picture in shown.items()
        ]
        crops.insert(0, Crop(name="original", bytes_=None, score="", image=_uri(pixels[area])))
        return CropRow(
            photo=pair.photo.name,
            codec=pair.codec,
            reason=reason,
            screen=self._screen,
            side_px=area[0].stop - area[0].start,
            crops=tuple(crops),
        )

    def _enlargements(self, pair: Pair) -> list[Enlargement]:
        """List the enlargements to show: the teacher only where it was measured."""
        plan, scale = self._study.plan, self._study.scale_of(self._way)
        return [
            entry
            for entry in plan.enlargements
            if entry.scale == scale and (entry != plan.teacher or pair.reduced(entry.name))
        ]

    def _most_different(self, shown: dict[str, NDArray[np.uint8]]) -> tuple[slice, slice]:
        """Find the part where the enlargement differs most from the browser's own."""
        first, second = shown[self._way], shown[self._study.browser_of(self._way)]
        difference = (studio_luma(first) - studio_luma(second)) ** 2
        most = round(CROP_DEGREES * self._screen.pixels_per_degree)
        _, top, left, side = densest(difference, most)
        return np.s_[top : top + side, left : left + side]

    def _fitting(self, picture: NDArray[np.uint8], codec: Codec, most_bytes: float) -> bytes:
        """Compress at the finest setting that takes at most `most_bytes`; else at the coarsest."""

        @lru_cache
        def file(quality: int) -> bytes:
            return encode(picture, codec, quality, self._study.plan.encoder)

        low, high = 1, 98
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if len(file(middle)) <= most_bytes else (low, middle - 1)
        return file(low)


def _uri(pixels: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "WEBP", lossless=True, method=4)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
