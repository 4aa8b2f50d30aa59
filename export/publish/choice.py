"""What is decided about a photo: the settings that decide it, and the choice that comes out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from PIL import __version__ as pillow_version
from PIL import features

from pixels.sending.codecs import Codec, Reduction

VERSION = 1
"""Of what the same photo and settings give; part of the key of what is kept."""

SentAs = Literal["half", "full", "original"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything beside the photo and the student that decides what is sent."""

    target: float
    """SSIMULACRA2 to reach, as the reader sees it."""
    margin: float
    """Share by which half size must be smaller to be used."""
    codecs: tuple[Codec, ...] = ("AVIF", "WEBP", "JPEG")
    """What may be sent; the first is tried first, so it should be what usually wins."""
    reductions: tuple[Reduction, ...] = ("lanczos", "bicubic", "area", "sharp")
    """Filters to try for half size; the first one is tried with every codec."""
    fallback: Codec | None = "JPEG"
    """What browsers without AVIF get."""
    max_side_px: int | None = None
    """Photos are made no larger than this before anything else."""
    keep_metadata: bool = False
    """Whether EXIF travels with the files."""

    def key(self, photo_sha256: str, student_sha256: str) -> str:
        """Name the choice for a photo: equal names, equal bytes."""
        encoders = [features.version(name) for name in ("jpg", "webp", "avif")]
        parts = [VERSION, asdict(self), pillow_version, encoders, photo_sha256, student_sha256]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """One file that a browser may download."""

    codec: Codec
    """Its format."""
    quality: int | None
    """The encoder's own setting; None for a file that was left as it was."""
    reduction: Reduction | None
    """Filter by which it was made smaller; None at full size."""
    width: int
    """Of the file, in pixels."""
    height: int
    """Of the file, in pixels."""
    bytes: int
    """Of the file."""
    sha256: str
    """Of the file."""
    score: float
    """SSIMULACRA2 of what the reader sees."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is sent of one photo, and what it would have cost otherwise."""

    form: SentAs
    """`half`: enlarged in the browser; `full`; or `original`: the photo's own file, smallest of
    all, without its metadata."""
    width: int
    """As shown, in pixels."""
    height: int
    """As shown, in pixels."""
    sent: SentFile
    """The file for current browsers."""
    fallback: SentFile | None
    """The file for browsers that lack the format of `sent`."""
    full: SentFile
    """The smallest full-size file that reaches the target; the best there is if none does."""
    reached: bool
    """Whether `sent` reaches the target."""
    first_codec_bytes: int
    """Bytes of the full-size file of the first codec that can reach the target."""
    first_filter_bytes: int
    """Bytes had only the first filter been tried for half size."""
    looks: int
    """How often a file was decoded and scored."""

    @property
    def saved(self) -> int:
        """Bytes less than at full size."""
        return self.full.bytes - self.sent.bytes


def to_json(choice: Choice) -> dict[str, Any]:
    """Give a choice as plain JSON values."""
    return asdict(choice)


def from_json(values: dict[str, Any]) -> Choice:
    """Do the opposite of `to_json`.

    Raises:
        TypeError, KeyError: The values are not of a choice.
    """
    files = {name: None if values[name] is None else SentFile(**values[name]) for name in _FILES}
    return Choice(**{**values, **files})


_FILES = ("sent", "fallback", "full")
