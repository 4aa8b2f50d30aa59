"""The head of the report: what half size saves, in one figure for each codec."""

from __future__ import annotations

from export.bandwidth.compare import compare_at, compare_with_full
from export.bandwidth.policies import best_student
from export.bandwidth.report.html import card, paragraph
from export.bandwidth.study import Study
from pixels.sending.codecs import Codec


def verdict(study: Study) -> str:
    """Sum up the study in a card for each codec."""
    names = ", ".join(study.students) or "no network"
    return (
        "<header><h1>What half size saves</h1>"
        + paragraph(
            f"{len(study.photos)} photos as {', '.join(study.codecs)}: sent at full size, or at "
            f"half and enlarged in the page by the browser itself, by Lanczos or by {names}.",
            "lead",
        )
        + f'<div class="cards">{"".join(_card(study, codec) for codec in study.codecs)}</div>'
        + "</header>"
    )


def _card(study: Study, codec: Codec) -> str:
    band = study.middle_band
    way = best_student(study, codec, band) or study.browser
    result, plain = (compare_at(study, codec, name, band) for name in (way, study.browser))
    crossing = compare_with_full(study, codec, way).crossover
    until = "" if crossing is None else f" Half size is smaller up to {crossing.median:.0f}."
    return card(
        f"{codec}, {way}",
        f"{result.saving:.1%}",
        f"of the bytes saved at SSIMULACRA2 {band}, each photo in its smaller form; half "
        f"size wins for {result.won:.0%} of the photos. With the browser's own enlargement: "
        f"{plain.saving:.1%}.{until}",
    )
