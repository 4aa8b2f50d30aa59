"""The figures of a study as files for programs: summary.json, points.csv and bands.csv."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from export.bandwidth.compare import BandResult, compare_with_full, compare_with_plain
from export.bandwidth.picture_class import CLASSES, EXPLAINED
from export.bandwidth.policies import break_even, policies, savings_by_reduction
from export.bandwidth.rate_quality import METHOD
from export.bandwidth.study import Study
from pixels.sending.codecs import PUBLISHING
from plumbing.disk import whole_file, write_csv

FORMAT = 1
POINT_COLUMNS = ("photo", "class", "height", "width", "codec", "reduction", "way", "quality")
POINT_COLUMNS += ("bytes", "ssimulacra2", "psnr", "ssim")
BAND_COLUMNS = ("photo", "class", "codec", "way", "band", "full_bytes", "half_bytes")
BAND_COLUMNS += ("half_points_for_full_bytes",)


def write_tables(out: Path, study: Study) -> None:
    """Write every figure of the report."""
    write_csv(out / "points.csv", POINT_COLUMNS, _points(study))
    write_csv(out / "bands.csv", BAND_COLUMNS, _bands(study))
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
            "half_qualities": list(plan.half_qualities),
            "bands": list(study.bands),
            "reduction": plan.reduction,
            "max_side": plan.max_side,
            "avif_speed": plan.encoder.avif_speed,
            "avif_speed_default": PUBLISHING.avif_speed,
            "plain": list(study.plain),
            "students": list(study.students),
            "teacher": study.teacher,
        },
        "methods": {"bd_rate": METHOD, "classes": EXPLAINED},
        "costs_gzip_bytes": {"runtime": study.costs.runtime, "models": study.costs.models},
        "against_full": _against_full(study, study.ways),
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


def _network(study: Study, ways: Iterable[str]) -> list[dict[str, Any]]:
    return [
        asdict(compare_with_plain(study, codec, way, plain))
        for codec in study.codecs
        for way in ways
        for plain in study.plain
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
        break_even(study, codec, band, way)
        for codec in study.codecs
        for band in study.bands
        for way in study.students
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
                    "reduction": curve.reduction or "",
                    "way": curve.way,
                    "quality": point.quality,
                    "bytes": point.bytes_,
                    "ssimulacra2": round(point.ssimulacra2, 4),
                    "psnr": round(point.psnr, 4),
                    "ssim": round(point.ssim, 6),
                }


def _bands(study: Study) -> Iterator[dict[str, Any]]:
    for photo in study.photos:
        for codec in study.codecs:
            pair = study.pair(photo, codec)
            for band in study.bands:
                full = pair.full_bytes(band)
                for way in study.ways:
                    if full is None or pair.half(way) is None:
                        continue
                    half, points = pair.half_bytes(way, band), pair.half_points(way, full)
                    yield {
                        "photo": photo.name,
                        "class": photo.kind,
                        "codec": codec,
                        "way": way,
                        "band": band,
                        "full_bytes": round(full),
                        "half_bytes": "" if half is None else round(half),
                        "half_points_for_full_bytes": "" if points is None else round(points, 3),
                    }
