"""The report's figures as files: summary.json, points.csv, bands.csv."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from export.bandwidth.compare import Band, against_full, earned
from export.bandwidth.measure import Measured
from export.bandwidth.picture_class import CLASSES, EXPLAINED
from export.bandwidth.plan import Costs, Plan
from export.bandwidth.policies import break_even, one_reduction, policies
from export.bandwidth.rate_quality import METHOD
from export.bandwidth.study import Photo, Study, full_bytes, half_bytes, points_within
from pixels.sending.codecs import AVIF_SPEED
from plumbing.disk import whole_file, write_csv

FORMAT = 1
POINT_COLUMNS = ("photo", "class", "height", "width", "codec", "reduction", "way", "quality")
POINT_COLUMNS += ("bytes", "ssimulacra2", "psnr", "ssim")
BAND_COLUMNS = ("photo", "class", "codec", "way", "band", "full_bytes", "half_bytes")
BAND_COLUMNS += ("half_points_for_full_bytes",)


def write_tables(
    out: Path, study: Study, measured: Sequence[Measured], costs: Costs, plan: Plan
) -> None:
    """Write every figure of the report."""
    write_csv(out / "points.csv", POINT_COLUMNS, _points(measured))
    write_csv(out / "bands.csv", BAND_COLUMNS, _bands(study))
    with whole_file(out / "summary.json") as temporary:
        content = summary(study, measured, costs, plan)
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def summary(study: Study, measured: Sequence[Measured], costs: Costs, plan: Plan) -> dict[str, Any]:
    """Collect everything that the report says, for programs."""
    return {
        "format": FORMAT,
        "photos": len(study.photos),
        "left_out": [photo.problem for photo in measured if photo.problem is not None],
        "settings": {
            "codecs": list(study.codecs),
            "qualities": list(plan.qualities),
            "half_qualities": list(plan.half_qualities),
            "bands": list(study.bands),
            "reduction": study.reduction,
            "max_side": plan.max_side,
            "avif_speed": plan.avif_speed,
            "avif_speed_default": AVIF_SPEED,
            "plain": list(study.plain),
            "students": list(study.students),
            "teacher": study.teacher,
        },
        "methods": {"bd_rate": METHOD, "classes": EXPLAINED},
        "costs_gzip_bytes": {"runtime": costs.runtime, "models": costs.models},
        "against_full": _against(study, study.ways),
        "classes": {
            kind: {
                "photos": len(study.of_kind(kind).photos),
                "against_full": _against(study.of_kind(kind), (*study.plain, *study.students)),
            }
            for kind in CLASSES
        },
        "network": _network(study, study.students),
        "network_where_the_teacher_was_measured": {
            "photos": len(study.with_teacher.photos),
            "earned": _network(study.with_teacher, study.networks) if study.teacher else [],
        },
        "freedoms": _freedoms(study),
        "break_even": _break_even(study, costs),
    }


def _against(study: Study, ways: Iterable[str]) -> list[dict[str, Any]]:
    rows = [against_full(study, codec, way) for codec in study.codecs for way in ways]
    return [{**asdict(row), "bands": [_band(band) for band in row.bands]} for row in rows]


def _band(band: Band) -> dict[str, Any]:
    return {**asdict(band), "saving": band.saving}


def _network(study: Study, ways: Iterable[str]) -> list[dict[str, Any]]:
    return [
        asdict(earned(study, codec, way, plain))
        for codec in study.codecs
        for way in ways
        for plain in study.plain
    ]


def _freedoms(study: Study) -> list[dict[str, Any]]:
    if not study.reductions:
        return []
    rows = []
    for codec in study.codecs:
        for band in study.bands:
            found = policies(study, codec, band)
            rows += [{**asdict(policy), "saving": policy.saving} for policy in found]
            for way in (*study.plain, *study.students):
                for name, saving in one_reduction(study, codec, band, way).items():
                    rows.append(
                        {
                            "codec": codec,
                            "band": band,
                            "name": f"{way} after {name} for every photo",
                            "saving": saving,
                        }
                    )
    return rows


def _break_even(study: Study, costs: Costs) -> list[dict[str, Any]]:
    rows = []
    for codec in study.codecs:
        for band in study.bands:
            for way in study.students:
                row = break_even(study, codec, band, way, costs.added(way))
                if row is not None:
                    over = row.photos_over_plain
                    rows.append({**asdict(row), "photos": row.photos, "photos_over_plain": over})
    return rows


def _points(measured: Sequence[Measured]) -> Iterable[dict[str, Any]]:
    for photo in measured:
        for curve in photo.curves:
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


def _bands(study: Study) -> Iterable[dict[str, Any]]:
    for photo in study.photos:
        for codec in study.codecs:
            for band in study.bands:
                full = full_bytes(photo, codec, band)
                for way in study.ways:
                    curve = study.half(photo, codec, way)
                    if curve is None or full is None:
                        continue
                    half, points = half_bytes(curve, band), points_within(curve, full)
                    yield {
                        **_named(photo),
                        "codec": codec,
                        "way": way,
                        "band": band,
                        "full_bytes": round(full),
                        "half_bytes": "" if half is None else round(half),
                        "half_points_for_full_bytes": "" if points is None else round(points, 3),
                    }


def _named(photo: Photo) -> dict[str, Any]:
    return {"photo": photo.name, "class": photo.kind}
