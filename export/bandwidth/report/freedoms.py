"""The chapter on what a site gains by choosing more for each photo."""

from __future__ import annotations

from export.bandwidth.policies import savings_by_reduction
from export.bandwidth.report.colours import colour_of
from export.bandwidth.report.figures import draw_policies
from export.bandwidth.report.html import (
    Cell,
    by_whom,
    dotted,
    figure,
    heading,
    paragraph,
    saved,
    section,
    table,
)
from export.bandwidth.study import Study
from pixels.sending.codecs import Codec


def freedoms_chapter(study: Study) -> str:
    """Compare what may be chosen for each photo; empty if one reduction was measured."""
    part, band = study.with_reductions, study.middle_band
    if not study.reductions or not part.photos:
        return ""
    return section(
        by_whom(study, "What each choice adds"),
        paragraph(
            f"On {len(part.photos)} photos, all reductions were measured. Full size is always a "
            "choice. Each bar allows more choices than the first; the smallest file of each photo "
            "counts."
        ),
        figure(draw_policies(study, band), f"Bytes saved at {study.judging.at(band)}."),
        heading("The same reduction for every photo"),
        table(
            ("", Cell("codec", "text"), *study.reductions),
            [[_row(study, codec, way) for way in study.shippable] for codec in study.codecs],
        ),
    )


def _row(study: Study, codec: Codec, way: str) -> list[Cell | str]:
    savings = savings_by_reduction(study, codec, study.middle_band, way)
    name = dotted(way, colour_of(study, way))
    return [name, Cell(codec, "text"), *(saved(savings.get(r)) for r in study.reductions)]
