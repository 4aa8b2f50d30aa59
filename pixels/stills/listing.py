"""Find the pictures of a folder, and name what is passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pixels.picture import ImageError
from pixels.stills.opening import can_read
from pixels.stills.several import with_several
from pixels.stills.sniff import HEAD_BYTES, kind_of
from plumbing.names import as_text
from plumbing.progress import console

# fmt: off
_PICTURE_SUFFIXES = frozenset((
    ".apng", ".avif", ".bmp", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo",
    ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tif", ".tiff", ".webp",
))
# What programs put beside a photo: copies, unfinished downloads, thumbnails.
_COPIES = frozenset((
    ".bak", ".crdownload", ".download", ".old", ".orig", ".part", ".partial", ".thm", ".tmp",
))
# fmt: on
_OTHER, _COPY = "other file", "copy, thumbnail or unfinished download"
# What we write beside photos has pictures too. Each kind of folder is known by what lies in it:
# a published site, a run, a store, a search, and two comparisons of students.
_WRITTEN = (
    {".halfsize"},
    {"run.json", "model.safetensors"},
    {"store.json", "shards"},
    {"history.png", "trials"},
    {"compare.csv", "compare.png"},
    {"frontier.csv", "frontier.png"},
)
_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """An entry of a folder that is not taken for a picture."""

    path: Path
    """Where it is."""
    kind: str
    """What it is, as in `HEIC photo`."""
    advice: str = ""
    """What to do about it."""
    failed: bool = False
    """Whether there may be pictures that could not be reached this time."""

    @property
    def sentence(self) -> str:
        """Explain it in a few words, without its name."""
        return f"{self.kind}; {self.advice}" if self.advice else self.kind


@dataclass(kw_only=True)
class FolderListing:
    """The pictures of a folder, its subfolders and the folders that are linked into it."""

    folder: Path
    """The folder."""
    pictures: list[Path] = field(default_factory=list)
    """Its pictures, sorted."""
    passed_over: list[PassedOver] = field(default_factory=list)
    """Everything else, sorted, but for names that start with a dot."""

    @property
    def note(self) -> str:
        """Name what was passed over, grouped by kind; empty if nothing was."""
        groups: dict[tuple[str, str], list[str]] = {}
        for entry in self.passed_over:
            name = as_text(entry.path.relative_to(self.folder).as_posix())
            groups.setdefault((entry.kind, entry.advice), []).append(name)
        if not groups:
            return ""
        parts = [
            f"{len(names)} x {kind} ({some(names)}{f'; {advice}' if advice else ''})"
            for (kind, advice), names in sorted(groups.items())
        ]
        return f"passed over in {as_text(self.folder)}: {', '.join(parts)}"


def list_pictures(
    folder: Path, *, without: Sequence[Path] = (), quiet: bool = False, whole: bool = False
) -> list[Path]:
    """Find the pictures of a folder as `look_through` does, and print what will not be used.

    That is what is passed over, and the further pages and frames of files that have several.

    Args:
        folder: As there.
        without: As there.
        quiet: Whether to print nothing: the folder has been listed before.
        whole: Whether the caller uses all frames, or names those that it does not use.

    Returns:
        The pictures, sorted; never empty.

    Raises:
        ImageError: As there, or the folder has no pictures.
    """
    listing = look_through(folder, without=without)
    if not listing.pictures:
        raise ImageError(no_pictures(listing))
    if quiet:
        return listing.pictures
    counts = {} if whole else with_several(listing.pictures)
    for note in (listing.note, note_of_several(counts, folder)):
        if note:
            console.print(note, style="yellow", highlight=False, soft_wrap=True)
    return listing.pictures


def note_of_several(counts: Mapping[Path, int], folder: Path | None = None) -> str:
    """Name files of which only the first page or frame is used; empty if there are none.

    Args:
        counts: How many pictures each file holds.
        folder: They are named relative to it, if it is given.
    """
    if not counts:
        return ""
    named = [
        f"{as_text((path.relative_to(folder) if folder else path).as_posix())} of {count}"
        for path, count in counts.items()
    ]
    files = "1 file" if len(named) == 1 else f"{len(named)} files"
    return f"only the first page or frame is used of {files}: {some(named)}"


def no_pictures(listing: FolderListing) -> str:
    """Explain that a folder has no pictures, and what it has instead."""
    suffixes = " ".join(sorted(_PICTURE_SUFFIXES))
    sentence = f"{listing.folder}: contains no pictures; expected files ending in {suffixes}"
    return f"{sentence}; {listing.note}" if listing.note else sentence


def look_through(folder: Path, *, without: Sequence[Path] = ()) -> FolderListing:
    """Look at everything in a folder, its subfolders and the folders that are linked into it.

    Each folder is looked at once, however many links lead to it; what halfsize wrote is passed over
    (sites, runs, stores and others), unless it is `folder` itself. A file is taken for a picture by
    its suffix, or by its contents where the suffix says nothing.

    Args:
        folder: The folder. Names that start with a dot are skipped.
        without: Folders within it to leave out, such as the one that is written to.

    Raises:
        ImageError: The folder is missing, is not a folder, or cannot be listed.
    """
    try:
        if not folder.is_dir():
            problem = "is not a folder" if folder.exists() else "does not exist"
            raise ImageError(f"{folder}: {problem}; expected a folder of photos")
        with os.scandir(folder) as entries:
            next(entries, None)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise ImageError(f"{folder}: cannot be listed: {reason}") from error
    listing = FolderListing(folder=folder)
    for path in _Walk(folder, listing.passed_over, without).files():
        passed_over = _look_at(path)
        if passed_over is None:
            listing.pictures.append(path)
        else:
            listing.passed_over.append(passed_over)
    listing.pictures.sort()
    listing.passed_over.sort(key=lambda entry: entry.path)
    return listing


class _Walk:
    """A walk through folders: those of the folder first, then those that are linked into it."""

    def __init__(
        self, folder: Path, passed_over: list[PassedOver], without: Sequence[Path]
    ) -> None:
        self._folder, self._root = folder, os.path.realpath(folder)
        self._passed_over = passed_over
        self._seen = {os.path.realpath(one) for one in without} - {self._root}
        self._waiting: list[Path] = [folder]
        self._links: list[Path] = []

    def files(self) -> Iterator[Path]:
        """List everything that is not a folder."""
        while self._waiting or self._links:
            place = self._waiting.pop() if self._waiting else self._links.pop(0)
            real = os.path.realpath(place)
            if real in self._seen:
                continue
            if real != self._root and Path(self._root).is_relative_to(real):
                self._pass_over(place, "link to a folder around this one")
                continue
            self._seen.add(real)
            yield from self._entries(place)

    def _entries(self, folder: Path) -> Iterator[Path]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            reason = os.strerror(error.errno or 0).lower()
            self._pass_over(folder, f"folder that cannot be listed: {reason}", failed=True)
            return
        names = {entry.name for entry in entries}
        if folder != self._folder and any(mark <= names for mark in _WRITTEN):
            self._pass_over(folder, "folder that halfsize wrote")
            return
        for entry in entries:
            if not entry.name.startswith("."):
                yield from self._entry(folder / entry.name)

    def _entry(self, path: Path) -> Iterator[Path]:
        try:
            there, is_folder = path.exists(), path.is_dir()  # both follow links
        except OSError as error:
            reason = os.strerror(error.errno or 0).lower()
            self._pass_over(path, f"file that cannot be looked at: {reason}", failed=True)
            return
        if not there:
            self._pass_over(path, "link that leads nowhere", failed=True)
        elif not is_folder:
            yield path
        elif path.is_symlink():
            self._links.append(path)
        else:
            self._waiting.append(path)

    def _pass_over(self, path: Path, kind: str, *, failed: bool = False) -> None:
        self._passed_over.append(PassedOver(path=path, kind=kind, failed=failed))


def _look_at(path: Path) -> PassedOver | None:
    """Say why a file is not taken for a picture; None if it is one."""
    suffix = path.suffix.lower()
    if not path.is_file():  # opening a named pipe would wait for ever
        return PassedOver(path=path, kind="pipe, socket or device")
    if suffix in _PICTURE_SUFFIXES:
        return None  # whoever decodes it finds out what it really is
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(HEAD_BYTES), suffix)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        return PassedOver(path=path, kind=f"file that cannot be read: {reason}", failed=True)
    if kind is None:
        return PassedOver(path=path, kind=_OTHER)
    if not can_read(kind):
        return PassedOver(path=path, kind=kind.name, advice=kind.advice)
    if suffix in _COPIES or suffix.endswith("~"):
        return PassedOver(path=path, kind=_COPY)
    return None


def some(names: Sequence[str]) -> str:
    """Name the first few of many."""
    shown = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
