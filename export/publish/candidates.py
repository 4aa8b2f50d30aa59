"""The candidates for one photo: every way to send it, the files of each, and how they look."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property, partial
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from export.delivery.student import Student, enlarger_of
from export.publish.choice import SentFile
from export.publish.search.curves import usual_curve
from export.publish.search.ladder import QualityLadder
from export.publish.source import PhotoSource
from pixels.quality.judge import JudgedOriginal
from pixels.quality.judges import judge_for
from pixels.quality.screens import Screen
from pixels.sending.codecs import (
    Codec,
    Reduction,
    decode,
    decode_with_alpha,
    encode,
    enlarged_to,
    obstacle,
    padded_size,
    reduce,
)

HIGHEST_QUALITY = 100
"""The highest quality setting of every codec."""
_GROUNDS = (255, 0)  # transparent photos are judged on white and on black

_FULL = Fraction(1)


@dataclass(frozen=True)
class Candidate:
    """One way to send the photo, at any quality setting."""

    codec: Codec
    """Format of the files."""
    reduction: Reduction | None
    """Filter that reduces the photo; None for full size."""
    scale: Fraction
    """How many times smaller than the photo the files are; 1 for full size."""
    size: tuple[int, int]
    """(height, width) of the files."""
    ladder: QualityLadder
    """The files."""


@dataclass(frozen=True)
class Rung:
    """A candidate at one quality setting, encoded and scored."""

    candidate: Candidate
    """How it is sent."""
    setting: int
    """At what quality."""

    @property
    def content(self) -> bytes:
        """The file."""
        return self.candidate.ladder.files[self.setting]

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return len(self.content)

    @property
    def score(self) -> float:
        """How good it is as the reader sees it."""
        return self.candidate.ladder.scores[self.setting]

    @property
    def sent(self) -> SentFile:
        """Describe the file."""
        return SentFile(
            codec=self.candidate.codec,
            quality=self.setting,
            reduction=self.candidate.reduction,
            scale=self.candidate.scale,
            width=self.candidate.size[1],
            height=self.candidate.size[0],
            bytes=self.bytes,
            sha256=sha256(self.content).hexdigest(),
            score=round(self.score, 3),
        )


class Candidates:
    """All candidates for a photo; files and scores are kept, and shared between students."""

    def __init__(self, source: PhotoSource, screen: Screen | None) -> None:
        """Take the photo to compare with, and the screen on which it is judged, if on any."""
        self.source, self._screen = source, screen
        self._reduced = cache(self._reduce)
        self._full: dict[Codec, Candidate] = {}
        self._smaller: dict[tuple[Student, Codec, Reduction], Candidate] = {}
        self._ceilings: dict[tuple[Student, Reduction], float] = {}
        self._smaller_files: dict[tuple[Codec, Reduction, Fraction], dict[int, bytes]] = {}

    @property
    def transparent(self) -> bool:
        """Whether the photo has transparent pixels; such a photo is sent at full size."""
        return self.source.pixels.shape[2] == 4

    def obstacle(self, codec: Codec, scale: Fraction = _FULL) -> str:
        """Say why no file of a codec can hold the photo, `scale` times smaller; empty if one can.

        Such a codec is left out: other codecs send the photo.
        """
        size = padded_size(self.source.size, scale)
        return obstacle(codec, size, transparent=self.transparent, exif=self.source.exif)

    def full(self, codec: Codec) -> Candidate:
        """Return the candidate that is as large as the photo."""
        if codec not in self._full:
            encode_at = partial(self._encode, self.source.pixels, codec)
            curve = usual_curve(codec, _FULL, self._screen)
            ladder = QualityLadder(encode_at, self._rate, curve, highest=HIGHEST_QUALITY)
            self._full[codec] = Candidate(codec, None, _FULL, self.source.size, ladder)
        return self._full[codec]

    def smaller(self, student: Student, codec: Codec, reduction: Reduction) -> Candidate:
        """Return the candidate that is reduced, to be enlarged by a student."""
        key = (student, codec, reduction)
        if key not in self._smaller:
            small = self._reduced(reduction, student.scale)
            files = self._smaller_files.setdefault((codec, reduction, student.scale), {})
            ladder = QualityLadder(
                partial(self._encode, small, codec),
                partial(self._rate_enlarged, student),
                usual_curve(codec, student.scale, self._screen),
                highest=HIGHEST_QUALITY,
                files=files,
            )
            size = (small.shape[0], small.shape[1])
            self._smaller[key] = Candidate(codec, reduction, student.scale, size, ladder)
        return self._smaller[key]

    def ceiling(self, student: Student, reduction: Reduction) -> float:
        """Score the reduced photo without compression: hardly any file of it can score higher."""
        key = (student, reduction)
        if key not in self._ceilings:
            small = self._reduced(reduction, student.scale)
            self._ceilings[key] = self._rate_pixels(student, small)
        return self._ceilings[key]

    @property
    def looks(self) -> int:
        """Count the pictures that were scored."""
        candidates = [*self._full.values(), *self._smaller.values()]
        return len(self._ceilings) + sum(len(one.ladder.scores) for one in candidates)

    def _encode(self, pixels: NDArray[np.uint8], codec: Codec, setting: int) -> bytes:
        return encode(pixels, codec, setting, exif=self.source.exif)

    def _reduce(self, reduction: Reduction, scale: Fraction) -> NDArray[np.uint8]:
        return reduce(self.source.pixels, reduction, scale)

    def _rate(self, content: bytes) -> float:
        if not self.transparent:
            return self._originals[0].score(decode(content))
        shown = decode_with_alpha(content)
        scores = [
            original.score(_on(shown, ground))
            for original, ground in zip(self._originals, _GROUNDS, strict=True)
        ]
        return min(scores)

    def _rate_enlarged(self, student: Student, content: bytes) -> float:
        return self._rate_pixels(student, decode(content))

    def _rate_pixels(self, student: Student, small: NDArray[np.uint8]) -> float:
        enlarged = enlarger_of(student).enlarge(small)
        return self._originals[0].score(enlarged_to(enlarged, self.source.size))

    @cached_property
    def _originals(self) -> list[JudgedOriginal]:
        judge, pixels = judge_for(self._screen), self.source.pixels
        if not self.transparent:
            return [judge.original(pixels)]
        return [judge.original(_on(pixels, ground)) for ground in _GROUNDS]


def _on(pixels: NDArray[np.uint8], ground: int) -> NDArray[np.uint8]:
    """Composite a transparent picture onto a grey level."""
    alpha = pixels[..., 3:].astype(np.float32) / np.float32(255)
    flat = pixels[..., :3] * alpha + np.float32(ground) * (1 - alpha)
    return np.floor(flat + np.float32(0.5)).astype(np.uint8)
