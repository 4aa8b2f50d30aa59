"""The last chapter: how everything was measured, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from export.bandwidth.rate_quality import METHOD
from export.bandwidth.report.html import paragraph, section
from export.bandwidth.study import Study


def method_chapter(study: Study) -> str:
    """Describe how everything was measured, and list the photos left out."""
    plan = study.plan
    part = (
        "Whole photos were measured"
        if plan.max_side is None
        else f"Of larger photos, the middle {plan.max_side} px a side were measured"
    )
    return section(
        "How it was measured",
        paragraph(
            f"{part}. JPEG is 4:2:0 by jpegli, stored progressively by MozJPEG, WebP uses its "
            "slowest setting, and AVIF is 4:2:0 at speed "
            f"{plan.encoder.avif_speed}, all encoded by Pillow without metadata. Quality settings "
            f"at full size: {_listed(plan.qualities)}; reduced: "
            f"{_listed(plan.reduced_qualities)}. Photos are sent at {_sizes(study)} of their width "
            f"and height, reduced by the {plan.reduction} filter with sides rounded up; enlarged "
            "pictures are cut to the original's size and rounded to 8 bits."
        ),
        paragraph(
            "The browser's own enlargement of an img is bilinear in Chromium, as measured pixel by "
            "pixel. Lanczos is the best that a few lines of script can do without a network. "
            "Networks run in ONNX Runtime or PyTorch, on the decoded bytes."
        ),
        paragraph(
            f"{METHOD}. Nothing is extrapolated: there is no figure for a quality outside the "
            "measured points of a curve."
        ),
        paragraph(f"Judged by {'; '.join(j.judge.description for j in plan.judgings)}."),
        paragraph("All figures are in summary.json, points.csv and bands.csv next to this page."),
        *([paragraph("Left out: " + "; ".join(study.problems), "note")] if study.problems else []),
    )


def _sizes(study: Study) -> str:
    return " and ".join(str(1 / scale) for scale in study.scales)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
