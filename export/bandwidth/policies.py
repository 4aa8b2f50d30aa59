"""What each freedom earns, and after how many photos a reader's download has paid for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from export.bandwidth.compare import chosen_bytes
from export.bandwidth.study import Study, full_bytes
from pixels.sending.codecs import Codec


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What may be chosen for each photo, and all photos' bytes with that choice."""

    codec: Codec
    band: int
    name: str
    bytes_: float
    full_bytes: float
    photos: int

    @property
    def saving(self) -> float:
        """Share of the bytes saved against full size."""
        return 1.0 - self.bytes_ / self.full_bytes if self.full_bytes else 0.0


def policies(study: Study, codec: Codec, band: int) -> list[Policy]:
    """Compare what may be chosen, on the photos where every reduction was tried.

    Full size always stays a choice. Each further freedom contains the one before it, so it can only
    save more: what counts is how much.
    """
    part = study.with_reductions
    one, every = [study.reduction], list(study.reductions)
    student = best_student(part, codec, band)
    wanted: list[tuple[str, Sequence[str], Sequence]] = [
        ("browser's own enlargement", study.plain[:1], one),
        ("any plain enlargement", study.plain, one),
    ]
    if student is not None:
        wanted.append((f"one student ({student})", [student], one))
        if len(study.students) > 1:
            wanted.append(("the better student of each photo", study.students, one))
        wanted.append((f"{student}, the best reduction of each photo", [student], every))
        if len(study.students) > 1:
            wanted.append(("the better student and reduction", study.students, every))
    total = sum(full_bytes(photo, codec, band) or 0.0 for photo in part.photos)
    count = sum(full_bytes(photo, codec, band) is not None for photo in part.photos)
    return [
        Policy(
            codec=codec,
            band=band,
            name=name,
            bytes_=chosen_bytes(part, codec, band, ways, reductions),
            full_bytes=total,
            photos=count,
        )
        for name, ways, reductions in wanted
    ]


def one_reduction(study: Study, codec: Codec, band: int, way: str) -> dict[str, float]:
    """Share of the bytes saved against full size, for each reduction used for every photo."""
    part = study.with_reductions
    total = sum(full_bytes(photo, codec, band) or 0.0 for photo in part.photos)
    if not total:
        return {}
    return {r: 1.0 - chosen_bytes(part, codec, band, [way], [r]) / total for r in study.reductions}


def best_student(study: Study, codec: Codec, band: int) -> str | None:
    """Name the student with which all photos together take the fewest bytes."""
    if not study.students:
        return None
    return min(
        study.students,
        key=lambda way: chosen_bytes(study, codec, band, [way], [study.reduction]),
    )


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """When a reader has saved more than runtime and model take."""

    codec: Codec
    band: int
    way: str
    added_bytes: int
    saved_per_photo: float
    """Mean bytes, against full size, as measured."""
    saved_per_megapixel: float
    over_plain_per_megapixel: float
    """The same against the best use of the browser's own enlargement, which adds nothing."""

    @property
    def photos(self) -> float | None:
        """Photos of one megapixel in a visit; None where nothing is saved."""
        return _ratio(self.added_bytes, self.saved_per_megapixel)

    @property
    def photos_over_plain(self) -> float | None:
        """The same, if half-size photos would be sent even without a network."""
        return _ratio(self.added_bytes, self.over_plain_per_megapixel)


def break_even(
    study: Study, codec: Codec, band: int, way: str, added_bytes: int
) -> BreakEven | None:
    """Weigh what a network saves against what it takes; None without a photo of that quality."""
    there = [p for p in study.photos if full_bytes(p, codec, band) is not None]
    if not there:
        return None
    megapixels = sum(photo.size[0] * photo.size[1] for photo in there) / 1e6
    full = sum(full_bytes(photo, codec, band) or 0.0 for photo in there)
    with_network, without = (
        chosen_bytes(study, codec, band, [name], [study.reduction])
        for name in (way, study.plain[0])
    )
    return BreakEven(
        codec=codec,
        band=band,
        way=way,
        added_bytes=added_bytes,
        saved_per_photo=(full - with_network) / len(there),
        saved_per_megapixel=(full - with_network) / megapixels,
        over_plain_per_megapixel=(without - with_network) / megapixels,
    )


def _ratio(cost: float, gain: float) -> float | None:
    return cost / gain if gain > 0.0 else None
