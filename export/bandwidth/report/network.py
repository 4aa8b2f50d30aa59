"""The chapter on what a network adds to plain enlargement of the same files."""

from __future__ import annotations

from collections.abc import Sequence

from export.bandwidth.compare import (
    BandGain,
    PlainComparison,
    compare_with_plain,
    on_the_same_files,
)
from export.bandwidth.report.colours import colour_of
from export.bandwidth.report.crops import CropMaker
from export.bandwidth.report.figures import draw_points_gained
from export.bandwidth.report.html import (
    Cell,
    by_whom,
    crop_strip,
    dotted,
    figure,
    gained,
    heading,
    paragraph,
    section,
    seen,
    signed,
    table,
)
from export.bandwidth.study import Study


def network_chapter(study: Study) -> str:
    """Compare networks with plain enlargement of the same files; empty without a network."""
    if not study.networks:
        return ""
    parts = [
        paragraph(
            "Sending fewer pixels saves bytes even without a network. What counts is what a "
            "network adds to a plain enlargement of the same file: a better score for equal bytes, "
            "and bytes saved at equal quality."
        )
    ]
    if study.students:
        parts += [
            figure(
                draw_points_gained(study, study.students),
                f"{_capital(study.judging.unit)} above the browser's own enlargement of the same "
                "file. Photos without full-size files of a quality do not count there; where they "
                "begin to count, lines have a step.",
            ),
            *_tables(study, study.students),
        ]
    part = study.with_teacher
    if part.photos:
        parts += [
            heading(f"With the teacher, on {len(part.photos)} of the photos"),
            figure(
                draw_points_gained(part, part.networks),
                "The same, on the photos where the teacher was measured.",
            ),
            *_tables(part, part.networks),
        ]
    for student in study.students:
        parts += _crops(study, student)
    return section(by_whom(study, "What the network itself adds"), *parts)


def _tables(study: Study, networks: Sequence[str]) -> list[str]:
    groups = [
        [
            compare_with_plain(study, codec, way, plain)
            for way in networks
            for plain in study.plain_of(way)
        ]
        for codec in study.codecs
    ]
    names = ("", Cell("codec", "text"), Cell("against", "text"))
    bands = tuple(f"at {band:g}" for band in study.bands)
    return [
        heading(f"{_capital(study.judging.unit)} gained for the same bytes"),
        table(
            (*names, "BD-rate", f"BD {study.judging.unit}", *bands),
            [[_points_row(study, row) for row in group] for group in groups],
        ),
        paragraph(
            "Means of all photos, at the bytes that full size takes for the quality. BD figures "
            "are means over the range of the bands.",
            "note",
        ),
        *_same_files(study, groups),
        heading("Change in bytes at equal quality"),
        table((*names, *bands), [[_bytes_row(study, row) for row in group] for group in groups]),
        paragraph(
            "Over the photos where both reach the quality (their number in small print). Below: "
            "over all photos, with each sent in its smallest form, full size included.",
            "note",
        ),
    ]


def _same_files(study: Study, groups: Sequence[Sequence[PlainComparison]]) -> list[str]:
    """Compare the scores of the same files, setting by setting."""
    names = ("", Cell("codec", "text"), Cell("against", "text"))
    settings = tuple(f"at {quality}" for quality in study.plan.reduced_qualities)
    return [
        heading(f"{_capital(study.judging.unit)} gained on the same file, by encoder setting"),
        table(
            (*names, *settings),
            [[_same_files_row(study, row) for row in group] for group in groups],
        ),
        paragraph("Median of the photos and, in small print, the lowest.", "note"),
    ]


def _same_files_row(study: Study, row: PlainComparison) -> list[Cell | str]:
    decimals, cells = study.judging.decimals, _name_cells(study, row)
    for found in on_the_same_files(study, row.codec, row.way, row.plain):
        median, lowest = gained(found.median, decimals), gained(found.lowest, decimals)
        cells.append(Cell(f"{median.text} <small>{lowest.text}</small>", median.kind, True))
    return cells


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _points_row(study: Study, row: PlainComparison) -> list[Cell | str]:
    return [
        *_name_cells(study, row),
        signed(row.bd_rate.mean if row.bd_rate else None),
        gained(row.bd_points.mean if row.bd_points else None, study.judging.decimals),
        *(
            gained(gain.points.mean if gain.points else None, study.judging.decimals)
            for gain in row.gains
        ),
    ]


def _bytes_row(study: Study, row: PlainComparison) -> list[Cell | str]:
    return [*_name_cells(study, row), *(_bytes_cell(gain) for gain in row.gains)]


def _name_cells(study: Study, row: PlainComparison) -> list[Cell | str]:
    name = dotted(row.way, colour_of(study, row.way))
    return [name, Cell(row.codec, "text"), Cell(row.plain, "text")]


def _bytes_cell(gain: BandGain) -> Cell:
    same = signed(None if gain.same_points_saving is None else -gain.same_points_saving)
    chosen = signed(-gain.chosen_saving)
    return Cell(
        f"{same.text}<small>{gain.both} photos</small><small>all: {chosen.text}</small>",
        same.kind or chosen.kind,
        True,
    )


def _crops(study: Study, student: str) -> list[str]:
    band = study.middle_band
    rows = CropMaker(study, band, student).extremes(
        lambda pair: pair.points_gained(student, study.browser_of(student), band),
        lambda gain: (
            f"{study.judging.words(abs(gain))} {'below' if gain < 0 else 'above'} the browser's own"
        ),
    )
    return [
        heading(
            f"Best and worst photos with {student}, at the bytes of full size at "
            f"{study.judging.at(band)}"
        ),
        paragraph(seen(study)),
        *(crop_strip(row) for row in rows),
    ]
