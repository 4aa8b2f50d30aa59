"""Measure photos: bytes and quality of every codec, setting, size and enlargement.

Finished points are kept in one file for each photo, under a key that holds everything a point
depends on. A stopped run continues where it was, and another student or setting costs only its own
points.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.bandwidth.picture_class import PictureClass, picture_class
from export.bandwidth.plan import FULL, MeasureTask, Series
from pixels.quality.score import SMALLEST_PX, Original
from pixels.sending.codecs import Codec, Reduction, decode, encode, enlarged_to, reduce
from pixels.stills.files import ImageError, read_picture
from plumbing.disk import sha256_of, whole_file
from plumbing.parallel import in_order
from plumbing.progress import progress_bar

_VERSION = 1  # of the meaning of a point: raise it when the same key would give other figures
_MOST_DB = 99.0  # stands for infinity, which JSON cannot express


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """One file: its bytes, and the quality of what a reader sees."""

    quality: int
    """The encoder's setting."""
    bytes_: int
    ssimulacra2: float
    psnr: float
    """Of luma, in dB, at most 99."""
    ssim: float
    """Of luma."""


@dataclass(frozen=True, kw_only=True)
class RateCurve:
    """The points of one codec, reduction and enlargement, in the order of the settings."""

    codec: Codec
    way: str
    """Name of the enlargement; `FULL` at full size."""
    reduction: Reduction | None
    """None for full size."""
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True, kw_only=True)
class PhotoCurves:
    """Everything measured of one photo; or why it could not be measured."""

    name: str
    size: tuple[int, int] = (0, 0)
    """(height, width) of the measured part."""
    kind: PictureClass = "smooth"
    curves: tuple[RateCurve, ...] = ()
    problem: str | None = None
    """A sentence that names the file; None for a measured photo."""
    path: str = ""
    """The file, to cut crops from."""


def measure_photos(tasks: Sequence[MeasureTask], jobs: int) -> list[PhotoCurves]:
    """Measure photos, several at a time; results come in the order of the tasks.

    Args:
        tasks: At least one.
        jobs: Number of processes; with 1 none is started.

    Raises:
        UserError: A worker process was killed.
    """
    for cache in {task.cache for task in tasks}:
        cache.mkdir(parents=True, exist_ok=True)
    results = []
    with progress_bar() as progress:
        bar = progress.add_task("measuring", total=len(tasks), note="")
        workers = max(1, min(jobs, len(tasks)))
        for result in in_order(measure_photo, tasks, workers=workers, processes=True):
            results.append(result)
            progress.update(bar, advance=1, note=result.name)
    return results


def measure_photo(task: MeasureTask) -> PhotoCurves:
    """Measure one photo, or read what was measured before.

    A pure function of the file's bytes and the settings: the order of the work does not matter.
    """
    try:
        sha256 = sha256_of(task.photo)
        photo = middle_of(read_picture(task.photo).rgb, task.max_side)
    except (ImageError, OSError) as error:
        return PhotoCurves(name=task.name, problem=str(error))
    if min(photo.shape[:2]) < SMALLEST_PX:
        return PhotoCurves(
            name=task.name,
            problem=f"{task.photo} is too small: each side must have at least {SMALLEST_PX} pixels",
        )
    known = _KnownPoints(task.cache / f"{sha256[:32]}-{photo.shape[1]}x{photo.shape[0]}.json")
    return PhotoCurves(
        name=task.name,
        size=(photo.shape[0], photo.shape[1]),
        kind=picture_class(photo),
        curves=tuple(_Measurement(task, photo, known).curves()),
        path=str(task.photo),
    )


def middle_of(photo: NDArray[np.uint8], max_side: int | None) -> NDArray[np.uint8]:
    """Cut out the middle of a photo, at most `max_side` pixels a side; None keeps all of it."""
    if max_side is None:
        return photo
    starts = [max(0, (length - max_side) // 2) for length in photo.shape[:2]]
    part = photo[starts[0] : starts[0] + max_side, starts[1] : starts[1] + max_side]
    return np.ascontiguousarray(part)


class _KnownPoints:
    """The points measured of one photo, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.points: dict[str, dict[str, Any]] = {}
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["version"] == _VERSION:
                self.points = content["points"]
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing was measured yet, or the file is damaged: measure again
        self._saved = len(self.points)

    def save(self) -> None:
        """Write the file if there are new points."""
        if len(self.points) == self._saved:
            return
        with whole_file(self._path) as temporary:
            content = {"version": _VERSION, "points": self.points}
            temporary.write_text(json.dumps(content), encoding="utf-8")
        self._saved = len(self.points)


class _Measurement:
    """One photo, measured series by series."""

    def __init__(self, task: MeasureTask, photo: NDArray[np.uint8], known: _KnownPoints) -> None:
        self._task, self._photo, self._known = task, photo, known

    def curves(self) -> Iterator[RateCurve]:
        """Measure what is missing, save it after each series, and yield all curves."""
        for series in self._task.series:
            for quality in self._task.qualities_of(series):
                self._measure(series, quality)
            self._known.save()
            yield from self._curves_of(series)

    @cached_property
    def _original(self) -> Original:
        """The photo, prepared for scoring; only where a point is missing."""
        return Original(self._photo)

    def _measure(self, series: Series, quality: int) -> None:
        """Compress the photo once, and score what each enlargement makes of the file."""
        photo, points = self._photo, self._known.points
        keys = self._keys(series, quality)
        if all(key in points for key in keys):
            return
        sent = photo if series.reduction is None else reduce(photo, series.reduction)
        content = encode(sent, series.codec, quality, self._task.encoder)
        for key, shown in self._shown(series, keys, decode(content)):
            score = self._original.score(shown)
            point = CurvePoint(quality=quality, bytes_=len(content), **asdict(score))
            points[key] = asdict(point) | {"psnr": min(point.psnr, _MOST_DB)}

    def _shown(
        self, series: Series, keys: Sequence[str], received: NDArray[np.uint8]
    ) -> Iterator[tuple[str, NDArray[np.uint8]]]:
        """Enlarge a decoded file in every way that is still missing, to the photo's size."""
        if series.reduction is None:
            yield keys[0], received
            return
        size = (self._photo.shape[0], self._photo.shape[1])
        for key, enlargement in zip(keys, series.enlargements, strict=True):
            if key not in self._known.points:
                yield key, enlarged_to(enlargement.open().enlarge(received), size)

    def _curves_of(self, series: Series) -> Iterator[RateCurve]:
        names = [enlargement.name for enlargement in series.enlargements] or [FULL]
        keys = [self._keys(series, quality) for quality in self._task.qualities_of(series)]
        for number, name in enumerate(names):
            points = [self._known.points[of_quality[number]] for of_quality in keys]
            yield RateCurve(
                codec=series.codec,
                way=name,
                reduction=series.reduction,
                points=tuple(CurvePoint(**point) for point in points),
            )

    def _keys(self, series: Series, quality: int) -> list[str]:
        """Name the points of one file: one for each enlargement, or one at full size."""
        effort = f"-speed{self._task.encoder.avif_speed}" if series.codec == "AVIF" else ""
        file = f"{series.codec}{effort}-q{quality}-{series.reduction or 'full'}"
        return [f"{file}-{entry.fingerprint}" for entry in series.enlargements] or [file]
