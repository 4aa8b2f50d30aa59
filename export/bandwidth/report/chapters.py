"""The chapters of the report that compare half size with full size."""

from __future__ import annotations

from collections.abc import Sequence

from export.bandwidth.compare import Against, against_full, band_of
from export.bandwidth.measure import Measured
from export.bandwidth.picture_class import CLASSES, EXPLAINED
from export.bandwidth.plan import Costs, Plan
from export.bandwidth.policies import best_student, break_even, one_reduction
from export.bandwidth.report.crops import by_saving, extremes
from export.bandwidth.report.figures import (
    colour_of,
    draw_bd,
    draw_curves,
    draw_freedoms,
    draw_savings,
)
from export.bandwidth.report.html import (
    Cell,
    card,
    chapter,
    crop_strip,
    dotted,
    figure,
    heading,
    saved,
    signed,
    table,
    text,
)
from export.bandwidth.study import Study


def verdict(study: Study) -> str:
    """Say in three cards what it comes to."""
    band = study.middle_band
    cards = []
    for codec in study.codecs:
        way = best_student(study, codec, band) or study.plain[0]
        row, plain = (band_of(study, codec, name, band) for name in (way, study.plain[0]))
        crossing = against_full(study, codec, way).crossover
        until = "" if crossing is None else f" Half size is smaller up to {crossing.median:.0f}."
        cards.append(
            card(
                f"{codec}, {way}",
                f"{row.saving:.1%}",
                f"of the bytes saved at SSIMULACRA2 {band}, each photo in its smaller form; half "
                f"size wins for {row.won:.0%} of the photos. With the browser's own enlargement: "
                f"{plain.saving:.1%}.{until}",
            )
        )
    names = ", ".join(study.students) or "no network"
    return (
        "<header><h1>What half size saves</h1>"
        + text(
            f"{len(study.photos)} photos as {', '.join(study.codecs)}: sent at full size, or at "
            f"half and enlarged in the page by the browser itself, by Lanczos or by {names}.",
            "lead",
        )
        + f'<div class="cards">{"".join(cards)}</div></header>'
    )


def against_chapter(study: Study, measured: Sequence[Measured], plan: Plan) -> str:
    """Half size against full size."""
    ways = (*study.plain, *study.students)
    rows = {codec: [against_full(study, codec, way) for way in ways] for codec in study.codecs}
    heads = ("", "codec", *(f"at {band}" for band in study.bands))
    band = study.middle_band
    way = (study.students or study.plain)[-1]
    crops = extremes(
        study,
        by_saving(study, way, band),
        lambda share: f"half size takes {abs(share):.0%} {'fewer' if share > 0 else 'more'} bytes",
        band,
        plan,
    )
    return chapter(
        "Half size against full size",
        text(
            "Each line is the mean over all photos, one point for each setting of the encoder. "
            "Left of and above the black line, half size is better for the same bytes."
        ),
        figure(draw_curves(study, measured), "Mean rate and quality of every way, by setting."),
        heading("Bytes saved at equal quality"),
        text(
            "A site need not send every photo at half size. Saved is what remains when each photo "
            "goes out in the smaller of its two forms that reach the quality; in small print, the "
            "share of the photos for which that is the half-size one, and of how many photos, "
            "where not all have full-size files on both sides of the quality."
        ),
        table(heads, [[_band_row(study, row) for row in group] for group in rows.values()]),
        figure(draw_savings(study), "The same for every quality between the bands."),
        *_bd_parts(study, list(rows.values())),
        heading(f"Best and worst photos, {way}, at SSIMULACRA2 {band}"),
        text("All files of a row have as nearly as can be the bytes of the full-size one."),
        *(crop_strip(row) for row in crops),
    )


def _bd_parts(study: Study, groups: Sequence[Sequence[Against]]) -> list[str]:
    low, high = min(study.bands), max(study.bands)
    return [
        heading("BD-rate and crossover"),
        text(
            f"Bytes of half size against full size over all qualities from SSIMULACRA2 {low} to "
            f"{high} that both reach: every photo at half size, whether it pays or not. PSNR and "
            "SSIM of luma are those of the same files. The crossover is the quality up to which "
            "half size is smaller: the median of the photos, and the middle half of them."
        ),
        table(
            ("", "codec", "SSIMULACRA2", "PSNR-Y", "SSIM-Y", "crossover", "nowhere smaller"),
            [[_bd_row(study, row) for row in group] for group in groups],
        ),
        figure(
            draw_bd(study),
            "BD-rate (SSIMULACRA2) of each photo, and the median. Below 0 half size saves; losses "
            "above 100 % are drawn at the edge.",
        ),
    ]


