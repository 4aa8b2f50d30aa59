"""The results of a study: every photo's rate-quality curves, and what one photo costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from export.bandwidth.costs import Costs
from export.bandwidth.judging import STRAIGHT, Judging
from export.bandwidth.measure import CurvePoint, PhotoCurves, RateCurve
from export.bandwidth.picture_class import PictureClass
from export.bandwidth.plan import FULL, StudyPlan
from export.bandwidth.rate_quality import Delta, RateQuality, bd_rate
from export.delivery.enlarging import BROWSER
from export.delivery.reducing import SentReduction
from pixels.sending.codecs import Codec

ANY_PLAIN, ANY_STUDENT = "plain, any size", "students, any size"
"""Names of what is chosen anew for each photo, where photos are sent at several sizes."""
_LUMA = ("psnr", "ssim")  # measures besides the judges' scores


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The enlargements among which a site may choose for each photo, beside full size."""

    name: str
    ways: tuple[str, ...]


class StudyPhoto:
    """One photo and its rate-quality curves."""

    def __init__(self, measured: PhotoCurves, judgings: Sequence[Judging]) -> None:
        """Interpolate what was measured of a photo."""
        self.name, self.path, self.kind = measured.name, measured.path, measured.kind
        self.size = measured.size
        """(height, width)"""
        self.measured: tuple[RateCurve, ...] = measured.curves
        """The points between which the curves are interpolated."""
        bends = dict.fromkeys(_LUMA, STRAIGHT) | {entry.key: entry.bend for entry in judgings}
        self._curves = {
            (curve.codec, curve.way, curve.reduction, metric): RateQuality(
                [point.bytes_ for point in curve.points],
                [point.scores[metric] for point in curve.points],
                bend,
            )
            for curve in measured.curves
            for metric, bend in bends.items()
        }

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.size[0] * self.size[1]

    def curve(
        self, codec: Codec, way: str, reduction: SentReduction | None, metric: str
    ) -> RateQuality | None:
        """Return one curve; None if it was not measured for this photo.

        Args:
            codec: The format of the files.
            way: The enlargement; `FULL` at full size.
            reduction: How the photo was reduced; None at full size.
            metric: A judge's key, `psnr` or `ssim`.
        """
        return self._curves.get((codec, way, reduction, metric))

    def points(
        self, codec: Codec, way: str, reduction: SentReduction | None
    ) -> tuple[CurvePoint, ...] | None:
        """Return the measured points of a curve; None if it was not measured for this photo."""
        for curve in self.measured:
            if (curve.codec, curve.way, curve.reduction) == (codec, way, reduction):
                return curve.points
        return None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One photo in one codec: its full-size files against its reduced files, by one judge."""

    photo: StudyPhoto
    codec: Codec
    reduction: SentReduction
    """How reduced files are made, unless stated otherwise."""
    judging: Judging

    def full(self, metric: str | None = None) -> RateQuality:
        """Return the curve of the full-size files, by the judge or by another metric."""
        curve = self.photo.curve(self.codec, FULL, None, metric or self.judging.key)
        assert curve is not None  # every photo is measured at full size in every codec
        return curve

    def reduced(
        self, way: str, metric: str | None = None, *, reduction: SentReduction | None = None
    ) -> RateQuality | None:
        """Return the curve of reduced files enlarged in one way; None if not measured."""
        return self.photo.curve(
            self.codec, way, reduction or self.reduction, metric or self.judging.key
        )

    def full_bytes(self, band: float) -> float | None:
        """Return the bytes of the full-size file of a quality; None outside the measured range."""
        return self.full().bytes_at(band)

    def reduced_bytes(
        self, way: str, band: float, *, reduction: SentReduction | None = None
    ) -> float | None:
        """Return the bytes of the reduced file that reaches a quality; None if none does."""
        curve = self.reduced(way, reduction=reduction)
        return None if curve is None else curve.least_bytes_for(band)

    def smallest_reduced(
        self, ways: Sequence[str], band: float, reductions: Sequence[SentReduction] = ()
    ) -> tuple[float, str] | None:
        """Return the fewest bytes that reach a quality in any of the ways, and that way.

        Args:
            ways: The enlargements to choose from.
            band: The quality.
            reductions: Those to choose from too; without any, that of the study.

        Returns:
            None if no file reaches the quality.
        """
        found = [
            (bytes_, way)
            for way in ways
            for reduction in (reductions or (self.reduction,))
            if (bytes_ := self.reduced_bytes(way, band, reduction=reduction)) is not None
        ]
        return min(found) if found else None

    def reduced_score(self, way: str, bytes_: float) -> float | None:
        """Return the best score of reduced files of at most `bytes_`; None if none fits."""
        curve = self.reduced(way)
        return None if curve is None else curve.best_within(bytes_)

    def saving(self, way: str, band: float) -> float | None:
        """Return the share of bytes that a reduced file saves; below 0 where it needs more."""
        full, reduced = self.full_bytes(band), self.reduced_bytes(way, band)
        return None if full is None or reduced is None else 1.0 - reduced / full

    def points_gained(self, way: str, plain: str, band: float) -> float | None:
        """Return how much one enlargement is above another, for the bytes of full size.

        Args:
            way: The enlargement to judge.
            plain: The one to compare it with.
            band: Score of the full-size file whose bytes both may take.
        """
        bytes_ = self.full_bytes(band)
        if bytes_ is None:
            return None
        better, worse = self.reduced_score(way, bytes_), self.reduced_score(plain, bytes_)
        return None if better is None or worse is None else better - worse

    def bd_rate(self, way: str, metric: str | None = None) -> Delta | None:
        """Compare a reduced size with full size, over the qualities that a site would send."""
        reduced, within = self.reduced(way, metric), self._useful_qualities(metric)
        if reduced is None or within is None:
            return None
        return bd_rate(reduced, self.full(metric), within)

    def useful_bytes(self) -> tuple[float, float] | None:
        """Return the bytes of full size at the lowest and highest band, as far as measured."""
        full, (lowest, highest) = self.full(), self.useful_scores
        if full.highest <= lowest or full.lowest >= highest:
            return None
        least = full.bytes_at(max(lowest, full.lowest))
        most = full.bytes_at(min(highest, full.highest))
        return None if least is None or most is None else (least, most)

    @property
    def useful_scores(self) -> tuple[float, float]:
        """The lowest and the highest band."""
        return self.judging.bands[0], self.judging.bands[-1]

    def _useful_qualities(self, metric: str | None) -> tuple[float, float] | None:
        """Return a metric's values of the full-size files at the lowest and highest band.

        BD figures are means over this range: files that nobody would send do not count.
        """
        bytes_ = self.useful_bytes()
        if bytes_ is None:
            return None
        if metric in (None, self.judging.key):
            return self.useful_scores
        full = self.full(metric)
        low, high = full.quality_at(bytes_[0]), full.quality_at(bytes_[1])
        return None if low is None or high is None else (low, high)


@dataclass(frozen=True, kw_only=True)
class Study:
    """What was planned, what was measured, and what readers download once; seen by one judge.

    All tables and chapters of the report are functions of a study.
    """

    plan: StudyPlan
    judging: Judging
    """Who judges, and at which scores."""
    photos: tuple[StudyPhoto, ...]
    problems: tuple[str, ...] = ()
    """Why photos were left out."""
    costs: Costs

    @classmethod
    def of(cls, plan: StudyPlan, measured: Sequence[PhotoCurves], costs: Costs) -> Study:
        """Collect the results, by the first judge; photos without any are left out."""
        return cls(
            plan=plan,
            judging=plan.judgings[0],
            photos=tuple(
                StudyPhoto(photo, plan.judgings) for photo in measured if photo.problem is None
            ),
            problems=tuple(photo.problem for photo in measured if photo.problem is not None),
            costs=costs,
        )

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """The codecs that were measured."""
        return self.plan.codecs

    @property
    def by_each_judge(self) -> tuple[Study, ...]:
        """The same study by every judge that was asked for."""
        return tuple(replace(self, judging=judging) for judging in self.plan.judgings)

    @property
    def bands(self) -> tuple[float, ...]:
        """The judge's scores at which bytes are compared, rising."""
        return self.judging.bands

    @property
    def scales(self) -> tuple[Fraction, ...]:
        """How many times smaller photos were sent, the smallest file first."""
        return self.plan.scales

    @property
    def reductions(self) -> tuple[SentReduction, ...]:
        """All reductions that were measured, on some photos only."""
        return self.plan.reductions

    @property
    def browsers(self) -> tuple[str, ...]:
        """Names of the browser's own enlargement, one for each scale."""
        return tuple(entry.name for entry in self.plan.plain if entry.model == BROWSER)

    @property
    def plain(self) -> tuple[str, ...]:
        """Names of the enlargements without a network, scale by scale; browsers come first."""
        return tuple(entry.name for entry in self.plan.plain)

    def plain_of(self, way: str) -> tuple[str, ...]:
        """Name the plain enlargements of the files that one enlargement gets."""
        scale = self.scale_of(way)
        return tuple(entry.name for entry in self.plan.plain if entry.scale == scale)

    def browser_of(self, way: str) -> str:
        """Name the browser's own enlargement of the files that one enlargement gets."""
        return self.plain_of(way)[0]

    def scale_of(self, way: str) -> Fraction:
        """Return how many times an enlargement enlarges; 1 at full size."""
        return next((e.scale for e in self.plan.enlargements if e.name == way), Fraction(1))

    def sent_at(self, way: str) -> str:
        """Write the size at which photos are sent for an enlargement: `1/2`, `2/3`, `1`."""
        return str(1 / self.scale_of(way))

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
    def offers(self) -> tuple[Offer, ...]:
        """What a site may offer: each enlargement alone, and all of one kind where sizes differ."""
        alone = tuple(Offer(name=way, ways=(way,)) for way in self.shippable)
        if len(self.scales) == 1:
            return alone
        together = [Offer(name=ANY_PLAIN, ways=self.plain)]
        if len({self.scale_of(student) for student in self.students}) > 1:
            together.append(Offer(name=ANY_STUDENT, ways=self.students))
        return (*alone, *together)

    def sizes_of(self, offer: Offer) -> str:
        """Write the sizes at which photos are sent for an offer: `1/2`, or `1/2, 2/3`."""
        return ", ".join(dict.fromkeys(self.sent_at(way) for way in offer.ways))

    @property
    def student_offers(self) -> tuple[Offer, ...]:
        """The offers that need students."""
        return tuple(offer for offer in self.offers if set(offer.ways) <= set(self.students))

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
    def middle_band(self) -> float:
        """The band of single figures: below the middle, where fewer pixels pay."""
        return self.bands[max(0, (len(self.bands) - 2) // 2)]

    @property
    def with_teacher(self) -> Study:
        """The study of the photos on which the teacher was measured."""
        return self.where(
            [
                photo
                for photo in self.photos
                if self.teacher is not None
                and photo.points(self.codecs[0], self.teacher, self.plan.reduction)
            ]
        )

    @property
    def with_reductions(self) -> Study:
        """The study of the photos on which every reduction was measured."""
        return self.where(
            [
                photo
                for photo in self.photos
                if all(photo.points(self.codecs[0], self.browsers[0], r) for r in self.reductions)
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
            judging=self.judging,
        )
