"""What a run needs: memory for photos side by side, and time and disk space for the rest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from export.publish.plan import SitePhoto
from plumbing.amounts import in_bytes, in_words
from plumbing.command import UserError

# Measured: docs/experiments/savings.md.
_JOB_BYTES = 400e6
_MEGAPIXEL_BYTES = 250e6
_MEMORY_SHARE = 0.75

PROBES = 3
"""Photos that are processed before time and space for the rest are estimated."""


@dataclass(frozen=True, kw_only=True)
class TimedPhoto:
    """What it took to process one photo."""

    megapixels: float
    """Size of the photo."""
    seconds: float
    """Time of one worker."""
    bytes: int
    """Size of the files that were made."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What the remaining photos will take, judged by those that were timed."""

    photos: int
    """Number of remaining photos."""
    megapixels: float
    """Their size."""
    seconds: float
    """Time for all of them, with the workers of this run."""
    bytes: int
    """Disk space they need."""
    free_bytes: int
    """Disk space that is free now."""
    seconds_per_photo: float
    """Mean time of one worker for one of the timed photos."""

    @property
    def sentence(self) -> str:
        """Summarise it in one line."""
        return (
            f"{self.photos:,} photos to go ({self.megapixels:,.0f} megapixels): about "
            f"{in_words(self.seconds)}, {in_bytes(self.bytes)} on disk "
            f"({in_bytes(self.free_bytes)} free)"
        )

    def require_space(self) -> None:
        """Stop before the disk is full.

        Raises:
            UserError: The remaining photos need more space than is free.
        """
        if self.bytes > self.free_bytes:
            raise UserError(
                f"about {in_bytes(self.bytes)} are needed, but only {in_bytes(self.free_bytes)} "
                "are free: free some space, choose another --out, or publish fewer photos at a time"
            )


def fitting_jobs(photos: Sequence[SitePhoto], cores: int) -> int:
    """Count the photos that memory can hold at a time, should the largest ones meet."""
    largest = max((photo.megapixels for photo in photos), default=0.0)
    needed = _JOB_BYTES + largest * _MEGAPIXEL_BYTES
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _MEMORY_SHARE
    except (AttributeError, ValueError, OSError):
        return cores  # this system does not reveal its memory
    return max(1, min(cores, int(memory / needed)))


def probes_first(photos: Sequence[SitePhoto], count: int = PROBES) -> list[SitePhoto]:
    """Put a few photos of different sizes first: they stand for the others."""
    by_size = sorted(photos, key=lambda photo: photo.megapixels)
    step = len(by_size) / count
    probes = [by_size[int((at + 0.5) * step)] for at in range(count)] if step > 1 else by_size
    names = {photo.name for photo in probes}
    return [*probes, *(photo for photo in photos if photo.name not in names)]


def estimate(
    rest: Sequence[SitePhoto], timed: Sequence[TimedPhoto], *, workers: int, site: Path
) -> Estimate:
    """Estimate what photos will take from the megapixels of those that were timed.

    Args:
        rest: The photos still to process.
        timed: What others took.
        workers: Number of photos processed at a time.
        site: Folder to write to; need not exist.
    """
    timed_megapixels = sum(photo.megapixels for photo in timed) or 1.0
    megapixels = sum(photo.megapixels for photo in rest)
    seconds = sum(photo.seconds for photo in timed)
    site = site.absolute()
    existing = next(folder for folder in (site, *site.parents) if folder.exists())
    return Estimate(
        photos=len(rest),
        megapixels=megapixels,
        seconds=seconds / timed_megapixels * megapixels / workers,
        bytes=round(sum(photo.bytes for photo in timed) / timed_megapixels * megapixels),
        free_bytes=shutil.disk_usage(existing).free,
        seconds_per_photo=seconds / max(1, len(timed)),
    )
