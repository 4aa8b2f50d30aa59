"""All photos' curves, and what one photo costs in each form at a wanted quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from export.bandwidth.measure import FULL, Measured
from export.bandwidth.picture_class import PictureClass
from export.bandwidth.rate_quality import RateQuality
from export.delivery.enlarging import BROWSER
from pixels.sending.codecs import Codec, Reduction

Metric = Literal["ssimulacra2", "psnr", "ssim"]


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One photo's rate-quality curves."""

    name: str
    size: tuple[int, int]
    kind: PictureClass
    path: str
    curves: dict[tuple[Codec, str, Reduction | None], dict[Metric, RateQuality]]

    def curve(
        self,
        codec: Codec,
        way: str,
        reduction: Reduction | None = None,
        metric: Metric = "ssimulacra2",
    ) -> RateQuality | None:
        """Give one curve; None where that way was not measured for this photo."""
        found = self.curves.get((codec, way, reduction))
        return None if found is None else found[metric]


@dataclass(frozen=True, kw_only=True)
class Study:
    """What was measured, and of what it consists."""

    photos: tuple[Photo, ...]
    codecs: tuple[Codec, ...]
    plain: tuple[str, ...]
    """Ways without a network; the browser's own is the first."""
    students: tuple[str, ...]
    teacher: str | None
    """Measured on some photos only."""
    bands: tuple[int, ...]
    """SSIMULACRA2 values at which bytes are compared."""
    reduction: Reduction
    """By which half-size photos are made."""
    reductions: tuple[Reduction, ...]
    """All that were tried, on some photos only."""

    @property
    def networks(self) -> tuple[str, ...]:
        """Students, then the teacher."""
        return self.students if self.teacher is None else (*self.students, self.teacher)

    @property
    def ways(self) -> tuple[str, ...]:
        """All ways to enlarge, plain ones first."""
        return (*self.plain, *self.networks)

    @property
    def middle_band(self) -> int:
        """The band at which single figures are told: below the middle, where half size pays."""
        return self.bands[max(0, (len(self.bands) - 2) // 2)]

    @property
    def with_teacher(self) -> Study:
        """The photos on which the teacher was measured."""
        return self.where(
            [
                photo
                for photo in self.photos
                if self.teacher is not None
                and photo.curve(self.codecs[0], self.teacher, self.reduction)
            ]
        )

    @property
    def with_reductions(self) -> Study:
        """The photos on which every reduction was measured."""
        return self.where(
            [
                photo
                for photo in self.photos
                if all(photo.curve(self.codecs[0], BROWSER, r) for r in self.reductions)
            ]
        )

    def of_kind(self, kind: PictureClass) -> Study:
        """The photos of one class."""
        return self.where([photo for photo in self.photos if photo.kind == kind])

    def where(self, photos: Sequence[Photo]) -> Study:
        """The same study of some of the photos."""
        return replace(self, photos=tuple(photos))

    def half(self, photo: Photo, codec: Codec, way: str) -> RateQuality | None:
        """A photo's curve at half size, by the study's own reduction."""
        return photo.curve(codec, way, self.reduction)


def study_photos(measured: Sequence[Measured]) -> list[Photo]:
    """Turn points into curves; photos that could not be measured are left out."""
    metrics: tuple[Metric, ...] = ("ssimulacra2", "psnr", "ssim")
    return [
        Photo(
            name=photo.name,
            size=photo.size,
            kind=photo.kind,
            path=photo.path,
            curves={
                (curve.codec, curve.way, curve.reduction): {
                    metric: RateQuality(
                        [point.bytes_ for point in curve.points],
                        [getattr(point, metric) for point in curve.points],
                    )
                    for metric in metrics
                }
                for curve in photo.curves
            },
        )
        for photo in measured
        if photo.problem is None
    ]


def useful_bytes(study: Study, photo: Photo, codec: Codec) -> tuple[float, float] | None:
    """Bytes of the full-size file at the lowest and the highest band, as far as it was measured."""
    full = photo.curve(codec, FULL)
    low, high = min(study.bands), max(study.bands)
    if full is None or full.highest <= low or full.lowest >= high:
        return None
    least, most = full.bytes_at(max(low, full.lowest)), full.bytes_at(min(high, full.highest))
    return None if least is None or most is None else (least, most)


def useful_qualities(
    study: Study, photo: Photo, codec: Codec, metric: Metric
) -> tuple[float, float] | None:
    """What a metric says of the full-size files between the lowest and the highest band.

    BD figures are means over this range: files that no one would send do not count.
    """
    bytes_, full = useful_bytes(study, photo, codec), photo.curve(codec, FULL, None, metric)
    if bytes_ is None or full is None:
        return None
    if metric == "ssimulacra2":
        return float(min(study.bands)), float(max(study.bands))
    low, high = full.quality_at(bytes_[0]), full.quality_at(bytes_[1])
    return None if low is None or high is None else (low, high)


def full_bytes(photo: Photo, codec: Codec, band: float) -> float | None:
    """Bytes of the full-size file of that quality; None where no measured setting gives it."""
    curve = photo.curve(codec, FULL)
    return None if curve is None else curve.bytes_at(band)


def half_bytes(curve: RateQuality | None, band: float) -> float | None:
    """Bytes of the half-size file that reaches a quality; None where none does.

    Where the smallest file that was measured is better than that already, it is taken: nothing is
    guessed in favour of half size.
    """
    if curve is None or band > curve.highest:
        return None
    return curve.least if band < curve.lowest else curve.bytes_at(band)


def points_within(curve: RateQuality | None, bytes_: float) -> float | None:
    """Best quality for at most so many bytes; None where the smallest measured file is larger."""
    if curve is None or bytes_ < curve.least:
        return None
    return curve.highest if bytes_ > curve.most else curve.quality_at(bytes_)
