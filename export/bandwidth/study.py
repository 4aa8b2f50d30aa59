"""The results of a study: every photo's rate-quality curves, and what one photo costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from export.bandwidth.costs import Costs
from export.bandwidth.measure import PhotoCurves, RateCurve
from export.bandwidth.picture_class import PictureClass
from export.bandwidth.plan import FULL, PLAIN_NAMES, StudyPlan
from export.bandwidth.rate_quality import Delta, RateQuality, bd_rate
from pixels.sending.codecs import Codec, Reduction

Metric = Literal["ssimulacra2", "psnr", "ssim"]
_METRICS: tuple[Metric, ...] = ("ssimulacra2", "psnr", "ssim")


class StudyPhoto:
    """One photo and its rate-quality curves."""

    def __init__(self, measured: PhotoCurves) -> None:
        """Interpolate what was measured of a photo."""
        self.name, self.path, self.kind = measured.name, measured.path, measured.kind
        self.size = measured.size
        """(height, width)"""
        self.measured: tuple[RateCurve, ...] = measured.curves
        """The points between which the curves are interpolated."""
        self._curves = {
            (curve.codec, curve.way, curve.reduction, metric): RateQuality(
                [point.bytes_ for point in curve.points],
                [getattr(point, metric) for point in curve.points],
            )
            for curve in measured.curves
            for metric in _METRICS
        }

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.size[0] * self.size[1]

    def curve(
        self,
        codec: Codec,
        way: str,
        reduction: Reduction | None = None,
        metric: Metric = "ssimulacra2",
    ) -> RateQuality | None:
        """Return one curve; None if it was not measured for this photo."""
        return self._curves.get((codec, way, reduction, metric))


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One photo in one codec: its full-size files against its half-size files."""

    photo: StudyPhoto
    codec: Codec
    reduction: Reduction
    """How half-size files are made, unless stated otherwise."""
    lowest: float
    """The lowest of the study's bands."""
    highest: float
    """The highest of them."""

    def full(self, metric: Metric = "ssimulacra2") -> RateQuality:
        """Return the curve of the full-size files."""
        curve = self.photo.curve(self.codec, FULL, None, metric)
        assert curve is not None  # every photo is measured at full size in every codec
        return curve

    def half(
        self, way: str, metric: Metric = "ssimulacra2", *, reduction: Reduction | None = None
    ) -> RateQuality | None:
        """Return the curve of half-size files enlarged in one way; None if not measured."""
        return self.photo.curve(self.codec, way, reduction or self.reduction, metric)

    def full_bytes(self, band: float) -> float | None:
        """Return the bytes of the full-size file of a quality; None outside the measured range."""
        return self.full().bytes_at(band)

    def half_bytes(
        self, way: str, band: float, *, reduction: Reduction | None = None
    ) -> float | None:
        """Return the bytes of the half-size file that reaches a quality; None if none does."""
        curve = self.half(way, reduction=reduction)
        return None if curve is None else curve.least_bytes_for(band)

    def half_points(self, way: str, bytes_: float) -> float | None:
        """Return the best SSIMULACRA2 of half-size files of at most `bytes_`; None if none fits."""
        curve = self.half(way)
        return None if curve is None else curve.best_within(bytes_)

    def saving(self, way: str, band: float) -> float | None:
        """Return the share of bytes that half size saves; below 0 where it needs more."""
        full, half = self.full_bytes(band), self.half_bytes(way, band)
        return None if full is None or half is None else 1.0 - half / full

    def points_gained(self, way: str, plain: str, band: float) -> float | None:
        """Return how many points one enlargement is above another, for the bytes of full size.

        Args:
            way: The enlargement to judge.
            plain: The one to compare it with.
            band: SSIMULACRA2 of the full-size file whose bytes both may take.
        """
        bytes_ = self.full_bytes(band)
        if bytes_ is None:
            return None
        better, worse = self.half_points(way, bytes_), self.half_points(plain, bytes_)
        return None if better is None or worse is None else better - worse

    def bd_rate(self, way: str, metric: Metric) -> Delta | None:
        """Compare half size with full size, over the qualities that a site would send."""
        half, within = self.half(way, metric), self._useful_qualities(metric)
        return None if half is None or within is None else bd_rate(half, self.full(metric), within)

    def useful_bytes(self) -> tuple[float, float] | None:
        """Return the bytes of full size at the lowest and highest band, as far as measured."""
        full = self.full()
        if full.highest <= self.lowest or full.lowest >= self.highest:
            return None
        least = full.bytes_at(max(self.lowest, full.lowest))
        most = full.bytes_at(min(self.highest, full.highest))
        return None if least is None or most is None else (least, most)

    def _useful_qualities(self, metric: Metric) -> tuple[float, float] | None:
        """Return a metric's values of the full-size files at the lowest and highest band.

        BD figures are means over this range: files that nobody would send do not count.
        """
        bytes_ = self.useful_bytes()
        if bytes_ is None:
            return None
        if metric == "ssimulacra2":
            return self.lowest, self.highest
        full = self.full(metric)
        low, high = full.quality_at(bytes_[0]), full.quality_at(bytes_[1])
        return None if low is None or high is None else (low, high)


