"""What publishing saved, what each freedom earned, and when the downloads are paid for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from export.publish.choice import Choice
from export.publish.plan import in_bytes


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Sums over the photos of a site; bytes are of the files for current browsers."""

    photos: int
    """How many were published."""
    half: int
    """Sent at half size."""
    original: int
    """Sent as they were, without metadata."""
    missed: int
    """That reach the target in no way."""
    own_bytes: int
    """Of the photos' own files."""
    full_bytes: int
    """Had all been sent at full size, in the best of the codecs."""
    sent_bytes: int
    """As they are sent."""
    student_bytes: int
    """What a reader downloads of the student, gzipped."""
    runtime_bytes: int
    """What a reader downloads of the page's library and one engine, gzipped."""
    codecs_earned: int
    """Bytes less at full size because every codec was tried."""
    half_earned: int
    """Bytes less because half size was tried, with the first filter."""
    filters_earned: int
    """Bytes less because other filters were tried."""

    @property
    def saved_bytes(self) -> int:
        """Less than at full size, before the downloads are counted."""
        return self.full_bytes - self.sent_bytes

    @property
    def break_even(self) -> float | None:
        """Photos a reader must see before student and runtime are paid for; None for never."""
        if self.saved_bytes <= 0:
            return None
        return (self.student_bytes + self.runtime_bytes) * self.photos / self.saved_bytes

    @property
    def sentence(self) -> str:
        """Say it in a few words."""
        percent = 100 * self.saved_bytes / self.full_bytes if self.full_bytes else 0.0
        said = (
            f"{self.photos} photos, {self.half} of them at half size: {in_bytes(self.sent_bytes)} "
            f"in place of {in_bytes(self.full_bytes)} at full size ({percent:.1f} % less). "
        )
        if self.break_even is None:
            return said + "Nothing needs the student, so none is sent."
        downloads = self.student_bytes + self.runtime_bytes
        return said + (
            f"A reader also downloads {in_bytes(downloads)} once (student "
            f"{in_bytes(self.student_bytes)}, runtime {in_bytes(self.runtime_bytes)}), which is "
            f"paid for after {math.ceil(self.break_even):,} photos."
        )

    def as_json(self) -> dict[str, Any]:
        """Give everything, the derived figures too."""
        derived = {"saved_bytes": self.saved_bytes, "break_even_photos": self.break_even}
        return asdict(self) | derived


def totals(
    choices: Sequence[Choice], *, own_bytes: int, student_bytes: int, runtime_bytes: int
) -> Totals:
    """Add up what was chosen."""
    full = sum(choice.full.bytes for choice in choices)
    sent = sum(choice.sent.bytes for choice in choices)
    first_filter = sum(choice.first_filter_bytes for choice in choices)
    chosen = sum(choice.sent.bytes for choice in choices if choice.form != "original")
    chosen += sum(choice.first_filter_bytes for choice in choices if choice.form == "original")
    return Totals(
        photos=len(choices),
        half=sum(choice.form == "half" for choice in choices),
        original=sum(choice.form == "original" for choice in choices),
        missed=sum(not choice.reached for choice in choices),
        own_bytes=own_bytes,
        full_bytes=full,
        sent_bytes=sent,
        student_bytes=student_bytes,
        runtime_bytes=runtime_bytes,
        codecs_earned=sum(choice.first_codec_bytes for choice in choices) - full,
        half_earned=full - first_filter,
        filters_earned=first_filter - chosen,
    )


def visit_bytes(choices: Sequence[Choice], photos_per_visit: int, student_bytes: int) -> float:
    """Count what a visit downloads: so many photos as these are on average, and the student."""
    mean = sum(choice.sent.bytes for choice in choices) / max(1, len(choices))
    needed = any(choice.form == "half" for choice in choices)
    return mean * photos_per_visit + (student_bytes if needed else 0)


def mixed_saving(choices: Sequence[Sequence[Choice]], best: int) -> int:
    """Count the bytes that choosing a student for each photo would save over the best one alone.

    Args:
        choices: For each photo, one choice per student.
        best: Which student is best for all.
    """
    return sum(
        of_photo[best].sent.bytes - min(choice.sent.bytes for choice in of_photo)
        for of_photo in choices
    )
