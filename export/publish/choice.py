"""What is decided about a photo: the settings that decide it, and the choices that come out."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any, Literal

from PIL import __version__ as pillow_version
from PIL import features

from export.delivery.reducing import SentReduction, able_reductions, version_of
from pixels.quality.judge import Judge
from pixels.quality.judges import judge_for
from pixels.quality.screens import Screen
from pixels.scale import SCALES, parse_scale, scale_json
from pixels.sending.codecs import SUFFIXES, Codec, Effort, Subsampling
from pixels.sending.jpeg import encoder_versions
from plumbing.names import cut, is_reserved

VERSION = 5
"""Version of the choices that equal photos and settings lead to; part of the key of a choice."""

SentAs = Literal["reduced", "full", "original"]
FILTERS: tuple[SentReduction, ...] = ("trained", "lanczos", "bicubic", "area", "sharp")
"""What reduces photos unless a site wants something else."""
Width = int | Literal["own"]
"""A width in which photos are sent, in pixels; `own`: that of the photo itself."""

PHOTOS = "photos"
"""Folder of the published photos within a site."""
FRUGAL = "frugal"
"""Folder of lighter files, with the same paths, for readers who save data."""
FIXED: dict[Codec, int] = {"AVIF": 50, "WEBP": 75, "JPEG": 80}
"""Encoder qualities of a site that sends every photo at full size with the same setting: what many
sites do, and so what publishing is compared with."""
_HASH_DIGITS = 10
_MOST_NAME_BYTES = 120  # percent-encoded in an address, a letter may take three times as many


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything but the photo and the students that decides what is sent."""

    target: float
    """Score to reach, as the reader sees it."""
    margin: float
    """How much smaller a reduced photo must be to be used, as a share."""
    screen: Screen | None = None
    """The reader's screen, on which ColorVideoVDP judges; None for SSIMULACRA2, pixel by pixel."""
    codecs: tuple[Codec, ...] = ("AVIF", "WEBP", "JPEG")
    """Formats that may be sent, the one that usually wins first."""
    reductions: tuple[SentReduction, ...] = FILTERS
    """What reduces a photo; the first one is tried with every codec and student."""
    fallback: Codec | None = "JPEG"
    """Format for browsers without AVIF."""
    max_side_px: int | None = None
    """Limit to the longer side of a photo, applied before anything else."""
    keep_metadata: bool = False
    """Whether the files keep the EXIF data."""
    effort: Effort = "normal"
    """How hard encoders try, for files of all sizes alike."""
    widths: tuple[Width, ...] = ("own",)
    """In which widths a photo is sent."""
    frugal: float | None = None
    """Score to reach for readers who save data; None sends them the same files."""

    @property
    def judge(self) -> Judge:
        """Who scores what the reader sees."""
        return judge_for(self.screen)

    def key(self, photo_sha256: str, students: Sequence[str]) -> str:
        """Name the choice for a photo among students: equal keys, equal bytes.

        Args:
            photo_sha256: Hash of the photo's file.
            students: Hashes of the students, in any order.
        """
        encoders = [
            *(features.version(name) for name in ("jpg", "webp", "avif")),
            *encoder_versions(),
        ]
        reductions = [
            version_of(reduction, scale)
            for scale in SCALES
            for reduction in able_reductions(self.reductions, scale)
        ]
        parts = [VERSION, asdict(self), pillow_version, encoders, photo_sha256, sorted(students)]
        parts.append(sorted(set(reductions)))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is wanted of one photo."""

    settings: Settings
    """What decides which files are sent."""
    sizes: str | None = None
    """How wide pages show it, as the attribute `sizes` says it; None where only the photo's own
    width is known."""
    first: bool = False
    """Whether it is on the first screen: it is sent at full size, at once."""


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """One file that a browser may download."""

    codec: Codec
    """Its format."""
    quality: int | None
    """The encoder's quality setting; None for a file that was not encoded again."""
    reduction: SentReduction | None
    """Filter that reduced it; None at full size."""
    scale: Fraction
    """How many times smaller than the photo it is; 1 at full size."""
    width: int
    """Width of the file, in pixels."""
    height: int
    """Height of the file, in pixels."""
    bytes: int
    """Size of the file."""
    sha256: str
    """Hash of the file."""
    score: float
    """How good it is as the reader sees it, by the judge of the settings."""
    subsampling: Subsampling = "4:2:0"
    """Resolution of its chroma."""

    def path(self, name: str) -> str:
        """Name the file: readable, safe in an address, and new whenever the bytes are new.

        Args:
            name: The photo's name, folders included.

        Returns:
            A path within the site, with `/`.
        """
        path = PurePosixPath(name)
        folders = map(_safe, path.parent.parts)
        allowed = [f"{folder}-" if is_reserved(folder) else folder for folder in folders]
        digits = self.sha256[:_HASH_DIGITS]
        return f"{'/'.join([PHOTOS, *allowed, _safe(path.stem)])}-{digits}{SUFFIXES[self.codec]}"


