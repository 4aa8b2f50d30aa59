"""Plan a study: which photos are measured, in which codecs, settings and enlargements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from export.bandwidth.judging import Judging
from export.delivery.enlarging import BROWSER, PLAIN_WAYS, open_for_page
from export.delivery.reducing import SENT_REDUCTIONS, SentReduction, able_reductions
from export.delivery.student import read_student
from pixels.scale import HALF, scale_name
from pixels.sending.codecs import Codec, EncoderSettings
from pixels.stills.listing import list_pictures
from pixels.store.shards import split_of
from plumbing.command import UserError
from plumbing.disk import sha256_of
from plumbing.names import as_text
from plumbing.progress import track
from teacher.enlarging.runner import Enlarger
from teacher.runs.models import find_model
from teacher.runs.record import read_record

FULL = "full size"
"""Used as the name of the enlargement where a photo is sent at full size."""
PLAIN_NAMES = (BROWSER, "lanczos")
"""The browser's own enlargement, and the best one that needs no network."""


@dataclass(frozen=True, kw_only=True)
class Enlargement:
    """One way to enlarge a reduced photo: the browser's own, a filter, a student or a teacher.

    Tables and files call its name the `way`.
    """

    name: str
    """Its name in the report, which no other enlargement of the study has."""
    model: str
    """What `open_for_page` takes."""
    fingerprint: str
    """Start of the SHA-256 of the model's file; without a model, its name."""
    scale: Fraction = HALF
    """How many times it enlarges."""

    def open(self) -> Enlarger:
        """Open it, once in a process.

        Raises:
            UserError: It cannot be read.
        """
        return _opened(self.model, self.scale)


@dataclass(frozen=True, kw_only=True)
class Series:
    """Files of one codec, at full size or after one reduction, and how a page shows them."""

    codec: Codec
    reduction: SentReduction | None
    """None for full size."""
    scale: Fraction | None = None
    """How many times smaller the photo is sent; None for full size."""
    enlargements: tuple[Enlargement, ...] = ()
    """Empty for full size."""


@dataclass(frozen=True, kw_only=True)
class MeasureTask:
    """What to measure of one photo: the unit of work of one process."""

    photo: Path
    name: str
    """The photo's name in the report."""
    cache: Path
    """Folder of finished measurements."""
    series: tuple[Series, ...]
    qualities: tuple[int, ...]
    reduced_qualities: tuple[int, ...]
    judgings: tuple[Judging, ...]
    encoder: EncoderSettings
    max_side: int | None

    def qualities_of(self, series: Series) -> tuple[int, ...]:
        """Return the encoder settings to measure in a series."""
        return self.qualities if series.reduction is None else self.reduced_qualities


@dataclass(frozen=True, kw_only=True)
class StudyPlan:
    """Everything a study measures, and the qualities at which it compares."""

    photos: tuple[Path, ...]
    """Folders or single files."""
    held_out: Path | None
    """A training folder, of which only photos outside the training split are measured."""
    held_out_photos: int
    cache: Path
    """Folder of finished measurements."""
    students: tuple[Enlargement, ...]
    teacher: Enlargement | None
    teacher_photos: int
    codecs: tuple[Codec, ...]
    qualities: tuple[int, ...]
    """Encoder settings at full size."""
    reduced_qualities: tuple[int, ...]
    """Encoder settings at every reduced size."""
    judgings: tuple[Judging, ...]
    """Who judges, and at which scores bytes are compared; SSIMULACRA2 is the first."""
    reduction: SentReduction
    """How photos are reduced."""
    reduction_photos: int
    """Number of photos on which every reduction is measured."""
    max_side: int | None
    encoder: EncoderSettings

    @property
    def plain(self) -> tuple[Enlargement, ...]:
        """The enlargements without a network, scale by scale; the browser's own come first."""
        return tuple(
            plain_enlargement(name, scale, self.scales)
            for scale in self.scales
            for name in PLAIN_NAMES
        )

    @property
    def scales(self) -> tuple[Fraction, ...]:
        """How many times smaller photos are sent, the smallest file first."""
        return scales_of(self._networks)

    @property
    def enlargements(self) -> tuple[Enlargement, ...]:
        """All enlargements, plain ones first."""
        return (*self.plain, *self._networks)

    @property
    def _networks(self) -> tuple[Enlargement, ...]:
        return self.students if self.teacher is None else (*self.students, self.teacher)

    @property
    def reductions(self) -> tuple[SentReduction, ...]:
        """All reductions to compare, measured on some photos only."""
        return self._able_reductions if self.reduction_photos else ()

    @property
    def _able_reductions(self) -> tuple[SentReduction, ...]:
        """Those that there are for every scale."""
        able = SENT_REDUCTIONS
        for scale in self.scales:
            able = able_reductions(able, scale)
        return able

    def tasks(self) -> list[MeasureTask]:
        """List the photos and what to measure of each, in a fixed order.

        Raises:
            UserError: There are no photos.
        """
        photos = self._list_photos()
        with_teacher = _spread_evenly(len(photos), self.teacher_photos)
        with_reductions = _spread_evenly(len(photos), self.reduction_photos)
        return [
            MeasureTask(
                photo=photo,
                name=name,
                cache=self.cache,
                series=self._series(
                    teacher=number in with_teacher, reductions=number in with_reductions
                ),
                qualities=self.qualities,
                reduced_qualities=self.reduced_qualities,
                judgings=self.judgings,
                encoder=self.encoder,
                max_side=self.max_side,
            )
            for number, (name, photo) in enumerate(photos)
        ]

    def _series(self, *, teacher: bool, reductions: bool) -> tuple[Series, ...]:
        common = (*self.plain, *self.students)
        slow = (self.teacher,) if self.teacher is not None and teacher else ()
        others: list[SentReduction] = []
        if reductions:
            others = [other for other in self._able_reductions if other != self.reduction]
        series = []
        for codec in self.codecs:
            series.append(Series(codec=codec, reduction=None))
            for scale in self.scales:
                quick = tuple(entry for entry in common if entry.scale == scale)
                tried = (*quick, *(entry for entry in slow if entry.scale == scale))
                reduced = Series(
                    codec=codec, reduction=self.reduction, scale=scale, enlargements=tried
                )
                series.append(reduced)
                series += [replace(reduced, reduction=r, enlargements=quick) for r in others]
        return tuple(series)

    def _list_photos(self) -> list[tuple[str, Path]]:
        """List the photos with their names; photos with the same bytes count once."""
        found: dict[str, tuple[str, Path]] = {}
        for path in self.photos:
            for sha256, entry in _named_by_hash(path).items():
                found.setdefault(sha256, entry)
        if self.held_out is not None:
            kept = [
                (sha256, entry)
                for sha256, entry in _named_by_hash(self.held_out).items()
                if split_of(sha256) != "train" and sha256 not in found
            ]
            chosen = _spread_evenly(len(kept), self.held_out_photos)
            found |= dict(kept[number] for number in sorted(chosen))
        if not found:
            raise UserError(f"--held-out {self.held_out}: all photos belong to the training split")
        return list(found.values())


