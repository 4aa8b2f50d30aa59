"""What a site gains by choosing more for each photo, and when the download has paid for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from export.bandwidth.compare import full_size_bytes, smallest_bytes
from export.bandwidth.study import Offer, Study
from export.delivery.reducing import SentReduction
from pixels.sending.codecs import Codec

WITHOUT_NETWORK = ("browser's own enlargement", "any plain enlargement")
"""Names of the policies that need no network."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What may be chosen for each photo, and the bytes of all photos with that choice."""

    codec: Codec
    band: float
    name: str
    bytes_: float
    full_bytes: float
    photos: int

    @property
    def saving(self) -> float:
        """Share of bytes saved against full size."""
        return 1.0 - self.bytes_ / self.full_bytes if self.full_bytes else 0.0


def policies(study: Study, codec: Codec, band: float) -> list[Policy]:
    """Compare what may be chosen, on the photos where every reduction was measured.

    Full size is always a choice. Each policy allows what an earlier one allows and more, so it can
    only save more: the question is how much.
    """
    part = study.with_reductions
    fixed: tuple[SentReduction, ...] = (study.plan.reduction,)
    students, reductions = study.students, study.reductions
    choices: list[tuple[str, Sequence[str], Sequence[SentReduction]]] = [
        (WITHOUT_NETWORK[0], study.browsers, fixed),
        (WITHOUT_NETWORK[1], study.plain, fixed),
    ]
    best = best_student(part, codec, band)
    if best is not None:
        choices.append((f"one student ({best})", [best], fixed))
        if len(students) > 1:
            choices.append(("the better student for each photo", students, fixed))
        choices.append((f"{best}, the best reduction for each photo", [best], reductions))
        if len(students) > 1:
            choices.append(
                ("the better student and reduction for each photo", students, reductions)
            )
    full, photos = full_size_bytes(part, codec, band)
    return [
        Policy(
            codec=codec,
            band=band,
            name=name,
            bytes_=smallest_bytes(part, codec, band, ways, tried),
            full_bytes=full,
            photos=photos,
        )
        for name, ways, tried in choices
    ]


def savings_by_reduction(study: Study, codec: Codec, band: float, way: str) -> dict[str, float]:
    """Return the share of bytes saved if every photo is reduced by the same reduction, for each.

    Returns:
        Empty if no photo has a full-size file of that quality.
    """
    part = study.with_reductions
    full, _ = full_size_bytes(part, codec, band)
    if not full:
        return {}
    return {r: 1.0 - smallest_bytes(part, codec, band, [way], [r]) / full for r in study.reductions}


def best_student(study: Study, codec: Codec, band: float) -> str | None:
    """Name the student with which all photos together take the fewest bytes; None without any."""
    if not study.students:
        return None
    return min(
        study.students,
        key=lambda way: smallest_bytes(study, codec, band, [way], [study.plan.reduction]),
    )


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """How many photos a reader must see before the bytes saved exceed the download."""

    codec: Codec
    band: float
    way: str
    """Name of what is offered: a student, or all of them."""
    added_bytes: int
    """Gzipped bytes of the runtime and the models."""
    saved_per_photo: float
    """Mean bytes saved against full size, for photos as measured."""
    saved_per_megapixel: float
    over_plain_per_megapixel: float
    """Bytes saved against the best use of the browser's own enlargement, which adds nothing."""

    @property
    def photos(self) -> float | None:
        """Number of one-megapixel photos in a visit; None if nothing is saved."""
        return _ratio(self.added_bytes, self.saved_per_megapixel)

    @property
    def photos_over_plain(self) -> float | None:
        """The same, if reduced photos were sent even without a network."""
        return _ratio(self.added_bytes, self.over_plain_per_megapixel)


def break_even(study: Study, codec: Codec, band: float, offer: Offer) -> BreakEven | None:
    """Compare what a network saves with what it costs; None without a photo of that quality."""
    photos = [p.photo for p in study.pairs(codec) if p.full_bytes(band) is not None]
    if not photos:
        return None
    megapixels = sum(photo.pixels for photo in photos) / 1e6
    full, _ = full_size_bytes(study, codec, band)
    with_network, without = (
        smallest_bytes(study, codec, band, ways, [study.plan.reduction])
        for ways in (offer.ways, study.browsers)
    )
    return BreakEven(
        codec=codec,
        band=band,
        way=offer.name,
        added_bytes=study.costs.added(offer.ways),
        saved_per_photo=(full - with_network) / len(photos),
        saved_per_megapixel=(full - with_network) / megapixels,
        over_plain_per_megapixel=(without - with_network) / megapixels,
    )


def _ratio(cost: float, gain: float) -> float | None:
    return cost / gain if gain > 0.0 else None
