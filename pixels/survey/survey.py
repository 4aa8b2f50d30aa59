"""Choose the photos worth training on: measure each of them, then judge all together.

Measurements are kept in a journal: an interrupted survey continues, and the survey of a folder that
has grown measures only new photos.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pixels.stills.files import ImageError, read_picture
from pixels.stills.several import first_of, pictures_in
from pixels.survey.detail import detail, jpeg_quality
from pixels.survey.duplicates import SeenPhotos, perceptual_hash
from pixels.survey.kinds import signs
from plumbing.disk import sha256_of
from plumbing.parallel import in_order
from plumbing.progress import track

Verdict = Literal[
    "kept", "unreadable", "small", "illustration", "enlarged", "compressed", "duplicate"
]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits beyond which photos are skipped."""

    min_pixels: int = 640_000
    """Skip photos with fewer pixels."""
    min_side_px: int = 128
    """Skip photos with a shorter side than this."""
    max_drawn: float = 0.0
    """Skip pictures that look more like drawings: the score of `pixels.survey.kinds`."""
    min_upper_db: float = -16.5
    """Skip pictures with less detail at high frequencies, in dB: `pixels.survey.detail`."""
    min_jpeg_quality: int = 50
    """Skip JPEG files written with a lower quality setting."""
    max_blocks: float = 4.0
    """Skip other files with a more visible 8x8 JPEG grid, relative to other steps."""

    def __post_init__(self) -> None:
        if self.min_pixels < 1 or self.min_side_px < 16:
            raise ValueError("min-pixels must be at least 1 and min-side-px at least 16")


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoFacts:
    """Measurements of one file; only `path`, `stamp` and `error` if it is unreadable."""

    path: str
    stamp: str
    """Size and modification time, to notice a changed file."""
    error: str = ""
    sha256: str = ""
    height: int = 0
    width: int = 0
    hash: str = ""
    """Perceptual hash, hexadecimal."""
    drawn: float = 0.0
    upper_db: float | None = None
    blocks: float = 1.0
    quality: int | None = None
    pages: int = 1
    """Pictures in the file, pages or frames; the first one was measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A file and the verdict on it."""

    file: PhotoFacts
    verdict: Verdict
    reason: str = ""
    """One plain sentence; empty for photos that are kept whole."""


def measure(path: Path) -> PhotoFacts:
    """Measure one file; never fails."""
    try:
        stamp = _stamp(path)
        picture = read_picture(path).rgb
        sharpness = detail(picture)
        return PhotoFacts(
            path=str(path),
            stamp=stamp,
            sha256=sha256_of(path),
            height=picture.shape[0],
            width=picture.shape[1],
            hash=f"{perceptual_hash(picture):064x}",
            drawn=signs(picture).drawn,
            upper_db=sharpness.upper_db,
            blocks=sharpness.blocks,
            quality=jpeg_quality(path),
            pages=pictures_in(path),
        )
    except (ImageError, OSError) as error:
        return PhotoFacts(path=str(path), stamp="", error=str(error))
    except Exception as error:  # one photo does not end the survey of all others
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return PhotoFacts(path=str(path), stamp="", error=f"{path}: cannot be measured ({reason})")


def survey(
    paths: Sequence[Path], journal: Path, stored: Collection[str] = (), *, workers: int
) -> list[PhotoFacts]:
    """Measure files, several at a time, except those in the journal.

    Args:
        paths: The files to measure.
        journal: File of earlier measurements; new ones are appended.
        stored: sha256 of photos to return measurements of, even if they are not in `paths`.
        workers: Number of processes.

    Returns:
        One entry for each path, in order, then entries of `stored` that are not among them.
    """
    known = {entry.path: entry for entry in _read(journal)}
    fresh = [path for path in paths if str(path) not in known or _changed(known[str(path)])]
    with journal.open("a", encoding="utf-8") as file:
        found = in_order(measure, fresh, workers=min(workers, len(fresh) or 1), processes=True)
        for _, entry in zip(track(fresh, "measuring photos"), found, strict=True):
            known[entry.path] = entry
            try:
                file.write("\n" + json.dumps(asdict(entry)))  # a torn line ends before the next
                file.flush()
            except OSError as error:
                error.filename = str(journal)
                raise
    measured = [known[str(path)] for path in paths]
    missing = set(stored) - {entry.sha256 for entry in measured}
    earlier = {entry.sha256: entry for entry in known.values() if entry.sha256 in missing}
    return measured + list(earlier.values())


def judge(files: Sequence[PhotoFacts], limits: Limits, stored: Sequence[str] = ()) -> list[Judged]:
    """Decide which photos to keep; among duplicates, one that is stored already, or the largest.

    Args:
        files: Measurements.
        limits: Which photos to skip.
        stored: sha256 of photos that a store already holds.
    """
    rank = {sha256: number for number, sha256 in enumerate(stored)}
    order = sorted(
        range(len(files)),
        key=lambda number: (
            rank.get(files[number].sha256, len(rank)),
            -files[number].height * files[number].width,
            files[number].sha256,
            files[number].path,
        ),
    )
    seen, judged, hashes = SeenPhotos(), {}, {}
    for number in order:
        file = files[number]
        verdict, reason = _alone(file, limits)
        if verdict == "kept":
            hashed = int(file.hash, 16)
            copy = hashes.get(file.sha256) or seen.copy_of(hashed)
            if copy is not None:
                verdict, reason = "duplicate", f"the same as {copy}"
            else:
                seen.add(hashed, file.path)
                hashes[file.sha256] = file.path
        judged[number] = Judged(file=file, verdict=verdict, reason=reason)
    return [judged[number] for number in range(len(files))]


def _alone(file: PhotoFacts, limits: Limits) -> tuple[Verdict, str]:
    pixels = file.height * file.width
    if file.error:
        return "unreadable", file.error
    if pixels < limits.min_pixels or min(file.height, file.width) < limits.min_side_px:
        return "small", (
            f"{file.width}x{file.height} pixels; {limits.min_pixels} in all and "
            f"{limits.min_side_px} a side are needed"
        )
    if file.drawn > limits.max_drawn:
        return "illustration", f"flat colours and hard edges, as in drawings: {file.drawn:.1f}"
    if file.upper_db is None:
        return "enlarged", "no detail at all"
    if file.upper_db < limits.min_upper_db:
        return "enlarged", f"no detail above half the band: {file.upper_db:.1f} dB"
    if file.quality is not None and file.quality < limits.min_jpeg_quality:
        return "compressed", f"a JPEG of quality {file.quality}"
    if file.quality is None and file.blocks > limits.max_blocks:
        return "compressed", f"blocks of a heavily compressed JPEG: {file.blocks:.1f}"
    return "kept", first_of(file.pages) if file.pages > 1 else ""


def _read(journal: Path) -> Iterator[PhotoFacts]:
    if journal.is_file():
        for line in journal.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                yield PhotoFacts(**json.loads(line))
            except (ValueError, TypeError):
                continue  # blank, or torn when the survey was killed: measured again


def _changed(entry: PhotoFacts) -> bool:
    try:
        return entry.stamp != _stamp(Path(entry.path))
    except OSError:
        return True


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size}-{status.st_mtime_ns}"