@dataclass(frozen=True, kw_only=True)
class Study:
    """What was planned, what was measured, and what readers download once.

    All tables and chapters of the report are functions of a study.
    """

    plan: StudyPlan
    photos: tuple[StudyPhoto, ...]
    problems: tuple[str, ...] = ()
    """Why photos were left out."""
    costs: Costs

    @classmethod
    def of(cls, plan: StudyPlan, measured: Sequence[PhotoCurves], costs: Costs) -> Study:
        """Collect the results; photos that could not be measured are left out."""
        return cls(
            plan=plan,
            photos=tuple(StudyPhoto(photo) for photo in measured if photo.problem is None),
            problems=tuple(photo.problem for photo in measured if photo.problem is not None),
            costs=costs,
        )

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """The codecs that were measured."""
        return self.plan.codecs

    @property
    def bands(self) -> tuple[int, ...]:
        """SSIMULACRA2 scores at which bytes are compared, rising."""
        return self.plan.bands

    @property
    def reductions(self) -> tuple[Reduction, ...]:
        """All reductions that were measured, on some photos only."""
        return self.plan.reductions

    @property
    def browser(self) -> str:
        """Name of the browser's own enlargement."""
        return self.plain[0]

    @property
    def plain(self) -> tuple[str, ...]:
        """Names of the enlargements without a network; the browser's own is the first."""
        return PLAIN_NAMES

    @property
    def students(self) -> tuple[str, ...]:
        """Names of the students."""
        return tuple(student.name for student in self.plan.students)

    @property
    def teacher(self) -> str | None:
        """Name of the teacher, which was measured on some photos only."""
        return None if self.plan.teacher is None else self.plan.teacher.name

    @property
    def shippable(self) -> tuple[str, ...]:
        """Names of all enlargements that a page can use: all but the teacher, plain ones first."""
        return (*self.plain, *self.students)

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the students, then of the teacher."""
        return self.students if self.teacher is None else (*self.students, self.teacher)

    @property
    def ways(self) -> tuple[str, ...]:
        """Names of all enlargements, plain ones first."""
        return (*self.plain, *self.networks)

    @property
    def headline_way(self) -> str:
        """The enlargement of single figures: the last student, or the best plain enlargement."""
        return self.shippable[-1]

    @property
    def middle_band(self) -> int:
        """The band of single figures: below the middle, where half size pays."""
        return self.bands[max(0, (len(self.bands) - 2) // 2)]

    @property
    def with_teacher(self) -> Study:
        """The study of the photos on which the teacher was measured."""
        return self.where(
            [
                photo
                for photo in self.photos
                if self.teacher is not None
                and photo.curve(self.codecs[0], self.teacher, self.plan.reduction)
            ]
        )

    @property
    def with_reductions(self) -> Study:
        """The study of the photos on which every reduction was measured."""
        return self.where(
            [
                photo
                for photo in self.photos
                if all(photo.curve(self.codecs[0], self.browser, r) for r in self.reductions)
            ]
        )

    def of_kind(self, kind: PictureClass) -> Study:
        """Return the study of the photos of one class."""
        return self.where([photo for photo in self.photos if photo.kind == kind])

    def where(self, photos: Sequence[StudyPhoto]) -> Study:
        """Return the same study with some of its photos."""
        return replace(self, photos=tuple(photos))

    def pairs(self, codec: Codec) -> Iterator[Pair]:
        """Yield every photo in one codec."""
        for photo in self.photos:
            yield self.pair(photo, codec)

    def pair(self, photo: StudyPhoto, codec: Codec) -> Pair:
        """Return one photo in one codec."""
        return Pair(
            photo=photo,
            codec=codec,
            reduction=self.plan.reduction,
            lowest=float(min(self.bands)),
            highest=float(max(self.bands)),
        )
