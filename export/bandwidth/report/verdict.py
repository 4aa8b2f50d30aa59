"""The head of the report: what fewer pixels save, in one figure for each codec and judge."""

from __future__ import annotations

from export.bandwidth.compare import compare_at
from export.bandwidth.disagreement import disagreement_sentence, disagreements
from export.bandwidth.report.html import NOTHING, card, heading, paragraph
from export.bandwidth.study import Offer, Study
from pixels.sending.codecs import Codec

TITLE = "What fewer pixels save"


def verdict(study: Study) -> str:
    """Sum up the study in a card for each codec, by every judge."""
    *first, last = ("the browser itself", "Lanczos", *study.students)
    sizes = " or ".join(str(1 / scale) for scale in study.scales)
    differing = disagreements(study)
    parts = [
        f"<header><h1>{TITLE}</h1>",
        paragraph(
            f"{len(study.photos)} photos as {', '.join(study.codecs)}: sent at full size, or at "
            f"{sizes} of it and enlarged in the page by {', '.join(first)} or {last}.",
            "lead",
        ),
    ]
    for one in study.by_each_judge:
        if differing:
            parts.append(heading(f"By {one.judging.name}"))
        cards = "".join(_card(one, codec) for codec in one.codecs)
        parts.append(f'<div class="cards">{cards}</div>')
    if differing:
        parts.append(paragraph(f"{disagreement_sentence(differing)}."))
    return "".join(parts) + "</header>"


def _card(study: Study, codec: Codec) -> str:
    band = study.middle_band
    offer, plain = _best(study, codec), Offer(name="", ways=study.browsers)
    result, without = (compare_at(study, codec, one.ways, band) for one in (offer, plain))
    if not result.photos:
        return card(
            f"{codec}, {offer.name}",
            NOTHING,
            f"No photo has full-size files on both sides of {study.judging.at(band)}, so nothing "
            "can be compared there.",
        )
    sizes = " and ".join(f"{share:.0%} at {size}" for size, share in result.won_at.items())
    return card(
        f"{codec}, {offer.name}",
        f"{result.saving:.1%}",
        f"of the bytes saved at {study.judging.at(band)}, with each photo sent in its smallest "
        f"form. Fewer pixels are smaller for {result.won:.0%} of the photos"
        f"{f' ({sizes})' if len(study.scales) > 1 and sizes else ''}. The browser's own "
        f"enlargement saves {without.saving:.1%}.",
    )


def _best(study: Study, codec: Codec) -> Offer:
    """Return what saves most at the middle band: of the students, if there are any.

    All of them together count only where photos are sent at several sizes.
    """
    offers = study.student_offers or study.offers[:1]
    return max(
        offers, key=lambda offer: compare_at(study, codec, offer.ways, study.middle_band).saving
    )
