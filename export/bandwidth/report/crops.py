"""Crops side by side: the original, and what a reader sees for the same number of bytes."""

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

from export.bandwidth.measure import FULL, cut, opened
from export.bandwidth.plan import Plan
from export.bandwidth.study import Photo, Study, full_bytes, half_bytes, points_within
from pixels.color import studio_luma
from pixels.quality.score import Original
from pixels.sending.codecs import Codec, decode, encode, enlarged_to, reduce
from pixels.stills.files import read_picture
from teacher.evaluate_figure import densest

CROP_PX = 96
"""Side of a crop; shown larger."""
_ORIGINAL = "original"


@dataclass(frozen=True, kw_only=True)
class Crop:
    """One column."""

    name: str
    bytes_: int | None
    ssimulacra2: float | None
    """Of the whole photo, not of the crop."""
    image: str
    """A data URI."""


@dataclass(frozen=True, kw_only=True)
class CropRow:
    """One photo."""

    photo: str
    codec: Codec
    told: str
    """Why it is shown."""
    crops: tuple[Crop, ...]


Judge = Callable[[Photo, Codec], float | None]


def by_saving(study: Study, way: str, band: int) -> Judge:
    """Judge a photo by the share of bytes that half size saves; below 0 where it costs bytes."""

    def judge(photo: Photo, codec: Codec) -> float | None:
        full = full_bytes(photo, codec, band)
        half = half_bytes(study.half(photo, codec, way), band)
        return None if full is None or half is None else 1.0 - half / full

    return judge


def by_gain(study: Study, way: str, plain: str, band: int) -> Judge:
    """Judge a photo by the points that a network gains over a plain enlargement of one file."""

    def judge(photo: Photo, codec: Codec) -> float | None:
        full = full_bytes(photo, codec, band)
        if full is None:
            return None
        points = [points_within(study.half(photo, codec, name), full) for name in (way, plain)]
        return None if points[0] is None or points[1] is None else points[0] - points[1]

    return judge


def extremes(
    study: Study, judge: Judge, tell: Callable[[float], str], band: int, plan: Plan
) -> list[CropRow]:
    """Show the best and the worst photo of each codec."""
    rows = []
    for codec in study.codecs:
        judged = [
            (value, photo) for photo in study.photos if (value := judge(photo, codec)) is not None
        ]
        judged.sort(key=lambda entry: entry[0])
        if not judged:
            continue
        shown = [("best", *judged[-1])] + ([("worst", *judged[0])] if len(judged) > 1 else [])
        for word, value, photo in shown:
            target = full_bytes(photo, codec, band)
            assert target is not None
            rows.append(_row(study, photo, codec, target, f"{word}: {tell(value)}", plan))
    return rows


def _row(study: Study, photo: Photo, codec: Codec, target: float, told: str, plan: Plan) -> CropRow:
    pixels = cut(read_picture(Path(photo.path)).rgb, plan.max_side)
    models = {way.name: way.model for way in (*plan.plain, *plan.students)}
    if plan.teacher is not None and study.half(photo, codec, plan.teacher.name):
        models[plan.teacher.name] = plan.teacher.model
    half = reduce(pixels, study.reduction)
    files = {
        FULL: _fitting(pixels, codec, target, plan),
        "half": _fitting(half, codec, target, plan),
    }
    shown = {FULL: decode(files[FULL])}
    received = decode(files["half"])
    for name, model in models.items():
        shown[name] = enlarged_to(opened(model).enlarge(received), photo.size)
    last = shown[(study.students or study.plain)[-1]]
    difference = (studio_luma(last) - studio_luma(shown[study.plain[0]])) ** 2
    _, top, left, side = densest(difference, CROP_PX)
    area = np.s_[top : top + side, left : left + side]
    original = Original(pixels)
    crops = [Crop(name=_ORIGINAL, bytes_=None, ssimulacra2=None, image=_uri(pixels[area]))]
    for name, picture in shown.items():
        crops.append(
            Crop(
                name=name,
                bytes_=len(files[FULL] if name == FULL else files["half"]),
                ssimulacra2=original.ssimulacra2(picture),
                image=_uri(picture[area]),
            )
        )
    return CropRow(photo=photo.name, codec=codec, told=told, crops=tuple(crops))


def _fitting(picture: NDArray[np.uint8], codec: Codec, target: float, plan: Plan) -> bytes:
    """Find the finest setting whose file has at most so many bytes; else the coarsest."""

    @lru_cache
    def file(quality: int) -> bytes:
        return encode(picture, codec, quality, avif_speed=plan.avif_speed)

    low, high = 1, 98
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(file(middle)) <= target else (low, middle - 1)
    return file(low)


def _uri(pixels: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "WEBP", lossless=True, method=4)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
