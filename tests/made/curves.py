"""Studies of photos whose rate-quality curves are known."""

from __future__ import annotations

import math
from pathlib import Path

from export.bandwidth.costs import Costs
from export.bandwidth.measure import CurvePoint, PhotoCurves, RateCurve
from export.bandwidth.picture_class import PictureClass
from export.bandwidth.plan import FULL, Enlargement, StudyPlan
from export.bandwidth.study import Study
from pixels.sending.codecs import PUBLISHING, Codec, Reduction

QUALITIES = (10.0, 20.0, 35.0, 50.0, 65.0, 80.0, 90.0)
BANDS = (30, 50, 70)


def curve(
    way: str,
    factor: float,
    reduction: Reduction | None = "bicubic",
    *,
    highest: float = 90.0,
    codec: Codec = "JPEG",
) -> RateCurve:
    """A curve of factor x 1e6 x exp(quality / 30) bytes, up to some quality."""
    points = [
        CurvePoint(
            quality=round(quality),
            bytes_=round(factor * 1e6 * math.exp(quality / 30.0)),
            ssimulacra2=quality,
            psnr=20.0 + quality / 5.0,
            ssim=quality / 100.0,
        )
        for quality in QUALITIES
        if quality <= highest
    ]
    return RateCurve(codec=codec, way=way, reduction=reduction, points=tuple(points))


def measured(name: str, *curves: RateCurve, kind: PictureClass = "smooth") -> PhotoCurves:
    """A photo of one megapixel whose full-size curve has the factor 1."""
    full = curve(FULL, 1.0, None)
    return PhotoCurves(name=name, size=(1000, 1000), kind=kind, curves=(full, *curves))


def plan(
    *photos: Path,
    cache: Path = Path("nowhere"),
    held_out: Path | None = None,
    held_out_photos: int = 20,
    students: tuple[str, ...] = (),
    codecs: tuple[Codec, ...] = ("JPEG",),
    reduction_photos: int = 0,
) -> StudyPlan:
    """A plan with two settings for each size, and without a teacher."""
    return StudyPlan(
        photos=photos,
        held_out=held_out,
        held_out_photos=held_out_photos,
        cache=cache,
        students=tuple(Enlargement(name=s, model=s, fingerprint=s) for s in students),
        teacher=None,
        teacher_photos=0,
        codecs=codecs,
        qualities=(10, 60),
        half_qualities=(30, 90),
        bands=BANDS,
        reduction="bicubic",
        reduction_photos=reduction_photos,
        max_side=None,
        encoder=PUBLISHING,
    )


def study(
    *photos: PhotoCurves, students: tuple[str, ...] = ("net",), model_bytes: int = 0
) -> Study:
    costs = Costs(runtime=None, models=dict.fromkeys(students, model_bytes))
    return Study.of(plan(students=students, reduction_photos=1), photos, costs)