def _safe(part: str) -> str:
    """Keep a name's letters and digits, of every script, composed; the rest becomes dashes."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", part).lower())
    kept = "".join(letter if _in_names(letter) else " " for letter in composed)
    dashed = re.sub(" +", "-", kept).strip("-.")
    return cut(dashed, _MOST_NAME_BYTES).strip("-.") or "photo"


def _in_names(letter: str) -> bool:
    return letter in "._-" or unicodedata.category(letter)[0] in "LMN"


@dataclass(frozen=True, kw_only=True)
class LightFiles:
    """What readers who save data get instead of the files of one width, at the same addresses."""

    student: str | None
    """SHA-256 of the student that enlarges them; None at full size."""
    sent: SentFile | None
    """Instead of the file for current browsers, in the same codec; None if it were not smaller."""
    fallback: SentFile | None
    """Instead of the file for other browsers."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is sent of one photo in one width, and what the alternatives would have cost."""

    form: SentAs
    """`reduced`: enlarged in the browser; `full`: as large as the photo; `original`: the photo's
    own file, the smallest of all, without its metadata."""
    student: str | None
    """SHA-256 of the student that enlarges a reduced photo."""
    width: int
    """Width of the photo as shown, or as restored, in pixels."""
    height: int
    """Height of the photo as shown, or as restored, in pixels."""
    sent: SentFile
    """The file for current browsers."""
    fallback: SentFile | None
    """The file for browsers that cannot decode `sent`."""
    full: SentFile
    """The smallest full-size file that reaches the target; the best one if none does."""
    sent_at_target: int
    """Size with which the way that is sent would reach the target exactly: encoder settings are
    coarse, and files overshoot it by less or more."""
    full_at_target: int
    """The same of full size: what `sent_at_target` is to be compared with."""
    fixed: dict[Codec, int]
    """Size of the file that a site with fixed settings sends, for each codec: `FIXED`."""
    without_students: int
    """Size at the target, had no student been there."""
    with_student: dict[str, int]
    """Size at the target with each student that wins, by its hash, had it been the only one.
    Filters other than the first one were tried for the best of them alone, and are taken to help
    the others alike."""
    reached: bool
    """Whether `sent` reaches the target."""
    first_codec_bytes: int
    """Size of the full-size file in the first codec that can reach the target."""
    first_filter_bytes: int
    """Size, had the photo been reduced with the first filter only."""
    looks: int
    """How many files were decoded and scored."""
    light: LightFiles | None = None
    """What readers who save data get; None if that is the same."""

    @property
    def saved(self) -> int:
        """Bytes saved compared with full size at the same score."""
        return self.full_at_target - self.sent_at_target


@dataclass(frozen=True)
class SentPhoto:
    """What is sent of one photo: a choice for each width, of which a browser takes one."""

    widths: tuple[Choice, ...]
    """At least one; the widths rise."""

    @property
    def largest(self) -> Choice:
        """The choice for the largest width."""
        return self.widths[-1]

    def files(self, name: str) -> dict[str, SentFile]:
        """Return the files that a browser may download, by their paths within the site.

        Args:
            name: The photo's name.
        """
        places = {}
        for choice in self.widths:
            light = choice.light or LightFiles(student=None, sent=None, fallback=None)
            pairs = ((choice.sent, light.sent), (choice.fallback, light.fallback))
            for usual, instead in pairs:
                if usual:
                    places[usual.path(name)] = usual
                if usual and instead:
                    places[light_path(name, usual)] = instead
        return places

    @property
    def students(self) -> set[str]:
        """SHA-256 of the students that enlarge it in one of its widths."""
        used = {choice.student for choice in self.widths}
        used |= {choice.light.student for choice in self.widths if choice.light}
        return {student for student in used if student}


def light_path(name: str, usual: SentFile) -> str:
    """Return the path of what readers who save data get instead of a file."""
    return f"{FRUGAL}/{usual.path(name)}"


def to_json(photo: SentPhoto) -> list[dict[str, Any]]:
    """Convert what is sent of a photo to plain JSON values."""
    return [_choice_to_json(choice) for choice in photo.widths]


def from_json(values: list[dict[str, Any]]) -> SentPhoto:
    """Convert the values of `to_json` back.

    Raises:
        TypeError, KeyError: The values describe something else.
    """
    return SentPhoto(tuple(map(_choice_from_json, values)))


def _choice_to_json(choice: Choice) -> dict[str, Any]:
    values = asdict(choice)
    for part in (values, values["light"] or {}):
        for name in _FILES:
            if part.get(name) is not None:
                part[name]["scale"] = scale_json(part[name]["scale"])
    return values


def _choice_from_json(values: dict[str, Any]) -> Choice:
    light = values["light"]
    if light is not None:
        light = LightFiles(**{**light, **_files_from_json(light)})
    return Choice(**{**values, **_files_from_json(values), "light": light})


def _files_from_json(values: dict[str, Any]) -> dict[str, SentFile | None]:
    return {name: _file_from_json(values[name]) for name in _FILES if name in values}


def _file_from_json(values: dict[str, Any] | None) -> SentFile | None:
    if values is None:
        return None
    scale = Fraction(1) if values["scale"] == 1 else parse_scale(values["scale"])
    return SentFile(**{**values, "scale": scale})


_FILES = ("sent", "fallback", "full")