def freedoms_chapter(study: Study) -> str:
    """What may be chosen for each photo, and what that is worth."""
    part = study.with_reductions
    if not study.reductions or not part.photos:
        return ""
    band = study.middle_band
    rows = [
        [
            [dotted(way, colour_of(study, way)), Cell(codec, "text")]
            + [saved(one_reduction(study, codec, band, way).get(r)) for r in study.reductions]
            for way in (*study.plain, *study.students)
        ]
        for codec in study.codecs
    ]
    return chapter(
        "What each freedom earns",
        text(
            f"On {len(part.photos)} photos every reduction was tried. Full size always stays a "
            "choice; each bar adds one freedom, chosen photo by photo by the smallest file."
        ),
        figure(draw_freedoms(study, band), f"Bytes saved at SSIMULACRA2 {band}."),
        heading("One reduction for every photo"),
        table(("", "codec", *study.reductions), rows),
    )


def classes_chapter(study: Study) -> str:
    """The same by class of picture."""
    band = study.middle_band
    groups = []
    for kind in CLASSES:
        part = study.of_kind(kind)
        if not part.photos:
            continue
        group = []
        for way in (*study.plain, *study.students):
            row: list[Cell | str] = [
                Cell(f"{kind} ({len(part.photos)})", "text"),
                dotted(way, colour_of(study, way)),
            ]
            for codec in study.codecs:
                told = against_full(part, codec, way)
                row.append(signed(told.bd_rate.mean if told.bd_rate else None))
                row.append(saved(band_of(part, codec, way, band).saving))
            group.append(row)
        groups.append(group)
    heads = [f"{codec} {what}" for codec in study.codecs for what in ("BD-rate", f"at {band}")]
    return chapter(
        "By class of picture",
        text(f"BD-rate against full size, and bytes saved at SSIMULACRA2 {band}."),
        table(("class (photos)", "", *heads), groups),
        text(f"{EXPLAINED}.", "note"),
    )


def break_even_chapter(study: Study, costs: Costs) -> str:
    """After how many photos the download has paid for itself."""
    if not study.students:
        return ""
    groups = []
    for codec in study.codecs:
        group = []
        for way in study.students:
            row: list[Cell | str] = [dotted(way, colour_of(study, way)), Cell(codec, "text")]
            row.append(f"{costs.added(way) / 1000:.1f} KB")
            for band in study.bands:
                told = break_even(study, codec, band, way, costs.added(way))
                if told is None:
                    row.append("")
                    continue
                over = _photos(told.photos_over_plain)
                row.append(Cell(f"{_photos(told.photos)} <small>{over}</small>", "", True))
            group.append(row)
        groups.append(group)
    heads = [f"at {band}" for band in study.bands]
    runtime = (
        "The page's scripts were not built, so the runtime is not counted"
        if costs.runtime is None
        else f"Runtime {costs.runtime / 1000:.1f} KB gzipped"
    )
    models = ", ".join(f"{name} {size / 1000:.1f} KB" for name, size in costs.models.items())
    return chapter(
        "Break-even",
        text(
            "Photos of one megapixel that a reader must see in one visit before the bytes saved "
            "are more than those of runtime and model; in small print, against sending the same "
            "photos for the browser's own enlargement, which needs no download."
        ),
        table(("", "codec", "added", *heads), groups),
        text(f"{runtime}; models, gzipped: {models}.", "note"),
    )


def _photos(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _band_row(study: Study, row: Against) -> list[Cell | str]:
    cells: list[Cell | str] = [dotted(row.way, colour_of(study, row.way)), Cell(row.codec, "text")]
    for band in row.bands:
        shown = saved(band.saving if band.photos else None)
        # Where a photo's coarsest full-size file is better than the band, nothing is said of it.
        few = f" of {band.photos}" if band.photos < len(study.photos) else ""
        cells.append(Cell(f"{shown.text} <small>{band.won:.0%}{few}</small>", shown.kind, True))
    return cells


def _bd_row(study: Study, row: Against) -> list[Cell | str]:
    cells: list[Cell | str] = [dotted(row.way, colour_of(study, row.way)), Cell(row.codec, "text")]
    for told in (row.bd_rate, row.bd_rate_psnr, row.bd_rate_ssim):
        cells.append(signed(told.mean if told else None))
    crossing = row.crossover
    if crossing is None:
        cells.append("")
    else:
        span = f"{crossing.quarter:.0f} to {crossing.three_quarters:.0f}"
        cells.append(Cell(f"{crossing.median:.0f} <small>{span}</small>", "", True))
    cells.append(f"{row.never:.0%}")
    return cells
