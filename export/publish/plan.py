"""What there is to publish, what is done already, and what the rest will take."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from export.publish.choice import Settings
from export.publish.journal import Journal
from pixels.stills.files import list_pictures, pillow_kept_quiet
from plumbing.command import UserError
from plumbing.progress import track

# Measured: docs/experiments/savings.md.
_JOB_BYTES = 400e6
_MEGAPIXEL_BYTES = 250e6
_MEMORY_SHARE = 0.75

MEASURED = 3
"""Photos that are worked on before time and space for the rest are told."""


@dataclass(frozen=True, kw_only=True)
class SitePhoto:
    """One photo to publish."""

    path: Path
    """Where it is."""
    name: str
    """What it is called in the manifest: its path within the folder that was named."""
    sha256: str
    """Of its file."""
    bytes: int
    """Of its file."""
    megapixels: float
    """As it will be shown; 0 where the file does not say."""


@dataclass(kw_only=True)
class SitePlan:
    """The work of one run."""

    photos: list[SitePhoto] = field(default_factory=list)
    """All that can be read, in the order of their names."""
    errors: dict[str, str] = field(default_factory=dict)
    """By name, why a photo cannot be published."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What the rest of a run will take, by the photos that were measured."""

    photos: int
    """How many are left."""
    megapixels: float
    """Of these."""
    seconds: float
    """For these, with the workers there are."""
    bytes: int
    """On the disk."""
    free_bytes: int
    """Left on that disk now."""
    seconds_per_photo: float
    """Of one worker, on average over those that were measured."""

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        return (
            f"{self.photos:,} photos to go ({self.megapixels:,.0f} megapixels): about "
            f"{in_words(self.seconds)}, {in_bytes(self.bytes)} on disk "
            f"({in_bytes(self.free_bytes)} free)"
        )


@dataclass(frozen=True, kw_only=True)
class TimedPhoto:
    """What one photo took."""

    megapixels: float
    """Its size."""
    seconds: float
    """One worker's time."""
    bytes: int
    """Of the files that were made."""


def find(named: Sequence[Path]) -> list[tuple[Path, str]]:
    """List the photos in folders and the photos that are named themselves, with their names.

    Raises:
        UserError: One of them is missing or empty, or two photos have one name.
    """
    found: dict[str, Path] = {}
    for place in named:
        if not place.exists():
            raise UserError(f"{place}: there is no such folder or photo")
        inside = list_pictures(place) if place.is_dir() else [place]
        root = place if place.is_dir() else place.parent
        for path in inside:
            name = path.relative_to(root).as_posix()
            if name in found and found[name].absolute() != path.absolute():
                raise UserError(
                    f"{found[name]} and {path} would have one name in the manifest: name the "
                    "folder that holds both"
                )
            found[name] = path
    return [(path, name) for name, path in sorted(found.items())]


def survey(
    found: Sequence[tuple[Path, str]], journal: Journal, settings: Settings, *, write: bool
) -> SitePlan:
    """Look at every file's beginning and hash: no picture is decoded."""
    plan = SitePlan()
    for path, name in track(found, "looking at the photos"):
        try:
            plan.photos.append(
                SitePhoto(
                    path=path,
                    name=name,
                    sha256=journal.photo_sha256(path, write=write),
                    bytes=path.stat().st_size,
                    megapixels=_megapixels(path, settings.max_side_px),
                )
            )
        except OSError as error:
            plan.errors[name] = f"{path}: cannot be read ({error.strerror})"
    return plan


def measured_first(photos: Sequence[SitePhoto], count: int = MEASURED) -> list[SitePhoto]:
    """Put a few of all sizes first: time and space for the rest are judged by them."""
    by_size = sorted(photos, key=lambda photo: photo.megapixels)
    step = len(by_size) / count
    first = [by_size[int((at + 0.5) * step)] for at in range(count)] if step > 1 else by_size
    names = {photo.name for photo in first}
    return [*first, *(photo for photo in photos if photo.name not in names)]


def estimate(
    rest: Sequence[SitePhoto], measured: Sequence[TimedPhoto], *, workers: int, site: Path
) -> Estimate:
    """Judge what the rest will take by its megapixels."""
    seen = sum(one.megapixels for one in measured) or 1.0
    megapixels = sum(photo.megapixels for photo in rest)
    seconds = sum(one.seconds for one in measured)
    site = site.absolute()
    there = next(folder for folder in (site, *site.parents) if folder.exists())
    return Estimate(
        photos=len(rest),
        megapixels=megapixels,
        seconds=seconds / seen * megapixels / workers,
        bytes=round(sum(one.bytes for one in measured) / seen * megapixels),
        free_bytes=shutil.disk_usage(there).free,
        seconds_per_photo=seconds / max(1, len(measured)),
    )


def fitting_jobs(photos: Sequence[SitePhoto], cores: int) -> int:
    """Say how many photos at a time there is memory for, if the largest ones meet."""
    largest = max((photo.megapixels for photo in photos), default=0.0)
    needed = _JOB_BYTES + largest * _MEGAPIXEL_BYTES
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _MEMORY_SHARE
    except (AttributeError, ValueError, OSError):
        return cores  # this system does not say
    return max(1, min(cores, int(there / needed)))


def require_space(expected: Estimate) -> None:
    """Stop before the disk is full.

    Raises:
        UserError: What is expected does not fit.
    """
    if expected.bytes > expected.free_bytes:
        raise UserError(
            f"about {in_bytes(expected.bytes)} are needed and {in_bytes(expected.free_bytes)} are "
            "free: make room, name another --out, or publish fewer photos at a time"
        )


def _megapixels(path: Path, max_side_px: int | None) -> float:
    try:
        with pillow_kept_quiet(), Image.open(path) as image:
            width, height = image.size
    except Exception:  # whatever Pillow raises: decoding will tell why
        return 0.0
    shrunk = min(1.0, (max_side_px or max(width, height)) / max(width, height))
    return width * height * shrunk**2 / 1e6


def in_words(seconds: float) -> str:
    """Say a time as people do."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def in_bytes(count: float) -> str:
    """Say a number of bytes as people do: kilobytes are thousands."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if abs(count) >= size:
            return f"{count / size:.{0 if abs(count) >= 100 * size else 1}f} {unit}"
    return f"{count:.0f} bytes"
