"""Choose what is sent of a photo in one width.

Full size comes first and sets the bytes to beat, with which it would reach the target exactly. A
reduced photo is tried only below that, less the margin, so it is smaller at the same target; and it
is chosen only if what the reader sees reaches the target. The scale is that of the student with the
smallest file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256

from export.delivery.student import Student
from export.publish.choice import FIXED, Choice, SentAs, SentFile, Settings
from export.publish.search.candidates import HIGHEST_QUALITY, Candidate, Candidates, Rung, improving
from export.publish.search.reduced import ReducedForms, ReducedSearch
from pixels.sending.codecs import Codec


class NothingHoldsItError(Exception):
    """No codec can hold the photo; the message does not name it."""


class WidthSearch:
    """The choice for readers of a page that may have several students."""

    def __init__(
        self, candidates: Candidates, settings: Settings, students: Sequence[Student]
    ) -> None:
        """Take the photo's candidates, what is wanted, and the students to choose among."""
        self._candidates, self._settings = candidates, settings
        self._search = ReducedSearch(candidates, settings, students)

    def choose(self, files: dict[str, bytes]) -> Choice:
        """Choose what is sent, and add its files to `files`."""
        fixed = self._fixed()
        candidates = [self._candidates.full(codec) for codec in self._codecs()]
        if not self._candidates.is_known:
            # Encoded already: its score tells most of all others.
            candidates[0].ladder.quick.score(FIXED[candidates[0].codec])
        fulls = improving(candidates, self._settings.target)
        full = fulls[-1] if fulls else max(map(_best, candidates), key=lambda rung: rung.score)
        original = self._candidates.source.original
        if original is not None and fulls and len(original) >= full.bytes:
            original = None
        plain_bytes = full.bytes if original is None else len(original)
        # A reduced file overshoots the target as well: as it is sent, it must still be smaller.
        full_at_target = full.bytes_at(self._settings.target)
        most_bytes = min(math.ceil(full_at_target * (1.0 - self._settings.margin)), plain_bytes) - 1
        reduced = self._search.smallest(most_bytes) if fulls else ReducedForms()
        form: SentAs = "reduced" if reduced.best else "full"
        chosen = reduced.best or full
        sent, fallback = chosen.sent, None
        best = reduced.best
        sent_at_target = best.bytes_at(self._settings.target) if best else full_at_target
        if original is not None and not reduced.best:
            form, sent = "original", self._unchanged(original)
            sent_at_target = sent.bytes
            files[sent.sha256] = original
        else:
            fallback = self._fallback(chosen, reduced.student)
            # Full size is not sent of a reduced photo, but the sample page shows it.
            files |= {rung.sent.sha256: rung.content for rung in (chosen, fallback, full) if rung}
        height, width = self._candidates.source.size
        return Choice(
            form=form,
            student=reduced.student.sha256 if reduced.student else None,
            width=width,
            height=height,
            sent=sent,
            fallback=fallback.sent if fallback else None,
            full=full.sent,
            sent_at_target=sent_at_target,
            full_at_target=full_at_target,
            fixed=fixed,
            without_students=full_at_target if original is None else len(original),
            with_student=reduced.with_student,
            reached=self._settings.judge.measure.reaches(sent.score, self._settings.target),
            first_codec_bytes=(fulls[0] if fulls else full).bytes,
            first_filter_bytes=(reduced.first or full).bytes,
            looks=self._candidates.looks,
        )

    def _codecs(self) -> list[Codec]:
        """List the codecs that can hold the photo at full size."""
        photo = self._candidates
        only_jpeg = set(self._settings.codecs) == {"JPEG"}
        instead: tuple[Codec, ...] = ("WEBP",)
        wanted = instead if photo.transparent and only_jpeg else self._settings.codecs
        able: list[Codec] = [codec for codec in wanted if not photo.obstacle(codec)]
        if not able:
            reasons = "; ".join(photo.obstacle(codec) for codec in wanted)
            raise NothingHoldsItError(
                f"{reasons}: allow other --codecs, set --max-side-px, or leave out --keep-metadata"
            )
        return able

    def _fallback(self, chosen: Rung, student: Student | None) -> Rung | None:
        """Find the file for browsers without AVIF: as large, unless full size is smaller."""
        codec = self._settings.fallback
        if codec is None or chosen.candidate.codec != "AVIF":
            return None
        reduction = chosen.candidate.reduction
        wanted: tuple[Codec, ...] = (codec, "WEBP", "JPEG")
        for able in dict.fromkeys(wanted):
            candidates: list[Candidate] = []
            if student and reduction:
                candidates += self._candidates.reduced(student, (able,), (reduction,))
            if not self._candidates.obstacle(able):
                candidates.append(self._candidates.full(able))
            if candidates:
                found = improving(candidates, self._settings.target)
                return found[-1] if found else _best(candidates[-1])
        return None

    def _fixed(self) -> dict[Codec, int]:
        """Encode as sites with fixed settings do.

        A photo that a codec cannot hold counts with the smallest of the other files.
        """
        sizes = {
            codec: self._candidates.fixed_bytes(codec, setting)
            for codec, setting in FIXED.items()
            if not self._candidates.obstacle(codec)
        }
        instead = min(sizes.values(), default=0)
        return {codec: sizes.get(codec, instead) for codec in FIXED}

    def _unchanged(self, original: bytes) -> SentFile:
        """Describe the photo's own file."""
        height, width = self._candidates.source.size
        return SentFile(
            codec="JPEG",
            quality=None,
            reduction=None,
            scale=Fraction(1),
            width=width,
            height=height,
            bytes=len(original),
            sha256=sha256(original).hexdigest(),
            score=self._settings.judge.measure.identical,
        )


def _best(candidate: Candidate) -> Rung:
    candidate.ladder.score(HIGHEST_QUALITY)
    return Rung(candidate, HIGHEST_QUALITY)
