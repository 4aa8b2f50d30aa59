"""What is decided about a photo: the settings that decide it, and the choice that comes out."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from PIL import __version__ as pillow_version
from PIL import features

from pixels.sending.codecs import SUFFIXES, Codec, Reduction
from plumbing.names import cut

VERSION = 1
"""Version of the choices that equal photos and settings lead to; part of the key of a choice."""

SentAs = Literal["half", "full", "original"]

PHOTOS = "photos"
"""Folder of the published photos within a site."""
_HASH_DIGITS = 10
_MOST_NAME_BYTES = 120  # percent-encoded in an address, a letter may take three times as many


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything but the photo and the student that decides what is sent."""

    target: float
    """SSIMULACRA2 to reach, as the reader sees it."""
    margin: float
    """How much smaller half size must be to be used, as a share."""
    codecs: tuple[Codec, ...] = ("AVIF", "WEBP", "JPEG")
    """Formats that may be sent, the one that usually wins first."""
    reductions: tuple[Reduction, ...] = ("lanczos", "bicubic", "area", "sharp")
    """Filters to try for half size; the first one is tried with every codec."""
    fallback: Codec | None = "JPEG"
    """Format for browsers without AVIF."""
    max_side_px: int | None = None
    """Limit to the longer side of a photo, applied before anything else."""
    keep_metadata: bool = False
    """Whether the files keep the EXIF data."""

    def key(self, photo_sha256: str, student_sha256: str) -> str:
        """Name the choice for a photo and a student: equal keys, equal bytes."""
        encoders = [features.version(name) for name in ("jpg", "webp", "avif")]
        parts = [VERSION, asdict(self), pillow_version, encoders, photo_sha256, student_sha256]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """One file that a browser may download."""

    codec: Codec
    """Its format."""
    quality: int | None
    """The encoder's quality setting; None for a file that was not encoded again."""
    reduction: Reduction | None
    """Filter that halved it; None at full size."""
    width: int
    """Width of the file, in pixels."""
    height: int
    """Height of the file, in pixels."""
    bytes: int
    """Size of the file."""
    sha256: str
    """Hash of the file."""
    score: float
    """SSIMULACRA2 of what the reader sees."""

    def path(self, name: str) -> str:
        """Name the file: readable, safe in an address, and new whenever the bytes are new.

        Args:
            name: The photo's name, folders included.

        Returns:
            A path within the site, with `/`.
        """
        safe = [_safe(part) for part in PurePosixPath(name).with_suffix("").parts]
        digits = self.sha256[:_HASH_DIGITS]
        return f"{PHOTOS}/{'/'.join(safe)}-{digits}{SUFFIXES[self.codec]}"


def _safe(part: str) -> str:
    """Keep a name's letters and digits, of every script, composed; the rest becomes dashes."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", part).lower())
    kept = "".join(letter if _in_names(letter) else " " for letter in composed)
    dashed = re.sub(" +", "-", kept).strip("-.")
    return cut(dashed, _MOST_NAME_BYTES).strip("-.") or "photo"


def _in_names(letter: str) -> bool:
    return letter in "._-" or unicodedata.category(letter)[0] in "LMN"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is sent of one photo, and what the alternatives would have cost."""

    form: SentAs
    """`half`: enlarged in the browser; `full`: as large as the photo; `original`: the photo's own
    file, the smallest of all, without its metadata."""
    width: int
    """Width as shown, in pixels."""
    height: int
    """Height as shown, in pixels."""
    sent: SentFile
    """The file for current browsers."""
    fallback: SentFile | None
    """The file for browsers that cannot decode `sent`."""
    full: SentFile
    """The smallest full-size file that reaches the target; the best one if none does."""
    reached: bool
    """Whether `sent` reaches the target."""
    first_codec_bytes: int
    """Size of the full-size file in the first codec that can reach the target."""
    first_filter_bytes: int
    """Size, had only the first filter been tried for half size."""
    looks: int
    """How many files were decoded and scored."""

    @property
    def saved(self) -> int:
        """Bytes saved compared with full size."""
        return self.full.bytes - self.sent.bytes

    @property
    def files(self) -> list[SentFile]:
        """The files that a browser may download."""
        return [self.sent] if self.fallback is None else [self.sent, self.fallback]


def to_json(choice: Choice) -> dict[str, Any]:
    """Convert a choice to plain JSON values."""
    return asdict(choice)


def from_json(values: dict[str, Any]) -> Choice:
    """Convert the values of `to_json` back to a choice.

    Raises:
        TypeError, KeyError: The values do not describe a choice.
    """
    files = {name: None if values[name] is None else SentFile(**values[name]) for name in _FILES}
    return Choice(**{**values, **files})


_FILES = ("sent", "fallback", "full")
