"""Photos whose rate-quality curves are known, for what is made of them."""

from __future__ import annotations

import math

from export.bandwidth.measure import FULL, Curve, Measured, Point
from export.bandwidth.picture_class import PictureClass
from export.bandwidth.study import Study, study_photos
from pixels.sending.codecs import REDUCTIONS, Codec, Reduction

QUALITIES = (10.0, 20.0, 35.0, 50.0, 65.0, 80.0, 90.0)
BANDS = (30, 50, 70)


def curve(
    way: str,
    factor: float,
    reduction: Reduction | None = "bicubic",
    *,
    highest: float = 90.0,
    codec: Codec = "JPEG",
) -> Curve:
    """Bytes of factor x 1000 x exp(quality / 30), up to some quality."""
    points = [
        Point(
            quality=round(quality),
            bytes_=round(factor * 1e6 * math.exp(quality / 30.0)),
            ssimulacra2=quality,
            psnr=20.0 + quality / 5.0,
            ssim=quality / 100.0,
        )
        for quality in QUALITIES
        if quality <= highest
    ]
    return Curve(codec=codec, way=way, reduction=reduction, points=tuple(points))


def measured(name: str, *curves: Curve, kind: PictureClass = "smooth") -> Measured:
    full = curve(FULL, 1.0, None)
    return Measured(name=name, size=(1000, 1000), kind=kind, curves=(full, *curves))


def study(*photos: Measured, students: tuple[str, ...] = ("net",)) -> Study:
    return Study(
        photos=tuple(study_photos(photos)),
        codecs=("JPEG",),
        plain=("browser", "lanczos"),
        students=students,
        teacher=None,
        bands=BANDS,
        reduction="bicubic",
        reductions=REDUCTIONS,
    )
