"""What publishing saved, where the savings come from, and when the downloads have paid off.

Sums are of the largest width of each photo, or of all widths.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from export.publish.choice import FIXED, SentPhoto
from pixels.scale import scale_name
from pixels.sending.codecs import Codec
from plumbing.amounts import in_bytes


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Sums over the photos of a site; bytes are those of the files for current browsers."""

    photos: int
    """Number of published photos."""
    widths: int
    """In how many widths they are counted: as many as photos, or more."""
    reduced: int
    """Widths sent reduced, to be enlarged in the browser."""
    scales: dict[str, int]
    """How many of them were reduced by each scale, such as `3/2`."""
    original: int
    """Widths in which the photo's own file is sent, without metadata."""
    missed: int
    """Widths of which no file reaches the target."""
    own_bytes: int
    """Size of the photos' own files."""
    full_bytes: int
    """Size, had all been sent at full size in their best codec, just reaching the target."""
    fixed_bytes: dict[Codec, int]
    """Size of what a site sends with fixed settings: every photo in one codec at one quality."""
    sent_bytes: int
    """Size as sent."""
    full_bytes_at_target: int
    """Size at full size, had every photo reached the target exactly."""
    sent_bytes_at_target: int
    """The same of the way in which each photo is sent."""
    student_bytes: int
    """What a reader downloads of the students, gzipped."""
    runtime_bytes: int
    """What a reader downloads of the page's scripts (element, library, one engine), gzipped."""
    codecs_earned: int
    """Bytes saved at full size by trying every codec."""
    reduced_earned: int
    """Bytes saved by reducing with the first filter."""
    filters_earned: int
    """Bytes saved by trying other filters."""

    @property
    def saved_bytes(self) -> int:
        """Bytes saved compared with full size at the same score, downloads not counted."""
        return self.full_bytes_at_target - self.sent_bytes_at_target

    @property
    def break_even(self) -> float | None:
        """Photos after which students and scripts have paid off; None if none is sent."""
        if not self.reduced or self.saved_bytes <= 0:
            return None
        return (self.student_bytes + self.runtime_bytes) * self.widths / self.saved_bytes

    @property
    def sentence(self) -> str:
        """Summarise the savings in a few words."""
        full, sent = self.full_bytes_at_target, self.sent_bytes_at_target
        percent = 100 * self.saved_bytes / full if full else 0.0
        summary = (
            f"{self._counted}, {self._of_which}: {in_bytes(self.sent_bytes)}. At exactly the same "
            f"score that is {in_bytes(sent)} instead of {in_bytes(full)} at full size, by the same "
            f"encoders ({percent:.1f} % less). "
        )
        downloads = self.student_bytes + self.runtime_bytes
        if not downloads:
            return summary + "No student is sent."
        once = (
            f"A reader also downloads {in_bytes(downloads)} once (students "
            f"{in_bytes(self.student_bytes)}, scripts {in_bytes(self.runtime_bytes)})"
        )
        if self.break_even is None:
            return f"{summary}{once}."
        photos = math.ceil(self.break_even)
        return f"{summary}{once}, which pays off after {photos:,} photos."

    @property
    def fixed_sentence(self) -> str:
        """Compare with a site that sends every photo with the same setting."""
        sites = [
            f"{in_bytes(self.fixed_bytes[codec])} with {codec} {setting}"
            for codec, setting in FIXED.items()
        ]
        return f"With one setting for all photos, at full size, a site sends {', '.join(sites)}."

    @property
    def _counted(self) -> str:
        widths = f" in {self.widths} widths" if self.widths > self.photos else ""
        return f"{self.photos} photos{widths}"

    @property
    def _of_which(self) -> str:
        by_scale = [f"{count} by {scale}" for scale, count in self.scales.items()]
        return f"{self.reduced} of them reduced" + (f" ({', '.join(by_scale)})" if by_scale else "")

    def as_json(self) -> dict[str, Any]:
        """Convert to plain JSON values, derived figures included."""
        derived = {"saved_bytes": self.saved_bytes, "break_even_photos": self.break_even}
        return asdict(self) | derived


@dataclass(frozen=True, kw_only=True)
class SiteTotals:
    """The sums of a site."""

    largest: Totals
    """Over the largest width of each photo."""
    all_widths: Totals
    """Over every width of each photo."""

    @property
    def sentences(self) -> list[str]:
        """Summarise the savings, in the largest width and in all where there are several."""
        if self.all_widths.widths == self.largest.widths:
            return [self.largest.sentence]
        return [
            f"In the largest width of each: {self.largest.sentence}",
            f"In all widths: {self.all_widths.sentence}",
        ]


def add_up_site(
    photos: Sequence[SentPhoto], *, own_bytes: int, student_bytes: int, runtime_bytes: int
) -> SiteTotals:
    """Add up a site; the arguments are those of `add_up`."""

    def added(counted: Sequence[SentPhoto]) -> Totals:
        return add_up(
            counted,
            own_bytes=own_bytes,
            student_bytes=student_bytes,
            runtime_bytes=runtime_bytes,
        )

    largest = [SentPhoto((photo.largest,)) for photo in photos]
    return SiteTotals(largest=added(largest), all_widths=added(photos))


def add_up(
    photos: Sequence[SentPhoto], *, own_bytes: int, student_bytes: int, runtime_bytes: int
) -> Totals:
    """Add up what was chosen, in all widths.

    Args:
        photos: What is sent of each published photo.
        own_bytes: Size of the photos' own files.
        student_bytes: What a reader downloads of the students, gzipped.
        runtime_bytes: What a reader downloads of the page's scripts, gzipped.
    """
    choices = [choice for photo in photos for choice in photo.widths]
    full = sum(choice.full.bytes for choice in choices)
    sent = sum(choice.sent.bytes for choice in choices)
    first_filter = sum(choice.first_filter_bytes for choice in choices)
    chosen = sum(choice.sent.bytes for choice in choices if choice.form != "original")
    chosen += sum(choice.first_filter_bytes for choice in choices if choice.form == "original")
    reduced = [choice for choice in choices if choice.form == "reduced"]
    scales = Counter(scale_name(choice.sent.scale) for choice in reduced)
    return Totals(
        photos=len(photos),
        widths=len(choices),
        reduced=sum(scales.values()),
        scales=dict(sorted(scales.items())),
        original=sum(choice.form == "original" for choice in choices),
        missed=sum(not choice.reached for choice in choices),
        own_bytes=own_bytes,
        full_bytes=full,
        fixed_bytes={codec: sum(choice.fixed[codec] for choice in choices) for codec in FIXED},
        sent_bytes=sent,
        full_bytes_at_target=sum(choice.full_at_target for choice in choices),
        sent_bytes_at_target=sum(choice.sent_at_target for choice in choices),
        student_bytes=student_bytes,
        runtime_bytes=runtime_bytes,
        codecs_earned=sum(choice.first_codec_bytes for choice in choices) - full,
        reduced_earned=full - first_filter,
        filters_earned=first_filter - chosen,
    )
