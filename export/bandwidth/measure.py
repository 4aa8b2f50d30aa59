"""Measure photos: bytes and quality of every codec, setting, size and enlargement.

Finished points are kept in one file for each photo, under a key that holds everything a point
depends on. A stopped run continues where it was, and another student or setting costs only its own
points.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.bandwidth.judging import SSIMULACRA2
from export.bandwidth.picture_class import PictureClass, picture_class
from export.bandwidth.plan import FULL, MeasureTask, Series
from export.delivery.reducing import SentReduction, reduced, version_of
from pixels.quality.judge import JudgedOriginal
from pixels.quality.score import SMALLEST_PX, Original
from pixels.scale import HALF, scale_name
from pixels.sending.codecs import Codec, decode, encode, enlarged_to
from pixels.stills.files import ImageError, read_picture
from plumbing.command import UserError
from plumbing.disk import sha256_of, whole_file
from plumbing.names import as_text
from plumbing.parallel import in_order
from plumbing.progress import progress_bar

_VERSION = 1  # of the meaning of a point: raise it when the same key would give other figures
_MOST_DB = 99.0  # stands for infinity, which JSON cannot express
_WITHOUT_SCREEN = (SSIMULACRA2, "psnr", "ssim")


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """One file: its bytes, and the quality of what a reader sees."""

    quality: int
    """The encoder's setting."""
    bytes_: int
    scores: Mapping[str, float]
    """By each judge, under its key (`Judging.key`); and `psnr` and `ssim`, of luma: dB, at most 99,
    and at most 1."""


@dataclass(frozen=True, kw_only=True)
class RateCurve:
    """The points of one codec, reduction and enlargement, in the order of the settings."""

    codec: Codec
    way: str
    """Name of the enlargement; `FULL` at full size."""
    reduction: SentReduction | None
    """None for full size."""
    scale: Fraction | None
    """How many times smaller the photo was sent; None for full size."""
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
    Whatever goes wrong with the photo itself is its problem, and does not end the study.

    Raises:
        UserError: A model cannot be opened.
        OSError: The measurements cannot be kept.
    """
    try:
        sha256 = sha256_of(task.photo)
        photo = middle_of(read_picture(task.photo).rgb, task.max_side)
    except Exception as error:
        is_said = isinstance(error, ImageError | OSError)
        return _not_measured(task, str(error) if is_said else _reason(task, error))
    if min(photo.shape[:2]) < SMALLEST_PX:
        need = f"each side must have at least {SMALLEST_PX} pixels"
        return _not_measured(task, f"{task.photo} is too small: {need}")
    known = _KnownPoints(task.cache / f"{sha256[:32]}-{photo.shape[1]}x{photo.shape[0]}.json")
    try:
        return PhotoCurves(
            name=task.name,
            size=(photo.shape[0], photo.shape[1]),
            kind=picture_class(photo),
            curves=tuple(_Measurement(task, photo, known).curves()),
            path=str(task.photo),
        )
    except Exception as error:
        # What the system says (a full disk) and what is wrong with a model is about all photos.
        if isinstance(error, UserError) or (isinstance(error, OSError) and error.errno):
            raise
        return _not_measured(task, _reason(task, error))


def _not_measured(task: MeasureTask, why: str) -> PhotoCurves:
    return PhotoCurves(name=task.name, problem=as_text(why))


def _reason(task: MeasureTask, error: Exception) -> str:
    return f"{task.photo}: cannot be measured ({type(error).__name__}: {error})"


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
        self.changed = False
        """Whether there is something to save."""

    def save(self) -> None:
        """Write the file if there are new points or scores."""
        if not self.changed:
            return
        with whole_file(self._path) as temporary:
            content = {"version": _VERSION, "points": self.points}
            temporary.write_text(json.dumps(content), encoding="utf-8")
        self.changed = False


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
        """The photo, prepared for all measures that need no screen; only where one is missing."""
        return Original(self._photo)

    @cached_property
    def _judged(self) -> dict[str, JudgedOriginal]:
        """The photo, prepared for the judges of each screen."""
        return {
            judging.key: judging.judge.original(self._photo)
            for judging in self._task.judgings
            if judging.screen is not None
        }

    @cached_property
    def _wanted(self) -> tuple[str, ...]:
        keys = [judging.key for judging in self._task.judgings if judging.key != SSIMULACRA2]
        return (*_WITHOUT_SCREEN, *keys)

    def _measure(self, series: Series, quality: int) -> None:
        """Compress the photo once, and have all judges score what each enlargement makes of it."""
        photo, points = self._photo, self._known.points
        keys = self._keys(series, quality)
        if not any(self._missing(key) for key in keys):
            return
        sent = photo
        if series.reduction is not None:
            sent = reduced(photo, series.reduction, series.scale or HALF)
        content = encode(sent, series.codec, quality, self._task.encoder)
        for key, shown in self._shown(series, keys, decode(content)):
            scores = self._scores(shown, self._missing(key))
            known = points.get(key, {})
            points[key] = {"quality": quality, "bytes_": len(content)} | known | scores
            self._known.changed = True

    def _missing(self, key: str) -> list[str]:
        """Name the measures that a point lacks: of a study with fewer judges, some are there."""
        known = self._known.points.get(key, {})
        return [name for name in self._wanted if name not in known]

    def _scores(self, shown: NDArray[np.uint8], wanted: Sequence[str]) -> dict[str, float]:
        scores = {
            name: judged.score(shown) for name, judged in self._judged.items() if name in wanted
        }
        if set(wanted) & set(_WITHOUT_SCREEN):
            score = self._original.score(shown)
            scores |= {SSIMULACRA2: score.ssimulacra2, "ssim": score.ssim}
            scores["psnr"] = min(score.psnr, _MOST_DB)
        return scores

    def _shown(
        self, series: Series, keys: Sequence[str], received: NDArray[np.uint8]
    ) -> Iterator[tuple[str, NDArray[np.uint8]]]:
        """Enlarge a decoded file in every way that is still missing, to the photo's size."""
        if series.reduction is None:
            yield keys[0], received
            return
        size = (self._photo.shape[0], self._photo.shape[1])
        for key, enlargement in zip(keys, series.enlargements, strict=True):
            if self._missing(key):
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
                scale=series.scale,
                points=tuple(
                    CurvePoint(
                        quality=point["quality"],
                        bytes_=point["bytes_"],
                        scores={name: point[name] for name in self._wanted},
                    )
                    for point in points
                ),
            )

    def _keys(self, series: Series, quality: int) -> list[str]:
        """Name the points of one file: one for each enlargement, or one at full size."""
        effort = self._task.encoder
        encoders: dict[Codec, str] = {
            "AVIF": f"-speed{effort.avif_speed}",
            "JPEG": "-jpegli" if effort.jpegli else "",
            "WEBP": f"-method{effort.webp_method}",
        }
        encoder = f"{series.codec}{encoders[series.codec]}"
        reduction = "full"
        if series.reduction is not None:
            reduction = version_of(series.reduction, series.scale or HALF)
        file = f"{encoder}-q{quality}-{reduction}"
        if series.scale not in (None, HALF):
            file += f"-by-{scale_name(series.scale)}"
        return [f"{file}-{entry.fingerprint}" for entry in series.enlargements] or [file]
