"""Plan a study, and let processes measure it photo by photo."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from export.bandwidth.measure import (
    Measured,
    Series,
    Task,
    Way,
    measure_photo,
    opened,
)
from export.delivery.enlarging import BROWSER, PLAIN_WAYS
from export.delivery.scripts import runtime_gzip_bytes
from export.delivery.student import is_for_browsers, read_student
from export.onnx.form import FILE
from export.pipeline.card import CARD
from pixels.sending.codecs import REDUCTIONS, Codec, Reduction
from pixels.stills.files import list_pictures
from pixels.store.shards import split_of
from plumbing.command import UserError
from plumbing.disk import gzip_size, sha256_of
from plumbing.parallel import in_order
from plumbing.progress import progress_bar, track
from teacher.runs.folder import load_network, read_record

PLAIN_NAMES = (BROWSER, "lanczos")
"""The browser's own enlargement, and the best that needs no network."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that is to be measured."""

    photos: tuple[Path, ...]
    held_out: Path | None
    held_out_photos: int
    cache: Path
    students: tuple[Way, ...]
    teacher: Way | None
    teacher_photos: int
    codecs: tuple[Codec, ...]
    qualities: tuple[int, ...]
    half_qualities: tuple[int, ...]
    reduction: Reduction
    reduction_photos: int
    max_side: int | None
    avif_speed: int

    @property
    def plain(self) -> tuple[Way, ...]:
        """The ways that need no network."""
        return tuple(Way(name=name, model=name, fingerprint=name) for name in PLAIN_NAMES)


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a reader downloads once, in gzipped bytes."""

    runtime: int | None
    """Of the scripts; None where they are not built."""
    models: dict[str, int]
    """Of each student."""

    def added(self, way: str) -> int:
        """Runtime and model together."""
        return (self.runtime or 0) + self.models.get(way, 0)


def open_ways(models: Sequence[Path], teacher: Path | None) -> tuple[list[Way], Way | None]:
    """Open what `--model` and `--teacher` name, before any photo is touched.

    Raises:
        UserError: One cannot be read, does not double, or two have the same name.
    """
    ways = [_way(path) for path in models]
    names = [way.name for way in ways]
    teacher_way = None if teacher is None else _way(teacher)
    if teacher_way is not None:
        names.append(teacher_way.name)
    twice = {name for name in names if names.count(name) > 1 or name in PLAIN_NAMES}
    if twice:
        raise UserError(
            f"--model and --teacher: {', '.join(sorted(twice))} would stand for two things in the "
            "report; rename one of the folders"
        )
    return ways, teacher_way


def _way(path: Path) -> Way:
    name, exported = opened(str(path)).name, path / FILE
    if str(path) in PLAIN_WAYS:
        return Way(name=name, model=name, fingerprint=name)
    if exported.is_file():
        fingerprint = sha256_of(exported)
    elif path.is_file():
        fingerprint = sha256_of(path)
    elif is_for_browsers(path):
        fingerprint = read_student(path).sha256
    else:
        fingerprint = read_record(path).weights_sha256
    return Way(name=name, model=str(path), fingerprint=fingerprint[:16])


def costs_of(students: Sequence[Way], runtime: int | None) -> Costs:
    """Count what a reader downloads."""
    return Costs(
        runtime=runtime_gzip_bytes("compact") if runtime is None else runtime,
        models={way.name: model_bytes(Path(way.model)) for way in students},
    )


def model_bytes(path: Path) -> int:
    """Gzipped bytes of a model: of an export, its files; of a run, its weights as float16."""
    if str(path) in PLAIN_WAYS:
        return 0
    if (path / CARD).is_file():
        card = json.loads((path / CARD).read_text(encoding="utf-8"))
        return sum(file["gzip_bytes"] for file in card["files"].values())
    if path.is_file() or (path / FILE).is_file():
        return gzip_size((path if path.is_file() else path / FILE).read_bytes())
    network, _ = load_network(path)
    return gzip_size(b"".join(p.detach().half().numpy().tobytes() for p in network.parameters()))


def measure_all(plan: Plan, jobs: int) -> list[Measured]:
    """Measure every photo, several at a time; photos come in a fixed order.

    Raises:
        UserError: There are no photos, or a worker was killed.
    """
    tasks = _tasks(plan)
    plan.cache.mkdir(parents=True, exist_ok=True)
    results = []
    with progress_bar() as progress:
        bar = progress.add_task("measuring", total=len(tasks), note="")
        workers = max(1, min(jobs, len(tasks)))
        for measured in in_order(measure_photo, tasks, workers=workers, processes=True):
            results.append(measured)
            progress.update(bar, advance=1, note=measured.name)
    return results


def _tasks(plan: Plan) -> list[Task]:
    photos = _listed(plan)
    with_teacher = _spread_evenly(len(photos), plan.teacher_photos)
    with_reductions = _spread_evenly(len(photos), plan.reduction_photos)
    tasks = []
    for number, (name, photo) in enumerate(photos):
        ways = (*plan.plain, *plan.students)
        tried: tuple[Reduction, ...] = REDUCTIONS if number in with_reductions else ()
        series = []
        for codec in plan.codecs:
            teacher = (plan.teacher,) if plan.teacher and number in with_teacher else ()
            series.append(Series(codec=codec, reduction=None))
            series.append(Series(codec=codec, reduction=plan.reduction, ways=(*ways, *teacher)))
            for reduction in tried:
                if reduction != plan.reduction:
                    series.append(Series(codec=codec, reduction=reduction, ways=ways))
        tasks.append(
            Task(
                photo=photo,
                name=name,
                cache=plan.cache,
                series=tuple(series),
                qualities=plan.qualities,
                half_qualities=plan.half_qualities,
                avif_speed=plan.avif_speed,
                max_side=plan.max_side,
            )
        )
    return tasks


def _listed(plan: Plan) -> list[tuple[str, Path]]:
    """List photos with their names, each content once."""
    found: dict[str, tuple[str, Path]] = {}
    for path in plan.photos:
        found |= {key: entry for key, entry in _named(path).items() if key not in found}
    if plan.held_out is not None:
        kept = [
            (sha256, entry)
            for sha256, entry in _named(plan.held_out).items()
            if split_of(sha256) != "train" and sha256 not in found
        ]
        chosen = _spread_evenly(len(kept), plan.held_out_photos)
        found |= dict(kept[number] for number in sorted(chosen))
    if not found:
        raise UserError(f"--held-out {plan.held_out}: every photo was for training")
    return list(found.values())


def _named(path: Path) -> dict[str, tuple[str, Path]]:
    """Name the photos of a folder, or a single one, by their contents' hashes."""
    if path.is_file():
        return {sha256_of(path): (path.name, path)}
    listed = track(list_pictures(path), f"reading {path.name}")
    return {
        sha256_of(photo): (f"{path.name}/{photo.relative_to(path).as_posix()}", photo)
        for photo in listed
    }


def _spread_evenly(count: int, wanted: int) -> set[int]:
    wanted = min(count, wanted)
    return {int((number + 0.5) * count / wanted) for number in range(wanted)}
