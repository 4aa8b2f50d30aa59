"""The chapter on classes of photos: smooth, textured, text-like."""

from __future__ import annotations

from export.bandwidth.compare import compare_at, compare_with_full
from export.bandwidth.picture_class import CLASSES, EXPLAINED, PictureClass
from export.bandwidth.report.colours import colour_of
from export.bandwidth.report.html import (
    Cell,
    by_whom,
    dotted,
    paragraph,
    saved,
    section,
    signed,
    table,
)
from export.bandwidth.study import Study


def classes_chapter(study: Study) -> str:
    """Compare reduced sizes with full size for each class of photos."""
    band = study.middle_band
    parts: dict[PictureClass, Study] = {kind: study.of_kind(kind) for kind in CLASSES}
    heads = [f"{codec} {what}" for codec in study.codecs for what in ("BD-rate", f"at {band:g}")]
    return section(
        by_whom(study, "By class of photo"),
        paragraph(f"BD-rate against full size, and bytes saved at {study.judging.at(band)}."),
        table(
            ("class (photos)", "", *heads),
            [
                [_row(part, kind, way) for way in part.shippable]
                for kind, part in parts.items()
                if part.photos
            ],
        ),
        paragraph(f"{EXPLAINED}.", "note"),
    )


def _row(part: Study, kind: PictureClass, way: str) -> list[Cell | str]:
    cells: list[Cell | str] = [
        Cell(f"{kind} ({len(part.photos)})", "text"),
        dotted(way, colour_of(part, way)),
    ]
    for codec in part.codecs:
        rate = compare_with_full(part, codec, way).bd_rate
        cells.append(signed(rate.mean if rate else None))
        result = compare_at(part, codec, [way], part.middle_band)
        cells.append(saved(result.saving if result.photos else None))
    return cells
