"""The report's chapter on what a network adds to plain enlargement of the same files."""

from __future__ import annotations

from collections.abc import Sequence

from export.bandwidth.compare import Gain, earned
from export.bandwidth.plan import Plan
from export.bandwidth.report.crops import by_gain, extremes
from export.bandwidth.report.figures import colour_of, draw_points
from export.bandwidth.report.html import (
    Cell,
    chapter,
    crop_strip,
    dotted,
    figure,
    heading,
    points,
    signed,
    table,
    text,
)
from export.bandwidth.study import Study


def network_chapter(study: Study, plan: Plan) -> str:
    """What a network adds to plain enlargement of the same files."""
    if not study.networks:
        return ""
    band = study.middle_band
    parts = [
        text(
            "Sending fewer pixels saves bytes by itself. What counts for a network is what it adds "
            "to a plain enlargement of the very same file: points gained for equal bytes, and "
            "bytes saved for equal points."
        )
    ]
    if study.students:
        parts += [
            figure(
                draw_points(study, study.students),
                "SSIMULACRA2 points above the browser's own enlargement of the same file.",
            ),
            *_network_tables(study, study.students),
        ]
    if study.teacher is not None and study.with_teacher.photos:
        part = study.with_teacher
        parts += [
            heading(f"With the teacher, on {len(part.photos)} of the photos"),
            figure(draw_points(part, part.networks), "The same on the photos it was measured on."),
            *_network_tables(part, part.networks),
        ]
    for way in study.students:
        crops = extremes(
            study,
            by_gain(study, way, study.plain[0], band),
            lambda gain: f"{gain:+.1f} points over the browser",
            band,
            plan,
        )
        parts += [
            heading(f"Best and worst photos of {way}, at the bytes of SSIMULACRA2 {band}"),
            *(crop_strip(row) for row in crops),
        ]
    return chapter("What the network itself earns", *parts)


def _network_tables(study: Study, networks: Sequence[str]) -> list[str]:
    heads = ("", "codec", "against", "BD-rate", "BD points")
    by_points, by_bytes = [], []
    for codec in study.codecs:
        group_points, group_bytes = [], []
        for way in networks:
            for plain in study.plain:
                told = earned(study, codec, way, plain)
                named: list[Cell | str] = [
                    dotted(way, colour_of(study, way)),
                    Cell(codec, "text"),
                    Cell(plain, "text"),
                ]
                bd: list[Cell | str] = [
                    signed(told.bd_rate.mean if told.bd_rate else None),
                    points(told.bd_points.mean if told.bd_points else None),
                ]
                gained = [points(gain.points.mean if gain.points else None) for gain in told.gains]
                group_points.append([*named, *bd, *gained])
                group_bytes.append([*named, *(_saved_bytes(gain) for gain in told.gains)])
        by_points.append(group_points)
        by_bytes.append(group_bytes)
    bands = tuple(f"at {band}" for band in study.bands)
    return [
        heading("Points gained by the same file"),
        table((*heads, *bands), by_points),
        text(
            "Mean of all photos, at the bytes with which full size reaches the quality named. BD "
            "figures are means over the range of the bands.",
            "note",
        ),
        heading("Bytes saved at equal points"),
        table(("", "codec", "against", *bands), by_bytes),
        text(
            "Of the photos of which both reach the quality (how many, in small print); below it, "
            "of all photos when each goes out in its smallest form, full size included.",
            "note",
        ),
    ]


def _saved_bytes(gain: Gain) -> Cell:
    same = signed(None if gain.same_points_saving is None else -gain.same_points_saving)
    chosen = signed(-gain.chosen_saving)
    return Cell(
        f"{same.text} <small>{gain.both}</small><br><small>all: {chosen.text}</small>",
        same.kind or chosen.kind,
        True,
    )
