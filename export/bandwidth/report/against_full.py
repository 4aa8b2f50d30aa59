"""The chapter that compares half size with full size."""

from __future__ import annotations

from collections.abc import Sequence

from export.bandwidth.compare import FullComparison, compare_with_full
from export.bandwidth.report.crops import CropMaker
from export.bandwidth.report.figures import colour_of, draw_bd_rates, draw_curves, draw_savings
from export.bandwidth.report.html import (
    Cell,
    crop_strip,
    dotted,
    figure,
    heading,
    paragraph,
    saved,
    section,
    signed,
    table,
)
from export.bandwidth.study import Study


def against_full_chapter(study: Study) -> str:
    """Compare half size with full size, over all photos."""
    groups = [
        [compare_with_full(study, codec, way) for way in study.shippable] for codec in study.codecs
    ]
    return section(
        "Half size against full size",
        paragraph(
            "Each line is the mean of all photos, with a point for each encoder setting. Where a "
            "line runs above the black one, half size looks better for the same bytes."
        ),
        figure(
            draw_curves(study),
            "Mean bit rate and quality of each enlargement, by encoder setting. SSIMULACRA2 "
            "predicts how people judge a picture against the original: 100 is identical, 90 hardly "
            "differs, 70 is good, 50 fair.",
        ),
        *_savings(study, groups),
        *_bd_rates(study, groups),
        *_crops(study),
    )


def _savings(study: Study, groups: Sequence[Sequence[FullComparison]]) -> list[str]:
    heads = ("", Cell("codec", "text"), *(f"at {band}" for band in study.bands))
    return [
        heading("Bytes saved at equal quality"),
        paragraph(
            "A site need not send every photo at half size. The table shows what it saves if each "
            "photo is sent in the smaller of the two forms that reach the quality. In small print: "
            "the share of photos for which that form is half size, and the number of photos "
            "compared, where some have no full-size files on both sides of the quality."
        ),
        table(heads, [[_savings_row(study, row) for row in group] for group in groups]),
        figure(draw_savings(study), "The same, over the whole range of qualities."),
    ]


def _savings_row(study: Study, row: FullComparison) -> list[Cell | str]:
    cells = _name_cells(study, row)
    for band in row.bands:
        shown = saved(band.saving if band.photos else None)
        # Photos whose coarsest full-size file is better than the band are not counted.
        few = f" of {band.photos}" if band.photos < len(study.photos) else ""
        small = f" <small>{band.won:.0%}{few}</small>" if band.photos else ""
        cells.append(Cell(f"{shown.text}{small}", shown.kind, True))
    return cells


def _bd_rates(study: Study, groups: Sequence[Sequence[FullComparison]]) -> list[str]:
    low, high = min(study.bands), max(study.bands)
    heads = ("", Cell("codec", "text"), "SSIMULACRA2", "PSNR-Y", "SSIM-Y")
    return [
        heading("BD-rate and crossover"),
        paragraph(
            "BD-rate is the change in bytes from full to half size, averaged over the qualities "
            f"from SSIMULACRA2 {low} to {high} that both reach, with every photo at half size, "
            "whether it pays or not. PSNR and SSIM of luma are measured on the same files. The "
            "crossover is the quality up to which half size is smaller: the median of the photos "
            "and, in small print, the middle half of them."
        ),
        table(
            (*heads, "crossover", "nowhere smaller"),
            [[_bd_row(study, row) for row in group] for group in groups],
        ),
        figure(
            draw_bd_rates(study),
            "BD-rate (SSIMULACRA2) of each photo, and the median. Below 0, half size saves bytes; "
            "losses above 100% are drawn at the edge.",
        ),
    ]


def _bd_row(study: Study, row: FullComparison) -> list[Cell | str]:
    cells = _name_cells(study, row)
    for rate in (row.bd_rate, row.bd_rate_psnr, row.bd_rate_ssim):
        cells.append(signed(rate.mean if rate else None))
    crossing = row.crossover
    if crossing is None:
        cells.append("")
    else:
        span = f"{crossing.quarter:.0f} to {crossing.three_quarters:.0f}"
        cells.append(Cell(f"{crossing.median:.0f} <small>{span}</small>", "", True))
    cells.append(f"{row.never:.0%}")
    return cells


def _name_cells(study: Study, row: FullComparison) -> list[Cell | str]:
    return [dotted(row.way, colour_of(study, row.way)), Cell(row.codec, "text")]


def _crops(study: Study) -> list[str]:
    way, band = study.headline_way, study.middle_band
    rows = CropMaker(study, band).extremes(
        lambda pair: pair.saving(way, band),
        lambda share: f"half size takes {abs(share):.0%} {'fewer' if share > 0 else 'more'} bytes",
    )
    return [
        heading(f"Best and worst photos with {way}, at SSIMULACRA2 {band}"),
        paragraph(
            "Every file of a row is the finest that fits into the bytes of full size at that "
            "quality."
        ),
        *(crop_strip(row) for row in rows),
    ]
