"""Settings of `python -m export.publish`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from export.delivery.reducing import SentReduction
from export.publish.choice import FILTERS, Settings, Wanted, Width
from export.publish.settings.file import Table, fits
from export.publish.visit import MOST_STUDENTS
from pixels.quality.looks import LOOKS, Look
from pixels.quality.screens import SCREENS, Screen, screen_of
from pixels.sending.codecs import Codec, Effort


@dataclass(frozen=True, kw_only=True)
class PublishConfig:
    """Settings of `python -m export.publish`."""

    photos: Annotated[
        tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="PATH [PATH ...]")
    ]
    """Folders of photos, and single photos."""
    out: Path
    """Folder of the published site; an existing one is updated. Only files that this command wrote
    are ever replaced or removed."""
    model: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="NAME|DIR [NAME|DIR ...]")] = (
        Path("small-fine"),
        Path("small-fine-3-2"),
    )
    """The students: names of released ones, and export folders for browsers, made with `python -m
    export.compact` (the smaller download) or `python -m export.tfjs`. Each photo takes the one with
    the smallest file; a student that does not pay for itself is not sent."""
    quality: float | None = None
    """SSIMULACRA2 score that every photo must reach as the reader sees it: 30 poor, 50 fair, 70
    good, 90 hard to tell from the original (60 if neither this nor --screen is given). The encoder
    qualities that reach it are found."""
    screen: Literal["phone", "laptop", "desktop"] | None = None
    """Judge photos as they are seen on this screen, by ColorVideoVDP, instead of pixel by pixel."""
    pixels_per_degree: float | None = None
    """The same for any screen: how many pixels of a photo its readers see within one degree."""
    look: Look | None = None
    """How good every photo must look on that screen: 9.8, 9.6 or 9.3 JOD; `good` by default."""
    effort: Effort = "normal"
    """How hard the encoders try, at every size alike: `fast`, `normal` or `best` (AVIF speed 6, 4
    or 3). More effort makes smaller files and takes longer; a site encodes once."""
    margin: float = 0.10
    """Saving that a reduced photo requires: it is used only if its file is smaller than the
    full-size file at the same score by more than this share."""
    codecs: tuple[Codec, ...] = ("AVIF", "WEBP", "JPEG")
    """Formats that may be sent, the most promising first."""
    filters: tuple[SentReduction, ...] = FILTERS
    """What to reduce photos with, the most promising first: filters, and `trained`, a network made
    for what `small-fine` restores best, for students that double."""
    fallback: Annotated[Codec | None, tyro.conf.arg(metavar="{JPEG,WEBP,None}")] = "JPEG"
    """Format for browsers without AVIF; None leaves them without a picture."""
    widths: tuple[Width, ...] = (480, 800, 1200, 1600, 2400, "own")
    """Widths in pixels in which photos are sent, as readers see them; `own` is the photo's own.
    Larger ones than that are left out, and those that have hardly fewer bytes than the next one."""
    sizes: str | None = None
    """How wide your pages show photos, as the attribute `sizes` of an img says it; by default as
    wide as the window, but no wider than the photo."""
    first: tuple[str, ...] = ()
    """Photos of the first screen, by name or pattern: they are sent at full size and loaded at
    once."""
    frugal: float | Look | None = None
    """A lower score than --quality, or with --screen a lower look than --look: of every file there
    is a lighter one in `frugal/`, which your server sends to readers who save data."""
    max_side_px: int | None = None
    """Limit the longer side of every photo to this many pixels first."""
    keep_metadata: bool = False
    """Keep the EXIF data in the published files, including where a photo was taken."""
    base_url: str = ""
    """Prefix of the addresses in the snippets, such as /media/; a missing / at its end is added."""
    settings: Path | None = None
    """TOML file with any of these flags, also for some folders or photos; the command line wins."""
    photos_per_visit: int = 20
    """Number of photos a reader sees in one visit, to weigh the bytes of students and scripts
    against theirs."""
    jobs: int | None = None
    """Photos to process at a time; by default as many as CPU cores and memory allow."""
    ray: str | None = None
    """Address of a Ray cluster to process the photos on, or `local`; needs Ray (`pip
    install 'halfsize[ray]'`)."""
    strict: bool = False
    """Fail (exit status 1) if a photo cannot be published; otherwise that is a warning, and only
    where no photo can be published the command fails."""
    dry_run: bool = False
    """Measure a few photos and report what a run would take, but write nothing."""
    json: bool = False
    """Print one JSON object to standard output instead of sentences."""
    tables: Annotated[tuple[Table, ...], tyro.conf.Suppress] = ()
    """What the settings file wants of some photos."""

    def __post_init__(self) -> None:
        if not self.photos:  # nothing to publish would remove everything that was published
            raise ValueError("name at least one folder of photos, or one photo")
        if self.quality is not None and not 0 < self.quality < 100:
            raise ValueError(f"quality must be above 0 and below 100, got {self.quality:g}")
        self._check_screen()
        if not 0 <= self.margin < 1:
            raise ValueError(f"margin must be at least 0 and below 1, got {self.margin:g}")
        if not self.codecs or not self.filters:
            raise ValueError("codecs and filters must name at least one each")
        if not 1 <= len(self.model) <= MOST_STUDENTS:
            raise ValueError(f"model must name 1 to {MOST_STUDENTS} export folders")
        if self.fallback == "AVIF":
            raise ValueError("fallback must be JPEG, WEBP or None")
        if min(self.photos_per_visit, 1 if self.jobs is None else self.jobs) < 1:
            raise ValueError("photos-per-visit and jobs must be at least 1")
        if self.max_side_px is not None and self.max_side_px < 16:
            raise ValueError(f"max-side-px must be at least 16, got {self.max_side_px}")
        self._check_frugal()
        if not self.widths or any(width != "own" and width < 16 for width in self.widths):
            raise ValueError("widths must be `own`, or numbers of at least 16 pixels")

    @property
    def _frugal_target(self) -> float | None:
        return LOOKS[self.frugal] if isinstance(self.frugal, str) else self.frugal

    def _check_frugal(self) -> None:
        if self.frugal is None:
            return
        if isinstance(self.frugal, str) != (self.readers_screen is not None):
            raise ValueError("frugal must be a score, or with --screen a look")
        if not 0 < (self._frugal_target or 0.0) < self._target:
            raise ValueError(f"frugal must be below the score or look of all, got {self.frugal}")

    @property
    def _target(self) -> float:
        if self.readers_screen is not None:
            return LOOKS[self.look or "good"]
        return 60.0 if self.quality is None else self.quality

    def _check_screen(self) -> None:
        if self.screen is not None and self.pixels_per_degree is not None:
            raise ValueError("give either --screen or --pixels-per-degree")
        if self.readers_screen is None:
            if self.look is not None:
                raise ValueError("--look needs --screen or --pixels-per-degree")
        elif self.quality is not None:
            raise ValueError("--quality knows no screen: give --look with --screen")

    @property
    def readers_screen(self) -> Screen | None:
        """The screen on which photos are judged; None if pixels are compared.

        Raises:
            ValueError: No screen has so many pixels per degree.
        """
        if self.pixels_per_degree is not None:
            return screen_of(self.pixels_per_degree)
        return SCREENS[self.screen] if self.screen else None

    @property
    def address(self) -> str:
        """What an address in a page begins with; the path of a file in the site follows."""
        prefix = self.base_url.replace(" ", "%20")
        # After `?file=` a path follows without a slash.
        return prefix if not prefix or prefix.endswith(("/", "=")) else f"{prefix}/"

    def wanted(self, name: str) -> Wanted:
        """Return what is wanted of a photo, by its name in the manifest."""
        own = self
        for table in self.tables:
            if table.names(name):
                own = own.with_values({**table.values, "first": own.first_if(table.values, name)})
        is_first = any(fits(name, pattern) for pattern in own.first)
        return Wanted(settings=own.decisive, sizes=own.sizes, first=is_first)

    def first_if(self, values: Mapping[str, Any], name: str) -> tuple[str, ...]:
        """Return `first` for a photo, if a table says that it is of the first screen or is not."""
        if "first" not in values:
            return self.first
        return (name,) if values["first"] else ()

    def with_values(self, values: Mapping[str, Any]) -> PublishConfig:
        """Replace values, and drop those that cannot stand beside them."""
        return replace(self, **{**_defaults(rivals(values)), **values})

    @property
    def decisive(self) -> Settings:
        """What decides about a photo, unless a table wants something else."""
        return Settings(
            target=self._target,
            screen=self.readers_screen,
            margin=self.margin,
            codecs=tuple(dict.fromkeys(self.codecs)),
            reductions=tuple(dict.fromkeys(self.filters)),
            fallback=self.fallback,
            max_side_px=self.max_side_px,
            keep_metadata=self.keep_metadata,
            effort=self.effort,
            widths=_ladder(self.widths),
            frugal=self._frugal_target,
        )


_JUDGED = {
    "quality": ("screen", "pixels_per_degree", "look"),
    "screen": ("quality", "pixels_per_degree"),
    "pixels_per_degree": ("quality", "screen"),
    "look": ("quality",),
}


def rivals(names: Collection[str]) -> set[str]:
    """List the fields that cannot stand beside others: who says them last decides."""
    return {rival for name in names for rival in _JUDGED.get(name, ())} - {*names}


def _defaults(names: Collection[str]) -> dict[str, Any]:
    return {field.name: field.default for field in fields(PublishConfig) if field.name in names}


def _ladder(widths: tuple[Width, ...]) -> tuple[Width, ...]:
    """Put widths into order, so that equal ones lead to equal keys."""
    numbers = sorted({width for width in widths if width != "own"})
    return (*numbers, "own") if "own" in widths else tuple(numbers)
