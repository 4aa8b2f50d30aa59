"""What there is to publish: the photos of a site, hashed and measured but not decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from export.delivery.student import Student
from export.publish.choice import FRUGAL, PHOTOS, Wanted
from export.publish.site import LIBRARY, SNIPPETS, Site, open_site
from export.publish.source import MOVING
from pixels.stills.listing import look_through, no_pictures
from pixels.stills.opening import opened, page_count
from plumbing.command import UsageError, UserError
from plumbing.names import as_text
from plumbing.progress import track


@dataclass(frozen=True, kw_only=True)
class SitePhoto:
    """One photo to publish."""

    path: Path
    """Where it is."""
    name: str
    """Its name in the manifest: its path within the folder given on the command line."""
    sha256: str
    """Hash of its file."""
    bytes: int
    """Size of its file."""
    megapixels: float
    """Size as shown; 0 if its header cannot be read."""
    wanted: Wanted
    """What is wanted of it."""

    def students(self, sent: Sequence[Student]) -> tuple[Student, ...]:
        """Return those of a site's students that may enlarge it."""
        return () if self.wanted.first else tuple(sent)

    def key(self, sent: Sequence[Student]) -> str:
        """Name what is chosen of it among a site's students: equal keys, equal bytes."""
        able = [student.sha256 for student in self.students(sent)]
        return self.wanted.settings.key(self.sha256, able)


@dataclass(kw_only=True)
class SitePlan:
    """The photos of a site, and the site itself, opened."""

    site: Site
    """Where they are published."""
    photos: list[SitePhoto] = field(default_factory=list)
    """All photos that can be read, sorted by name."""
    errors: dict[str, str] = field(default_factory=dict)
    """Why a photo cannot be published, by name; also of folders that could not be searched."""
    notes: dict[str, str] = field(default_factory=dict)
    """What is not published of a file that is not in `errors`, by name: all of it, or its further
    pages."""


@contextmanager
def plan_site(
    named: Sequence[Path], folder: Path, wanted: Callable[[str], Wanted], *, write: bool
) -> Iterator[SitePlan]:
    """Find the photos, open the site while the block runs, and look at every photo.

    Args:
        named: Folders of photos, and single photos.
        folder: The site. Within a folder of photos it is left out.
        wanted: Returns what is wanted of a photo, by its name in the manifest.
        write: Whether the site may be changed; otherwise nothing is written there.

    Raises:
        UserError: A photo or folder is missing or has no photos, two photos have one name, or the
            site cannot be opened.
        UsageError: The site's own folders would be among the photos.
    """
    _require_apart(named, folder)
    found = _FoundPhotos(folder)
    for place in named:
        found.add(place)
    with open_site(folder, write=write) as site:
        plan = SitePlan(site=site, errors=found.errors, notes=found.notes)
        for name, path in track(sorted(found.paths.items()), "looking at the photos"):
            if site.owns(path):
                plan.notes[name] = "was written here by this command"
                continue
            try:
                here = wanted(name)
                megapixels, note = _header(path, here.settings.max_side_px)
                plan.photos.append(
                    SitePhoto(
                        path=path,
                        name=name,
                        sha256=site.photo_sha256(path),
                        bytes=path.stat().st_size,
                        megapixels=megapixels,
                        wanted=here,
                    )
                )
            except OSError as error:
                plan.errors[name] = f"{as_text(path)}: cannot be read ({error.strerror})"
                continue
            if note:
                plan.notes[name] = note
        yield plan


def _require_apart(named: Sequence[Path], site: Path) -> None:
    """Refuse to publish a site's own files: each run would publish those of the one before."""
    own = [(site / name).resolve() for name in (PHOTOS, FRUGAL, SNIPPETS, LIBRARY)]
    for place in named:
        real = place.resolve()
        if not place.is_dir():
            continue
        if real == site.resolve() or any(real.is_relative_to(folder) for folder in own):
            raise UsageError(
                f"--out {site} would write among the photos of {place}: name another folder, which "
                "may be inside it"
            )


class _FoundPhotos:
    """The photos in folders and the single photos, each with its name in the manifest."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self.paths: dict[str, Path] = {}
        self.errors: dict[str, str] = {}
        self.notes: dict[str, str] = {}

    def add(self, place: Path) -> None:
        if not place.exists():
            raise UserError(f"{place}: no such folder or photo")
        if not place.is_dir():
            self._add_photo(place, place.parent)
            return
        listing = look_through(place, without=(self._site,))
        for entry in listing.passed_over:
            name = as_text(entry.path.relative_to(place).as_posix())
            if entry.failed:
                self.errors[name] = f"{as_text(entry.path)}: {entry.sentence}"
            else:
                self.notes[name] = entry.sentence
        if not listing.pictures and not any(entry.failed for entry in listing.passed_over):
            raise UserError(no_pictures(listing))
        for path in listing.pictures:
            self._add_photo(path, place)

    def _add_photo(self, path: Path, root: Path) -> None:
        name = as_text(path.relative_to(root).as_posix())
        known = self.paths.setdefault(name, path)
        if known.absolute() != path.absolute():
            raise UserError(
                f"{known} and {path} would have the same name in the manifest: pass the folder "
                "that contains both"
            )


def _header(path: Path, max_side_px: int | None) -> tuple[float, str]:
    """Read a photo's megapixels, 0 if it cannot be read, and what of it is not published."""
    try:
        with path.open("rb") as file, opened(file) as image:
            width, height = image.size
            pages = 1 if image.format in MOVING else page_count(image)
    except Exception:  # whatever Pillow raises: decoding will report why
        return 0.0, ""
    shrunk = min(1.0, (max_side_px or max(width, height)) / max(width, height))
    note = f"only the first of its {pages} pages is published" if pages > 1 else ""
    return width * height * shrunk**2 / 1e6, note
