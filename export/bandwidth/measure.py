"""One photo's rate-quality points: every codec, form and enlargement. The work of one process.

What was measured is kept in a file for each photo, point by point, keyed by everything that a point
depends on: a stopped run goes on, and a further student or quality costs only its own points.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.bandwidth.picture_class import PictureClass, picture_class
from export.delivery.enlarging import open_for_page
from pixels.quality.score import SMALLEST_PX, Original
from pixels.sending.codecs import Codec, Reduction, decode, encode, enlarged_to, reduce
from pixels.stills.files import ImageError, read_picture
from plumbing.command import UserError
from plumbing.disk import sha256_of, whole_file
from teacher.enlarging.runner import Enlarger

FULL = "full size"
"""The way of a photo that is sent as it is."""
_VERSION = 1  # of what a point means; raised when the same key would give other figures
_MOST_DB = 99.0  # stands for infinity, which JSON has no word for


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to enlarge a half-size photo."""

    name: str
    """For reports."""
    model: str
    """What `open_for_page` takes."""
    fingerprint: str
    """Hash of the model's file; the name of a way that needs none."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """A form of the photo that is sent, and how it is shown."""

    codec: Codec
    reduction: Reduction | None
    """None for full size."""
    ways: tuple[Way, ...] = ()
    """None for full size."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to measure of one photo."""

    photo: Path
    name: str
    cache: Path
    series: tuple[Series, ...]
    qualities: tuple[int, ...]
    half_qualities: tuple[int, ...]
    avif_speed: int
    max_side: int | None

    def qualities_of(self, series: Series) -> tuple[int, ...]:
        """Give the encoder's settings for a form."""
        return self.qualities if series.reduction is None else self.half_qualities


@dataclass(frozen=True, kw_only=True)
class Point:
    """One file, as it is shown."""

    quality: int
    bytes_: int
    ssimulacra2: float
    psnr: float
    ssim: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The points of one codec, form and way."""

    codec: Codec
    way: str
    reduction: Reduction | None
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Everything that was measured of a photo; or why it could not be."""

    name: str
    sha256: str = ""
    size: tuple[int, int] = (0, 0)
    """Of the part that was measured, (height, width)."""
    kind: PictureClass = "smooth"
    curves: tuple[Curve, ...] = ()
    problem: str | None = None
    path: str = ""
    """Of the file, to cut crops from."""


def measure_photo(task: Task) -> Measured:
    """Measure a photo, or read what was measured of it before.

    A pure function of the file's bytes and the settings: nothing depends on the order of the work.
    """
    try:
        sha256 = sha256_of(task.photo)
        photo = cut(read_picture(task.photo).rgb, task.max_side)
    except (ImageError, OSError) as error:
        return Measured(name=task.name, problem=str(error))
    if min(photo.shape[:2]) < SMALLEST_PX:
        return Measured(
            name=task.name,
            problem=f"{task.photo} is too small: {SMALLEST_PX} pixels a side are needed",
        )
    known = _Known(task.cache / f"{sha256[:32]}-{photo.shape[1]}x{photo.shape[0]}.json")
    prepared: list[Original] = []  # only where something is missing

    def original() -> Original:
        if not prepared:
            prepared.append(Original(photo))
        return prepared[0]

    curves: list[Curve] = []
    for series in task.series:
        for quality in task.qualities_of(series):
            keys = _keys(series, quality, task.avif_speed)
            if all(key in known.points for key in keys):
                continue
            sent = photo if series.reduction is None else reduce(photo, series.reduction)
            content = encode(sent, series.codec, quality, avif_speed=task.avif_speed)
            for key, shown in _shown(series, keys, content, photo, known.points):
                score = original().score(shown)
                point = Point(quality=quality, bytes_=len(content), **asdict(score))
                known.points[key] = asdict(point) | {"psnr": min(point.psnr, _MOST_DB)}
        known.save()
        curves += _curves(series, task, known.points)
    return Measured(
        name=task.name,
        sha256=sha256,
        size=(photo.shape[0], photo.shape[1]),
        kind=picture_class(photo),
        curves=tuple(curves),
        path=str(task.photo),
    )


def cut(photo: NDArray[np.uint8], max_side: int | None) -> NDArray[np.uint8]:
    """Cut out the middle, at most `max_side` pixels a side; None keeps the whole."""
    if max_side is None:
        return photo
    starts = [max(0, (length - max_side) // 2) for length in photo.shape[:2]]
    part = photo[starts[0] : starts[0] + max_side, starts[1] : starts[1] + max_side]
    return np.ascontiguousarray(part)


@lru_cache(maxsize=16)
def opened(model: str) -> Enlarger:
    """Open an enlarger once in a process."""
    enlarger = open_for_page(model)
    if enlarger.scale != 2:
        raise UserError(f"--model {model} enlarges x{enlarger.scale}: half-size photos need x2")
    return enlarger


def _shown(
    series: Series,
    keys: Sequence[str],
    content: bytes,
    photo: NDArray[np.uint8],
    points: dict[str, dict[str, Any]],
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Decode a file and enlarge it in every way that was not measured yet."""
    received = decode(content)
    if series.reduction is None:
        yield keys[0], received
        return
    for key, way in zip(keys, series.ways, strict=True):
        if key not in points:
            larger = opened(way.model).enlarge(received)
            yield key, enlarged_to(larger, (photo.shape[0], photo.shape[1]))


def _keys(series: Series, quality: int, avif_speed: int) -> list[str]:
    """Name a file's points by all that they depend on."""
    effort = f"-speed{avif_speed}" if series.codec == "AVIF" else ""
    file = f"{series.codec}{effort}-q{quality}-{series.reduction or 'full'}"
    return [f"{file}-{way.fingerprint}" for way in series.ways] or [file]


def _curves(series: Series, task: Task, points: dict[str, dict[str, Any]]) -> list[Curve]:
    names = [way.name for way in series.ways] or [FULL]
    keys = [_keys(series, quality, task.avif_speed) for quality in task.qualities_of(series)]
    return [
        Curve(
            codec=series.codec,
            way=name,
            reduction=series.reduction,
            points=tuple(Point(**points[at_quality[number]]) for at_quality in keys),
        )
        for number, name in enumerate(names)
    ]


class _Known:
    """The file that keeps what was measured of a photo."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.points: dict[str, dict[str, Any]] = {}
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["version"] == _VERSION:
                self.points = content["points"]
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing was measured, or it cannot be trusted: it is measured again
        self._saved = len(self.points)

    def save(self) -> None:
        if len(self.points) == self._saved:
            return
        with whole_file(self._path) as temporary:
            content = {"version": _VERSION, "points": self.points}
            temporary.write_text(json.dumps(content), encoding="utf-8")
        self._saved = len(self.points)
