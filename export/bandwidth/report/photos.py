"""The chapter that shows every photo's curves, small."""

from __future__ import annotations

from html import escape

import numpy as np

from export.bandwidth.plan import FULL
from export.bandwidth.report.colours import SOFT, colour_of, themed
from export.bandwidth.report.html import Cell, by_whom, paragraph, saved, section, table
from export.bandwidth.study import Pair, Study, StudyPhoto

_WIDTH, _HEIGHT = 170, 84


def photos_chapter(study: Study) -> str:
    """Show the rate-quality curves of every photo, and what it saves."""
    heads = [name for codec in study.codecs for name in (codec, f"at {study.middle_band:g}")]
    rows = [_row(study, photo) for photo in study.photos]
    low, high = _shown(study)
    return section(
        by_whom(study, "Every photo"),
        paragraph(
            f"Upwards, {study.judging.unit} from {low:g} to {high:g}; to the right, bytes on a "
            "logarithmic axis. Colours as above; full size has the colour of the text. The "
            f"percentages are bytes saved with {study.headline_way} when each photo is sent in its "
            "smaller form."
        ),
        f"<details><summary>Show all {len(rows)} photos</summary>"
        + table(("photo", *heads), [rows], "sparks")
        + "</details>",
    )


def _row(study: Study, photo: StudyPhoto) -> list[Cell | str]:
    way, band = study.headline_way, study.middle_band
    name = f"{escape(photo.name)}<small>{photo.kind}</small>"
    cells: list[Cell | str] = [Cell(name, "text", True)]
    for codec in study.codecs:
        pair = study.pair(photo, codec)
        full, reduced = pair.full_bytes(band), pair.reduced_bytes(way, band)
        share = None if full is None else max(0.0, 1.0 - (reduced or full) / full)
        cells += [Cell(_small_plot(study, pair), "", True), saved(share)]
    return cells


def _shown(study: Study) -> tuple[float, float]:
    low, high = study.judging.shown_range
    return max(0.0, low), high


def _small_plot(study: Study, pair: Pair) -> str:
    """Draw one photo's curves by hand: a plotting library's SVG takes fifty times the bytes."""
    curves = [
        curve
        for curve in pair.photo.measured
        if curve.codec == pair.codec and curve.reduction in (None, pair.reduction)
    ]
    rates = np.log([point.bytes_ for curve in curves for point in curve.points])
    low, high = float(rates.min()), float(rates.max())
    floor, ceiling = _shown(study)
    lines = []
    for curve in curves:
        places = []
        for point in curve.points:
            x = (np.log(point.bytes_) - low) / max(high - low, 1e-9) * (_WIDTH - 4) + 2
            share = (point.scores[study.judging.key] - floor) / (ceiling - floor)
            places.append(f"{x:.0f},{_HEIGHT * (1.0 - share):.0f}")
        colour = colour_of(study, curve.way)
        width = "1.4" if curve.way == FULL else "1.2"
        lines.append(
            f'<polyline points="{" ".join(places)}" fill="none" style="stroke:{colour}" '
            f'stroke-width="{width}"/>'
        )
    return themed(
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" style="fill:{SOFT}"/>{"".join(lines)}</svg>'
    )
