"""The head of the report: what half size saves, in one figure for each codec."""

from __future__ import annotations

from export.bandwidth.compare import compare_at, compare_with_full
from export.bandwidth.policies import best_student
from export.bandwidth.report.html import NOTHING, card, paragraph
from export.bandwidth.study import Study
from pixels.sending.codecs import Codec


def verdict(study: Study) -> str:
    """Sum up the study in a card for each codec."""
    *first, last = ("the browser itself", "Lanczos", *study.students)
    return (
        "<header><h1>What half size saves</h1>"
        + paragraph(
            f"{len(study.photos)} photos as {', '.join(study.codecs)}: sent at full size, or at "
            f"half size and enlarged in the page by {', '.join(first)} or {last}.",
            "lead",
        )
        + f'<div class="cards">{"".join(_card(study, codec) for codec in study.codecs)}</div>'
        + "</header>"
    )


def _card(study: Study, codec: Codec) -> str:
    band = study.middle_band
    way = best_student(study, codec, band) or study.browser
    result, plain = (compare_at(study, codec, name, band) for name in (way, study.browser))
    if not result.photos:
        return card(
            f"{codec}, {way}",
            NOTHING,
            f"No photo has full-size files on both sides of SSIMULACRA2 {band}, so nothing can be "
            "compared there.",
        )
    crossing = compare_with_full(study, codec, way).crossover
    until = (
        ""
        if crossing is None
        else f", and for the median photo up to SSIMULACRA2 {crossing.median:.0f}"
    )
    return card(
        f"{codec}, {way}",
        f"{result.saving:.1%}",
        f"of the bytes saved at SSIMULACRA2 {band}, with each photo sent in its smaller form. Half "
        f"size is smaller for {result.won:.0%} of the photos{until}. The browser's own enlargement "
        f"saves {plain.saving:.1%}.",
    )
