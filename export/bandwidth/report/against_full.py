"""The chapter that compares reduced sizes with full size."""

from __future__ import annotations

from export.bandwidth.compare import BandResult, FullComparison, compare_at, compare_with_full
from export.bandwidth.report.colours import colour_of
from export.bandwidth.report.crops import CropMaker
from export.bandwidth.report.figures import draw_bd_rates, draw_curves, draw_savings
from export.bandwidth.report.html import (
    Cell,
    by_whom,
    crop_strip,
    dotted,
    figure,
    heading,
    paragraph,
    saved,
    section,
    seen,
    signed,
    table,
)
from export.bandwidth.study import Offer, Study
from pixels.sending.codecs import Codec


def against_full_chapter(study: Study) -> str:
    """Compare reduced sizes with full size, over all photos."""
    return section(
        by_whom(study, "Fewer pixels against full size"),
        paragraph(
            "Each line is the mean of all photos, with a point for each encoder setting. Where a "
            "line runs above that of full size, fewer pixels look better for the same bytes."
        ),
        figure(
            draw_curves(study),
            f"Mean bit rate and quality of each enlargement, by encoder setting. {_scale(study)}",
        ),
        *_savings(study),
        *_bd_rates(study),
        *_crops(study),
    )


def _scale(study: Study) -> str:
    """Explain a judge's scores."""
    if study.judging.screen is None:
        return (
            "SSIMULACRA2 predicts how people judge a picture against the original: 100 is "
            "identical, 90 hardly differs, 70 is good, 50 fair."
        )
    return (
        f"{study.judging.judge.description}. 10 JOD is the original; of two pictures that are 1 "
        "JOD apart, 75 of 100 people prefer the better one."
    )


def _savings(study: Study) -> list[str]:
    heads = ("", Cell("codec", "text"), Cell("sent at", "text"))
    heads = (*heads, *(f"at {band:g}" for band in study.bands))
    groups = [[_savings_row(study, codec, o) for o in study.offers] for codec in study.codecs]
    return [
        heading("Bytes saved at equal quality"),
        paragraph(
            "A site need not send every photo reduced. The table shows what it saves if each photo "
            "is sent in the smallest of the forms that reach the quality: full size, or the sizes "
            "of the row. In small print: the share of photos for which that form is reduced (at "
            "each size, if there are several), and the number of photos compared, where some have "
            "no full-size files on both sides of the quality."
        ),
        table(heads, groups),
        figure(draw_savings(study), "The same, over the whole range of qualities."),
    ]


def _savings_row(study: Study, codec: Codec, offer: Offer) -> list[Cell | str]:
    name = dotted(offer.name, colour_of(study, offer.name))
    cells: list[Cell | str] = [name, Cell(codec, "text"), Cell(study.sizes_of(offer), "text")]
    for band in (compare_at(study, codec, offer.ways, band) for band in study.bands):
        shown = saved(band.saving if band.photos else None)
        # Photos whose coarsest full-size file is better than the band are not counted.
        few = f" of {band.photos}" if band.photos < len(study.photos) else ""
        small = f" <small>{_won(band)}{few}</small>" if band.photos else ""
        cells.append(Cell(f"{shown.text}{small}", shown.kind, True))
    return cells


def _won(band: BandResult) -> str:
    if len(band.won_at) < 2:
        return f"{band.won:.0%}"
    return ", ".join(f"{size}: {share:.0%}" for size, share in band.won_at.items())


def _bd_rates(study: Study) -> list[str]:
    low, high = study.bands[0], study.bands[-1]
    heads = ("", Cell("codec", "text"), study.judging.judge.measure.name, "PSNR-Y", "SSIM-Y")
    rows = [
        [_bd_row(study, compare_with_full(study, codec, way)) for way in study.shippable]
        for codec in study.codecs
    ]
    return [
        heading("BD-rate and crossover"),
        paragraph(
            "BD-rate is the change in bytes from full to reduced size, averaged over the qualities "
            f"from {low:g} to {high:g} {study.judging.unit} that both reach, with every photo "
            "reduced, whether it pays or not. PSNR and SSIM of luma are measured on the same "
            "files. The crossover is the quality up to which the reduced file is smaller: the "
            "median of the photos and, in small print, the middle half of them."
        ),
        table(
            (*heads, "crossover", "nowhere smaller"),
            rows,
        ),
        figure(
            draw_bd_rates(study),
            f"BD-rate ({study.judging.name}) of each photo, and the median. Below 0, fewer pixels "
            "save bytes; losses above 100% are drawn at the edge.",
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
        digits = study.judging.crossover_decimals
        span = f"{crossing.quarter:.{digits}f} to {crossing.three_quarters:.{digits}f}"
        cells.append(Cell(f"{crossing.median:.{digits}f} <small>{span}</small>", "", True))
    cells.append(f"{row.never:.0%}")
    return cells


def _name_cells(study: Study, row: FullComparison) -> list[Cell | str]:
    return [dotted(row.way, colour_of(study, row.way)), Cell(row.codec, "text")]


def _crops(study: Study) -> list[str]:
    way, band = study.headline_way, study.middle_band
    rows = CropMaker(study, band, way).extremes(
        lambda pair: pair.saving(way, band),
        lambda share: (
            f"reduced, it takes {abs(share):.0%} {'fewer' if share > 0 else 'more'} bytes"
        ),
    )
    return [
        heading(f"Best and worst photos with {way}, at {study.judging.at(band)}"),
        paragraph(
            "Every file of a row is the finest that fits into the bytes of full size at that "
            f"quality. {seen(study)}"
        ),
        *(crop_strip(row) for row in rows),
    ]
