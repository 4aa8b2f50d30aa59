"""Studies of photos whose rate-quality curves are known."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

from export.bandwidth.costs import Costs
from export.bandwidth.judging import Judging
from export.bandwidth.measure import CurvePoint, PhotoCurves, RateCurve
from export.bandwidth.picture_class import PictureClass
from export.bandwidth.plan import FULL, Enlargement, StudyPlan
from export.bandwidth.study import Study
from export.delivery.reducing import SentReduction
from pixels.quality.screens import PHONE
from pixels.scale import HALF
from pixels.sending.codecs import PUBLISHING, Codec

QUALITIES = (10.0, 20.0, 35.0, 50.0, 65.0, 80.0, 90.0)
BY_POINTS = Judging(bands=(30, 50, 70))
ON_A_PHONE = Judging(screen=PHONE, bands=(9.5, 9.8))


def curve(
    way: str,
    factor: float,
    reduction: SentReduction | None = "bicubic",
    *,
    highest: float = 90.0,
    codec: Codec = "JPEG",
    scale: Fraction | None = HALF,
    jod_lost: float = 1.0,
) -> RateCurve:
    """A curve of factor x 1e6 x exp(quality / 30) bytes, up to some quality.

    On a phone, what is lost of 10 JOD is 1e6 x `jod_lost` / bytes.
    """
    bytes_of = {quality: round(factor * 1e6 * math.exp(quality / 30.0)) for quality in QUALITIES}
    points = [
        CurvePoint(
            quality=round(quality),
            bytes_=bytes_of[quality],
            scores={
                "ssimulacra2": quality,
                "psnr": 20.0 + quality / 5.0,
                "ssim": quality / 100.0,
                ON_A_PHONE.key: 10.0 - jod_lost * 1e6 / bytes_of[quality],
            },
        )
        for quality in QUALITIES
        if quality <= highest
    ]
    return RateCurve(
        codec=codec,
        way=way,
        reduction=reduction,
        scale=None if way == FULL else scale,
        points=tuple(points),
    )


def measured(name: str, *curves: RateCurve, kind: PictureClass = "smooth") -> PhotoCurves:
    """A photo of one megapixel whose full-size curve has the factor 1."""
    full = curve(FULL, 1.0, None)
    return PhotoCurves(name=name, size=(1000, 1000), kind=kind, curves=(full, *curves))


def plan(
    *photos: Path,
    cache: Path = Path("nowhere"),
    held_out: Path | None = None,
    held_out_photos: int = 20,
    students: tuple[str | tuple[str, Fraction], ...] = (),
    judgings: tuple[Judging, ...] = (BY_POINTS,),
    codecs: tuple[Codec, ...] = ("JPEG",),
    reduction_photos: int = 0,
) -> StudyPlan:
    """A plan with two settings for each size, and without a teacher."""
    return StudyPlan(
        photos=photos,
        held_out=held_out,
        held_out_photos=held_out_photos,
        cache=cache,
        students=tuple(_student(*((s, HALF) if isinstance(s, str) else s)) for s in students),
        teacher=None,
        teacher_photos=0,
        codecs=codecs,
        qualities=(10, 60),
        reduced_qualities=(30, 90),
        judgings=judgings,
        reduction="bicubic",
        reduction_photos=reduction_photos,
        max_side=None,
        encoder=PUBLISHING,
    )


def study(
    *photos: PhotoCurves,
    students: tuple[str | tuple[str, Fraction], ...] = ("net",),
    judgings: tuple[Judging, ...] = (BY_POINTS,),
    model_bytes: int = 0,
) -> Study:
    planned = plan(students=students, judgings=judgings, reduction_photos=1)
    models = {student.name: model_bytes for student in planned.students}
    return Study.of(planned, photos, Costs(runtime=None, models=models))


def _student(name: str, scale: Fraction) -> Enlargement:
    return Enlargement(name=name, model=name, fingerprint=name, scale=scale)
