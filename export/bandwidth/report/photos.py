"""The report's last chapters: every photo's curves, and how all of it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from export.bandwidth.measure import FULL, Measured
from export.bandwidth.plan import Plan
from export.bandwidth.rate_quality import METHOD
from export.bandwidth.report.figures import colour_of
from export.bandwidth.report.html import Cell, chapter, saved, table, text
from export.bandwidth.study import Study, full_bytes, half_bytes
from pixels.sending.codecs import Codec

_WIDTH, _HEIGHT = 170, 84
_FLOOR, _CEILING = 0.0, 95.0


def photos_chapter(study: Study, measured: Sequence[Measured]) -> str:
    """Every photo's rate-quality curves, small, and what it saves."""
    band = study.middle_band
    rows = []
    way = (study.students or study.plain)[-1]
    for photo, found in zip(study.photos, measured, strict=True):
        cells: list[Cell | str] = [
            Cell(f"{escape(photo.name)}<br><small>{photo.kind}</small>", "text", True)
        ]
        for codec in study.codecs:
            cells.append(Cell(_spark(study, found, codec), "", True))
            full = full_bytes(photo, codec, band)
            half = half_bytes(study.half(photo, codec, way), band)
            share = None if full is None else max(0.0, 1.0 - (half or full) / full)
            cells.append(saved(share))
        rows.append(cells)
    heads = [name for codec in study.codecs for name in (codec, f"at {band}")]
    return chapter(
        "Every photo",
        text(
            f"SSIMULACRA2 from {_FLOOR:.0f} to {_CEILING:.0f} against bytes, logarithmic; colours "
            f"as above, full size in black. Saved by {way}, the smaller form of each photo."
        ),
        f"<details><summary>Show all {len(rows)} photos</summary>"
        + table(("photo", *heads), [rows], "sparks")
        + "</details>",
    )


def _spark(study: Study, photo: Measured, codec: Codec) -> str:
    """Draw one photo's curves by hand: a plot of a plotting library takes fifty times the bytes."""
    curves = [
        curve
        for curve in photo.curves
        if curve.codec == codec and curve.reduction in (None, study.reduction)
    ]
    rates = np.log([point.bytes_ for curve in curves for point in curve.points])
    low, high = float(rates.min()), float(rates.max())
    lines = []
    for curve in curves:
        places = []
        for point in curve.points:
            x = (np.log(point.bytes_) - low) / max(high - low, 1e-9) * (_WIDTH - 4) + 2
            share = (point.ssimulacra2 - _FLOOR) / (_CEILING - _FLOOR)
            places.append(f"{x:.0f},{_HEIGHT * (1.0 - share):.0f}")
        colour = colour_of(study, curve.way)
        width = "1.4" if curve.way == FULL else "1.2"
        lines.append(
            f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}" '
            f'stroke-width="{width}"/>'
        )
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#f5f5f7"/>{"".join(lines)}</svg>'
    )


def method_chapter(study: Study, measured: Sequence[Measured], plan: Plan) -> str:
    """How it was measured, and what was left out."""
    part = "the whole photo" if plan.max_side is None else f"the middle {plan.max_side} px a side"
    left_out = [photo.problem for photo in measured if photo.problem is not None]
    missing = [text("Left out: " + "; ".join(left_out), "note")] if left_out else []
    return chapter(
        "How it was measured",
        text(
            f"Of every photo {part}. JPEG is 4:2:0, progressive and optimised (libjpeg-turbo), "
            "WebP at its slowest setting, AVIF 4:2:0 at speed "
            f"{plan.avif_speed}, all by Pillow, without metadata. Settings at full size: "
            f"{_listed(plan.qualities)}; at half size: {_listed(plan.half_qualities)}. Photos are "
            f"halved by {study.reduction}, sides rounded up; what is enlarged is cut to the "
            "original's size and rounded to 8 bits."
        ),
        text(
            "The browser's own enlargement of an img is bilinear in Chromium, measured pixel by "
            "pixel; Lanczos is the best that a few lines of script can do without a network. "
            "Networks run in ONNX Runtime or PyTorch on the bytes as decoded."
        ),
        text(f"{METHOD}. Nothing is extrapolated: a quality beyond a curve's points is not told."),
        text("Every figure is in summary.json, points.csv and bands.csv beside this page."),
        *missing,
    )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
