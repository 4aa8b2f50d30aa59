"""The figures of a study as files for programs: summary.json, points.csv and bands.csv."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from export.bandwidth.compare import (
    BandResult,
    compare_at,
    compare_with_full,
    compare_with_plain,
    on_the_same_files,
)
from export.bandwidth.disagreement import disagreements
from export.bandwidth.picture_class import CLASSES, EXPLAINED
from export.bandwidth.policies import break_even, policies, savings_by_reduction
from export.bandwidth.rate_quality import METHOD
from export.bandwidth.study import Study
from pixels.scale import scale_json, scale_name
from pixels.sending.codecs import PUBLISHING
from plumbing.disk import whole_file, write_csv

FORMAT = 2
POINT_COLUMNS = ("photo", "class", "height", "width", "codec", "scale", "reduction", "way")
POINT_COLUMNS += ("quality", "bytes", "psnr", "ssim")
"""Followed by a column for each judge."""
BAND_COLUMNS = ("photo", "class", "codec", "judge", "scale", "way", "band", "full_bytes")
BAND_COLUMNS += ("reduced_bytes", "reduced_score_for_full_bytes")


def write_tables(out: Path, study: Study) -> None:
    """Write every figure of the report."""
    judges = tuple(judging.column for judging in study.plan.judgings)
    write_csv(out / "points.csv", (*POINT_COLUMNS, *judges), _points(study))
    bands = (row for one in study.by_each_judge for row in _bands(one))
    write_csv(out / "bands.csv", BAND_COLUMNS, bands)
    with whole_file(out / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary(study), indent=1) + "\n", encoding="utf-8")


def summary(study: Study) -> dict[str, Any]:
    """Collect all that the report says."""
    plan = study.plan
    return {
        "format": FORMAT,
        "photos": len(study.photos),
        "left_out": list(study.problems),
        "settings": {
            "codecs": list(study.codecs),
            "qualities": list(plan.qualities),
            "reduced_qualities": list(plan.reduced_qualities),
            "judges": {
                judging.column: {
                    "name": judging.name,
                    "description": judging.judge.description,
                    "unit": judging.unit,
                    "bands": list(judging.bands),
                }
                for judging in plan.judgings
            },
            "reduction": plan.reduction,
            "max_side": plan.max_side,
            "avif_speed": plan.encoder.avif_speed,
            "avif_speed_default": PUBLISHING.avif_speed,
            "plain": list(study.plain),
            "students": list(study.students),
            "teacher": study.teacher,
            "scales": {way: scale_json(study.scale_of(way)) for way in study.ways},
        },
        "methods": {"bd_rate": METHOD, "classes": EXPLAINED},
        "costs_gzip_bytes": {"runtime": study.costs.runtime, "models": study.costs.models},
        "by_judge": {one.judging.column: _by_one_judge(one) for one in study.by_each_judge},
        "judges_disagree": [asdict(row) for row in disagreements(study)],
    }


def _by_one_judge(study: Study) -> dict[str, Any]:
    return {
        "against_full": _against_full(study, study.ways),
        "offers": _offers(study),
        "classes": {
            kind: {
                "photos": len(study.of_kind(kind).photos),
                "against_full": _against_full(study.of_kind(kind), study.shippable),
            }
            for kind in CLASSES
        },
        "network": _network(study, study.students),
        "network_where_the_teacher_was_measured": {
            "photos": len(study.with_teacher.photos),
            "earned": _network(study.with_teacher, study.networks) if study.teacher else [],
        },
        "freedoms": _freedoms(study),
        "break_even": _break_even(study),
    }


def _against_full(study: Study, ways: Iterable[str]) -> list[dict[str, Any]]:
    rows = [compare_with_full(study, codec, way) for codec in study.codecs for way in ways]
    return [{**asdict(row), "bands": [_band(band) for band in row.bands]} for row in rows]


def _band(band: BandResult) -> dict[str, Any]:
    return {**asdict(band), "saving": band.saving}


def _offers(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "codec": codec,
            "name": offer.name,
            "ways": list(offer.ways),
            "bands": [_band(compare_at(study, codec, offer.ways, band)) for band in study.bands],
        }
        for codec in study.codecs
        for offer in study.offers
    ]


def _network(study: Study, ways: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {
            **asdict(compare_with_plain(study, codec, way, plain)),
            "same_files": [asdict(row) for row in on_the_same_files(study, codec, way, plain)],
        }
        for codec in study.codecs
        for way in ways
        for plain in study.plain_of(way)
    ]


def _freedoms(study: Study) -> list[dict[str, Any]]:
    if not study.reductions:
        return []
    rows: list[dict[str, Any]] = []
    for codec in study.codecs:
        for band in study.bands:
            found = policies(study, codec, band)
            rows += [{**asdict(policy), "saving": policy.saving} for policy in found]
            for way in study.shippable:
                savings = savings_by_reduction(study, codec, band, way)
                rows += [
                    {
                        "codec": codec,
                        "band": band,
                        "name": f"{way} after {reduction} for every photo",
                        "saving": saving,
                    }
                    for reduction, saving in savings.items()
                ]
    return rows


def _break_even(study: Study) -> list[dict[str, Any]]:
    rows = [
        break_even(study, codec, band, offer)
        for codec in study.codecs
        for band in study.bands
        for offer in study.student_offers
    ]
    return [
        {**asdict(row), "photos": row.photos, "photos_over_plain": row.photos_over_plain}
        for row in rows
        if row is not None
    ]


def _points(study: Study) -> Iterator[dict[str, Any]]:
    for photo in study.photos:
        for curve in photo.measured:
            for point in curve.points:
                yield {
                    "photo": photo.name,
                    "class": photo.kind,
                    "height": photo.size[0],
                    "width": photo.size[1],
                    "codec": curve.codec,
                    "scale": "" if curve.scale is None else scale_name(curve.scale),
                    "reduction": curve.reduction or "",
                    "way": curve.way,
                    "quality": point.quality,
                    "bytes": point.bytes_,
                    "psnr": round(point.scores["psnr"], 4),
                    "ssim": round(point.scores["ssim"], 6),
                } | {
                    judging.column: round(point.scores[judging.key], 4)
                    for judging in study.plan.judgings
                }


def _bands(study: Study) -> Iterator[dict[str, Any]]:
    for photo in study.photos:
        for codec in study.codecs:
            pair = study.pair(photo, codec)
            for band in study.bands:
                full = pair.full_bytes(band)
                for way in study.ways:
                    if full is None or pair.reduced(way) is None:
                        continue
                    reduced, score = pair.reduced_bytes(way, band), pair.reduced_score(way, full)
                    yield {
                        "photo": photo.name,
                        "class": photo.kind,
                        "codec": codec,
                        "judge": study.judging.column,
                        "scale": scale_name(study.scale_of(way)),
                        "way": way,
                        "band": f"{band:g}",
                        "full_bytes": round(full),
                        "reduced_bytes": "" if reduced is None else round(reduced),
                        "reduced_score_for_full_bytes": "" if score is None else round(score, 4),
                    }
