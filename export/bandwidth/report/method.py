"""The last chapter: how everything was measured, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from export.bandwidth.rate_quality import METHOD
from export.bandwidth.report.html import paragraph, section
from export.bandwidth.study import Study


def method_chapter(study: Study) -> str:
    """Describe how everything was measured, and list the photos left out."""
    plan = study.plan
    part = "the whole photo" if plan.max_side is None else f"the middle {plan.max_side} px a side"
    return section(
        "How it was measured",
        paragraph(
            f"Of every photo {part}. JPEG is 4:2:0, progressive and optimised (libjpeg-turbo), "
            "WebP at its slowest setting, AVIF 4:2:0 at speed "
            f"{plan.avif_speed}, all by Pillow, without metadata. Settings at full size: "
            f"{_listed(plan.qualities)}; at half size: {_listed(plan.half_qualities)}. Photos are "
            f"halved by {plan.reduction}, sides rounded up; what is enlarged is cut to the "
            "original's size and rounded to 8 bits."
        ),
        paragraph(
            "The browser's own enlargement of an img is bilinear in Chromium, measured pixel by "
            "pixel; Lanczos is the best that a few lines of script can do without a network. "
            "Networks run in ONNX Runtime or PyTorch on the bytes as decoded."
        ),
        paragraph(
            f"{METHOD}. Nothing is extrapolated: a quality beyond a curve's points is not told."
        ),
        paragraph("Every figure is in summary.json, points.csv and bands.csv beside this page."),
        *([paragraph("Left out: " + "; ".join(study.problems), "note")] if study.problems else []),
    )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
