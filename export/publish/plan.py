"""What there is to publish: the photos of a site, hashed and measured but not decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from export.publish.site import Site, open_site
from pixels.stills.files import list_pictures, pillow_kept_quiet
from plumbing.command import UserError
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


@dataclass(kw_only=True)
class SitePlan:
    """The photos of a site, and the site itself, opened."""

    site: Site
    """Where they are published."""
    photos: list[SitePhoto] = field(default_factory=list)
    """All photos that can be read, sorted by name."""
    errors: dict[str, str] = field(default_factory=dict)
    """Why a photo cannot be published, by name."""


@contextmanager
def plan_site(
    named: Sequence[Path], folder: Path, *, max_side_px: int | None, write: bool
) -> Iterator[SitePlan]:
    """Find the photos, open the site while the block runs, and look at every photo.

    Args:
        named: Folders of photos, and single photos.
        folder: The site.
        max_side_px: Photos are shown no larger than this.
        write: Whether the site may be changed; otherwise nothing is written there.

    Raises:
        UserError: A photo or folder is missing or has no photos, two photos have one name, or the
            site cannot be opened.
    """
    found = _find_photos(named)
    with open_site(folder, write=write) as site:
        plan = SitePlan(site=site)
        for path, name in track(found, "looking at the photos"):
            try:
                plan.photos.append(
                    SitePhoto(
                        path=path,
                        name=name,
                        sha256=site.photo_sha256(path),
                        bytes=path.stat().st_size,
                        megapixels=_megapixels(path, max_side_px),
                    )
                )
            except OSError as error:
                plan.errors[name] = f"{path}: cannot be read ({error.strerror})"
        yield plan


def _find_photos(named: Sequence[Path]) -> list[tuple[Path, str]]:
    """List the photos in folders and the single photos, each with its name in the manifest."""
    found: dict[str, Path] = {}
    for place in named:
        if not place.exists():
            raise UserError(f"{place}: no such folder or photo")
        inside = list_pictures(place) if place.is_dir() else [place]
        root = place if place.is_dir() else place.parent
        for path in inside:
            name = path.relative_to(root).as_posix()
            if name in found and found[name].absolute() != path.absolute():
                raise UserError(
                    f"{found[name]} and {path} would have the same name in the manifest: pass the "
                    "folder that contains both"
                )
            found[name] = path
    return [(path, name) for name, path in sorted(found.items())]


def _megapixels(path: Path, max_side_px: int | None) -> float:
    try:
        with pillow_kept_quiet(), Image.open(path) as image:
            width, height = image.size
    except Exception:  # whatever Pillow raises: decoding will report why
        return 0.0
    shrunk = min(1.0, (max_side_px or max(width, height)) / max(width, height))
    return width * height * shrunk**2 / 1e6
