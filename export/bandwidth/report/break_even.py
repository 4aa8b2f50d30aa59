"""The chapter on when the download of scripts and model has paid for itself."""

from __future__ import annotations

from export.bandwidth.policies import BreakEven, break_even
from export.bandwidth.report.colours import colour_of
from export.bandwidth.report.html import Cell, by_whom, dotted, paragraph, section, table
from export.bandwidth.study import Offer, Study
from pixels.sending.codecs import Codec


def break_even_chapter(study: Study) -> str:
    """Count the photos after which the download has paid for itself; empty without a student."""
    if not study.students:
        return ""
    costs = study.costs
    scripts = (
        "The page's scripts were not built, so they are not counted"
        if costs.runtime is None
        else f"The page's scripts, gzipped: {costs.runtime / 1000:.1f} KB"
    )
    models = ", ".join(f"{name} {size / 1000:.1f} KB" for name, size in costs.models.items())
    return section(
        by_whom(study, "Break-even"),
        paragraph(
            "The number of one-megapixel photos that a reader must see in one visit before they "
            "save more bytes than the page's scripts and the models take. In small print: the same "
            "against sending reduced photos for the browser's own enlargement, which needs no "
            "download."
        ),
        table(
            (
                *("", Cell("codec", "text"), "added"),
                *(f"at {band:g}" for band in study.bands),
            ),
            [[_row(study, codec, o) for o in study.student_offers] for codec in study.codecs],
        ),
        paragraph(f"{scripts}; models, gzipped: {models}.", "note"),
    )


def _row(study: Study, codec: Codec, offer: Offer) -> list[Cell | str]:
    return [
        dotted(offer.name, colour_of(study, offer.name)),
        Cell(codec, "text"),
        f"{study.costs.added(offer.ways) / 1000:.1f} KB",
        *(_cell(break_even(study, codec, band, offer)) for band in study.bands),
    ]


def _cell(row: BreakEven | None) -> Cell | str:
    if row is None:
        return ""
    photos, over_plain = _photos(row.photos), _photos(row.photos_over_plain)
    return Cell(f"{photos} <small>{over_plain}</small>", "", True)


def _photos(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}" if value < 10 else f"{value:.0f}"
