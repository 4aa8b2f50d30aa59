"""The candidates for one photo: every way to send it, the files of each, and how they look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property, partial
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from export.delivery.reducing import SentReduction, reduced
from export.delivery.student import Student, enlarger_of
from export.publish.choice import SentFile
from export.publish.search.curves import Curve, Kind, UsualCurves, kind_of, usual_curves
from export.publish.search.ladder import SKETCHED, QualityLadder
from export.publish.source import PhotoSource
from pixels.quality.judge import JudgedOriginal
from pixels.quality.judges import judge_for
from pixels.quality.screens import Screen
from pixels.sending.codecs import (
    EFFORTS,
    Codec,
    Effort,
    EncoderSettings,
    Subsampling,
    decode,
    decode_with_alpha,
    distinct_settings,
    encode,
    enlarged_to,
    obstacle,
    padded_size,
)

HIGHEST_QUALITY = 100
"""The highest quality setting of every codec."""
_HOPE = 1.5
"""Standard deviations by which a photo may be better than expected: docs/experiments/savings.md."""
_NEAR = 1.05
"""A filter that needs so many times the bytes in a width of a photo hardly wins in another."""
_GROUNDS = (255, 0)  # transparent photos are judged on white and on black

_FULL = Fraction(1)
_QUICK = EFFORTS["fast"]

_Encoded = tuple[Codec, SentReduction | None, Fraction, EncoderSettings]
"""All that decides about a file, but for its setting."""


@dataclass(frozen=True)
class Candidate:
    """One way to send the photo, at any quality setting."""

    codec: Codec
    """Format of the files."""
    reduction: SentReduction | None
    """Filter that reduces the photo; None for full size."""
    scale: Fraction
    """How many times smaller than the photo the files are; 1 for full size."""
    size: tuple[int, int]
    """(height, width) of the files."""
    ladder: QualityLadder
    """The files."""
    subsampling: Subsampling = "4:2:0"
    """Resolution of their chroma."""

    def resembles(self, scale: Fraction, codec: Codec) -> bool:
        """Say whether the files are like others, but for the filter or the student."""
        return (self.scale, self.codec) == (scale, codec)


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

    def bytes_at(self, target: float) -> int:
        """Return the size of such a file that reaches the target exactly; its own if it misses."""
        if self.score < target:
            return self.bytes
        return self.candidate.ladder.bytes_at(target, self.setting)

    @property
    def sent(self) -> SentFile:
        """Describe the file."""
        return SentFile(
            codec=self.candidate.codec,
            quality=self.setting,
            reduction=self.candidate.reduction,
            subsampling=self.candidate.subsampling,
            scale=self.candidate.scale,
            width=self.candidate.size[1],
            height=self.candidate.size[0],
            bytes=self.bytes,
            sha256=sha256(self.content).hexdigest(),
            score=round(self.score, 3),
        )


def improving(
    candidates: Iterable[Candidate], target: float, max_bytes: int | None = None
) -> list[Rung]:
    """Find files that reach a score, each smaller than the previous one.

    A candidate is not looked at where what is known of the photo leaves it no hope.

    Args:
        candidates: Where to look, one after the other.
        target: The score.
        max_bytes: What the first one may have; None for any size.
    """
    found: list[Rung] = []
    for candidate in candidates:
        hopeful = candidate.ladder.expected_bytes(target, deviations=_HOPE)
        if max_bytes is not None and hopeful > max_bytes:
            continue
        setting = candidate.ladder.lowest_reaching(target, max_bytes)
        if setting is not None:
            found.append(Rung(candidate, setting))
            max_bytes = found[-1].bytes - 1
    return found


class Candidates:
    """All candidates for a photo; files and scores are kept, and shared between students."""

    def __init__(
        self,
        source: PhotoSource,
        screen: Screen | None,
        effort: Effort = "normal",
        expected: UsualCurves | None = None,
        *,
        subsampling: Subsampling = "4:2:0",
    ) -> None:
        """Take the photo to compare with, the screen on which it is judged, and the effort.

        Args:
            source: The photo.
            screen: The reader's screen; None if pixels are compared.
            effort: How hard encoders try, for files of all sizes alike.
            expected: The curves to expect; by default those of any photo.
            subsampling: Of AVIF files. JPEG and WebP files keep half the chroma on each axis.
        """
        self.source, self._screen, self._encoder = source, screen, EFFORTS[effort]
        self._subsampling: dict[Codec, Subsampling] = {"AVIF": subsampling}
        self.is_known = expected is not None
        """Whether something is known of this very photo before it is looked at."""
        self._expected = expected or usual_curves(screen)
        self._small = cache(self._reduce)
        self._full: dict[Codec, Candidate] = {}
        self._reduced: dict[tuple[Student, Codec, SentReduction], Candidate] = {}
        self._known: list[tuple[Kind, QualityLadder]] = []
        self._files: dict[_Encoded, dict[int, bytes]] = defaultdict(dict)

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
            kind = kind_of(codec, _FULL)
            ladder = self._ladder(codec, None, _FULL, self._rate, partial(self.usual, kind))
            self._full[codec] = Candidate(
                codec, None, _FULL, self.source.size, ladder, self._chroma(codec)
            )
            self._known.append((kind, ladder.quick))
        return self._full[codec]

    def fixed_bytes(self, codec: Codec, setting: int) -> int:
        """Count the bytes with which a site sends the photo that has one setting for all.

        Such sites keep half the chroma.
        """
        if self._chroma(codec) == "4:2:0":
            return self.full(codec).ladder.quick.size(setting)
        return len(encode(self.source.pixels, codec, setting, _QUICK, exif=self.source.exif))

    def reduced(
        self, student: Student, codecs: Sequence[Codec], reductions: Sequence[SentReduction]
    ) -> list[Candidate]:
        """Return the candidates that are reduced, to be enlarged by a student; the able ones."""
        return [
            self._one_reduced(student, codec, reduction)
            for codec in codecs
            for reduction in reductions
            if not self.obstacle(codec, student.scale)
        ]

    def _one_reduced(self, student: Student, codec: Codec, reduction: SentReduction) -> Candidate:
        key = (student, codec, reduction)
        if key not in self._reduced:
            small = self._small(reduction, student.scale)
            kind = kind_of(codec, student.scale)
            alike = next(
                (one for one in self._reduced.values() if one.resembles(student.scale, codec)), None
            )
            start = partial(self.usual, kind) if alike is None else lambda: alike.ladder.quick.curve
            rate = partial(self._rate_enlarged, student)
            ladder = self._ladder(codec, reduction, student.scale, rate, start)
            size = (small.shape[0], small.shape[1])
            self._reduced[key] = Candidate(
                codec, reduction, student.scale, size, ladder, self._chroma(codec)
            )
            if alike is None:
                self._known.append((kind, ladder.quick))
        return self._reduced[key]

    def usual(self, kind: Kind) -> Curve:
        """Return what is expected of a kind of files, from all files that were made so far."""
        known = [(other, one) for other, ladder in self._known for one in ladder.known]
        return self._expected.expected(kind, known)

    def learned(self) -> UsualCurves:
        """Return what to expect of the same photo in another width."""
        searched = {kind: ladder.curve for kind, ladder in self._known}
        kinds = self._expected.kinds
        return self._expected.around(
            [searched[kind] if kind in searched else self.usual(kind) for kind in kinds]
        )

    def nearest_reductions(self, target: float) -> tuple[SentReduction, ...]:
        """List the filters that need hardly more bytes than the best one, which is the first."""
        tried: dict[tuple[Student, Codec], dict[SentReduction, float]] = defaultdict(dict)
        for (student, codec, reduction), one in self._reduced.items():
            quick = one.ladder.quick
            if quick.scores:
                tried[student, codec][reduction] = quick.expected_bytes(target)
        needed = max(tried.values(), key=len, default={})
        most = _NEAR * min(needed.values(), default=0.0)
        return tuple(sorted((one for one in needed if needed[one] <= most), key=needed.__getitem__))

    @property
    def looks(self) -> int:
        """Count the pictures that were scored."""
        ladders = [one.ladder for one in (*self._full.values(), *self._reduced.values())]
        ladders += [ladder.sketch for ladder in ladders if ladder.sketch]
        return sum(len(ladder.scores) for ladder in ladders)

    def _ladder(
        self,
        codec: Codec,
        reduction: SentReduction | None,
        scale: Fraction,
        rate: Callable[[bytes], float],
        start: Callable[[], Curve],
    ) -> QualityLadder:
        picture = self.source.pixels if reduction is None else self._small(reduction, scale)

        def made_by(
            encoder: EncoderSettings, start: Callable[[], Curve], sketch: QualityLadder | None
        ) -> QualityLadder:
            return QualityLadder(
                encode=partial(self._encode, picture, codec, encoder),
                rate=rate,
                measure=judge_for(self._screen).measure,
                pixels=self.source.size[0] * self.source.size[1],
                start=start,
                settings=distinct_settings(codec),
                files=self._files[codec, reduction, scale, encoder],
                sketch=sketch,
            )

        if codec != "AVIF" or self._encoder.avif_speed >= _QUICK.avif_speed:
            return made_by(self._encoder, start, None)
        sketch = made_by(_QUICK, start, None)
        return made_by(self._encoder, lambda: sketch.curve.with_bytes(SKETCHED), sketch)

    def _encode(
        self, pixels: NDArray[np.uint8], codec: Codec, encoder: EncoderSettings, setting: int
    ) -> bytes:
        return encode(
            pixels,
            codec,
            setting,
            encoder,
            subsampling=self._chroma(codec),
            exif=self.source.exif,
        )

    def _chroma(self, codec: Codec) -> Subsampling:
        return self._subsampling.get(codec, "4:2:0")

    def _reduce(self, reduction: SentReduction, scale: Fraction) -> NDArray[np.uint8]:
        return reduced(self.source.pixels, reduction, scale)

    def _rate(self, content: bytes) -> float:
        if not self.transparent:
            return self._rate_pixels(decode(content))
        shown = decode_with_alpha(content)
        return min(self._rate_pixels(_on(shown, ground), ground) for ground in _GROUNDS)

    def _rate_enlarged(self, student: Student, content: bytes) -> float:
        return self._rate_pixels(self._enlarge(student, decode(content)))

    def _enlarge(self, student: Student, small: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return enlarged_to(enlarger_of(student).enlarge(small), self.source.size)

    def _rate_pixels(self, shown: NDArray[np.uint8], ground: int = _GROUNDS[0]) -> float:
        return self._originals[ground].score(shown)

    @cached_property
    def _originals(self) -> dict[int, JudgedOriginal]:
        """The photo to compare with, by the ground on which it is seen; opaque ones on one."""
        judge, pixels = judge_for(self._screen), self.source.pixels
        if not self.transparent:
            return {_GROUNDS[0]: judge.original(pixels)}
        return {ground: judge.original(_on(pixels, ground)) for ground in _GROUNDS}


def _on(pixels: NDArray[np.uint8], ground: int) -> NDArray[np.uint8]:
    """Composite a transparent picture onto a grey level."""
    alpha = pixels[..., 3:].astype(np.float32) / np.float32(255)
    flat = pixels[..., :3] * alpha + np.float32(ground) * (1 - alpha)
    return np.floor(flat + np.float32(0.5)).astype(np.uint8)
