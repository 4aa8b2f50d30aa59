"""What one photo needs in every way: bytes, and how it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.quality.colorvideovdp import ColorVideoVdp
from pixels.quality.screens import PHONE
from pixels.quality.ssimulacra2 import Ssimulacra2
from pixels.resize import crop_to_multiple
from pixels.sending.codecs import EFFORTS, Codec, decode, encode, enlarged_to, reduce
from pixels.stills.files import read_picture
from plumbing.threads import use_threads
from teacher.enlarging.runner import Enlarger, open_enlarger

# Settings that reach from coarse to excellent, at full size, two thirds and half.
SETTINGS: dict[Codec, dict[Fraction, tuple[int, ...]]] = {
    "AVIF": {
        Fraction(1): (10, 18, 26, 34, 42, 49, 56),
        Fraction(3, 2): (24, 32, 40, 47, 55, 63, 72, 84),
        Fraction(2): (32, 40, 49, 57, 65, 73, 82, 92),
    },
    "WEBP": {
        Fraction(1): (5, 10, 18, 28, 40, 55, 70),
        Fraction(3, 2): (15, 25, 37, 50, 62, 74, 82, 90),
        Fraction(2): (25, 38, 50, 62, 72, 80, 87, 94),
    },
    "JPEG": {
        Fraction(1): (10, 14, 19, 25, 32, 42, 55),
        Fraction(3, 2): (18, 25, 33, 43, 55, 67, 78, 88),
        Fraction(2): (25, 37, 50, 62, 73, 82, 89, 95),
    },
}
FULL, LANCZOS = "full size", "lanczos"
SETTING, BYTES, POINTS, JOD = range(4)

Curve = NDArray[np.float64]
"""(settings, 4): the encoder's setting, bytes, SSIMULACRA2, JOD on a phone."""
Photo = dict[str, Curve]
"""A photo's curves: at full size, enlarged by Lanczos, and by each student."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One photo and one codec."""

    path: Path
    """The photo."""
    codec: Codec
    """How it is sent."""
    models: tuple[str, ...]
    """Students of one scale."""
    long_side_px: int
    """Longer side that the photo is reduced to first."""
    middle_px: int
    """Side of its middle that is measured."""


def measure(work: Work) -> Photo:
    """Send one photo in every way, and have it judged."""
    use_threads(1)
    students = {name: open_enlarger(name) for name in work.models}
    scale = next(iter(students.values())).scale
    ways = {LANCZOS: open_enlarger(LANCZOS, plain_scale=scale), **students}
    photo = crop_to_multiple(_as_shown(work), scale)
    judges = [judge.original(photo) for judge in (Ssimulacra2(), ColorVideoVdp(PHONE))]

    def scored(files: Mapping[int, bytes], shown: Callable[[bytes], NDArray[np.uint8]]) -> Curve:
        rows = []
        for setting, file in files.items():
            picture = shown(file)
            rows.append([setting, len(file), *(judge.score(picture) for judge in judges)])
        return np.array(rows)

    def sent(picture: NDArray[np.uint8], at: Fraction) -> dict[int, bytes]:
        settings = SETTINGS[work.codec][at]
        return {one: encode(picture, work.codec, one, EFFORTS["fast"]) for one in settings}

    small = sent(reduce(photo, "bicubic", scale), scale)
    size = (photo.shape[0], photo.shape[1])
    curves = {name: scored(small, partial(_enlarged, way, size)) for name, way in ways.items()}
    return {FULL: scored(sent(photo, Fraction(1)), decode), **curves}


def _enlarged(way: Enlarger, size: tuple[int, int], file: bytes) -> NDArray[np.uint8]:
    return enlarged_to(way.enlarge(decode(file)), size)


def _as_shown(work: Work) -> NDArray[np.uint8]:
    """Reduce a photo as a page shows it, and take its middle."""
    pixels = read_picture(work.path).rgb
    height, width = pixels.shape[:2]
    share = work.long_side_px / max(height, width)
    if share < 1.0:
        size = (round(width * share), round(height * share))
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
    height, width = pixels.shape[:2]
    top, left = (max(0, (side - work.middle_px) // 2) for side in (height, width))
    return pixels[top : top + work.middle_px, left : left + work.middle_px]