def open_enlargements(
    models: Sequence[Path], teacher: Path | None
) -> tuple[tuple[Enlargement, ...], Enlargement | None]:
    """Open what `--model` and `--teacher` name, before any photo is read.

    Returns:
        The students and the teacher.

    Raises:
        UserError: A model cannot be read, or two have the same name.
    """
    networks = [_network(path) for path in models if str(path) not in PLAIN_WAYS]
    last = None if teacher is None or str(teacher) in PLAIN_WAYS else _network(teacher)
    scales = scales_of((*networks, *([] if last is None else [last])))
    # A filter that is named like a model enlarges all that is sent.
    filters = [str(path) for path in models if str(path) in PLAIN_WAYS]
    students = [
        *networks,
        *(plain_enlargement(name, scale, scales) for name in filters for scale in scales),
    ]
    if teacher is not None and last is None:
        last = plain_enlargement(str(teacher), scales[0], scales)
    taken = [
        plain_enlargement(name, scale, scales).name for name in PLAIN_NAMES for scale in scales
    ]
    names = [entry.name for entry in (*students, *([] if last is None else [last]))]
    repeated = {name for name in names if names.count(name) > 1 or name in taken}
    if repeated:
        raise UserError(
            f"--model and --teacher: {', '.join(sorted(repeated))} would be the name of two things "
            "in the report; rename one of the folders"
        )
    return tuple(students), last


def plain_enlargement(name: str, scale: Fraction, scales: Sequence[Fraction]) -> Enlargement:
    """Name an enlargement without a network, with its scale if a study has several."""
    shown = name if len(scales) == 1 else f"{name} {scale_name(scale)}"
    return Enlargement(name=shown, model=name, fingerprint=name, scale=scale)


def scales_of(enlargements: Sequence[Enlargement]) -> tuple[Fraction, ...]:
    """List the scales of networks, the largest first; half size without any network."""
    return tuple(sorted({entry.scale for entry in enlargements}, reverse=True)) or (HALF,)


def _network(path: Path) -> Enlargement:
    opened, found = _opened(str(path), HALF), find_model(path)
    if found.kind == "onnx":
        fingerprint = sha256_of(found.file)
    elif found.kind == "run":
        fingerprint = read_record(found.path).weights_sha256
    else:
        fingerprint = read_student(found.path).sha256
    return Enlargement(
        name=opened.name, model=str(path), fingerprint=fingerprint[:16], scale=opened.scale
    )


@lru_cache(maxsize=16)
def _opened(model: str, plain_scale: Fraction) -> Enlarger:
    return open_for_page(model, scale=plain_scale)


def _named_by_hash(path: Path) -> dict[str, tuple[str, Path]]:
    """Map SHA-256 to name and path, for the photos of a folder or for a single photo."""
    if path.is_file():
        return {sha256_of(path): (as_text(path.name), path)}
    listed = track(list_pictures(path), f"reading {path.name}")
    return {
        sha256_of(photo): (as_text(f"{path.name}/{photo.relative_to(path).as_posix()}"), photo)
        for photo in listed
    }


def _spread_evenly(count: int, wanted: int) -> set[int]:
    """Choose numbers below `count`, at equal distances."""
    wanted = min(count, wanted)
    return {int((number + 0.5) * count / wanted) for number in range(wanted)}
