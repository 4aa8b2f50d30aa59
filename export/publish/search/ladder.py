"""Find the lowest quality setting that meets a target score, with few evaluations.

Scoring a file (decode, enlarge, compare) takes as long as encoding it. So a codec that has to beat
a known number of bytes is scored where its files are just too large: if that one misses the target,
every smaller one does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from export.publish.search.curves import Curve, Known, loss_of, size_of
from pixels.quality.judge import Measure

SKETCHED = 0.95
"""Bytes of AVIF files at speed 4, by those of speed 6 at the same setting, whose scores are about
the same (docs/experiments/encoders.md)."""
_SURE = 0.3
"""A setting is not tried if it is expected to miss by this part of a step or more."""


@dataclass(frozen=True, kw_only=True)
class QualityLadder:
    """One codec on one picture: a file for each quality setting, encoded and scored at most once.

    Higher settings are assumed to give larger files and better scores, which codecs do but for a
    percent or so: the setting that is found reaches the target, and the one below it does not.
    """

    encode: Callable[[int], bytes]
    """Encodes the picture at a setting."""
    rate: Callable[[bytes], float]
    """Returns the score of a file as a reader would see it; larger is better."""
    measure: Measure
    """What the scores mean."""
    pixels: int
    """Of the photo, at full size."""
    start: Callable[[], Curve]
    """Returns the curve to expect, before anything of this ladder is known."""
    settings: Sequence[int] = range(1, 101)
    """The settings that differ, rising."""
    files: dict[int, bytes] = field(default_factory=dict)
    """Encoded files, by setting."""
    scores: dict[int, float] = field(default_factory=dict)
    """Their scores, by setting, where known."""
    sketch: QualityLadder | None = None
    """The same picture by an encoder that takes a fraction of the time. It is searched first: it
    tells whether a search is worth while, and where it ends. What is found was still made and
    scored by the encoder that is asked for."""

    @property
    def quick(self) -> QualityLadder:
        """The ladder whose files take least time: the sketch, where there is one."""
        return self.sketch or self

    def size(self, setting: int) -> int:
        """Count the bytes of the file at a setting."""
        if setting not in self.files:
            self.files[setting] = self.encode(setting)
        return len(self.files[setting])

    def score(self, setting: int) -> float:
        """Score the file at a setting."""
        self.size(setting)
        if setting not in self.scores:
            self.scores[setting] = self.rate(self.files[setting])
        return self.scores[setting]

    @property
    def known(self) -> list[Known]:
        """All files so far, on the scales of curves."""
        return [
            Known(
                setting,
                size_of(len(file), self.pixels),
                loss_of(self.measure, self.scores[setting]) if setting in self.scores else None,
            )
            for setting, file in self.files.items()
        ]

    @property
    def curve(self) -> Curve:
        """What is expected of all files, from those so far; another search may start with it."""
        return self.start().through(self.known)

    def expected_bytes(self, target: float, *, deviations: float = 0.0) -> float:
        """Return the bytes with which a file probably reaches a score; infinite if none does.

        Args:
            target: The score.
            deviations: Standard deviations by which the photo is taken to be better than expected.
        """
        curve = self.curve.hopeful(deviations)
        return curve.bytes_for(loss_of(self.measure, target)) * self.pixels

    def bytes_at(self, target: float, found: int) -> int:
        """Estimate the bytes with which the codec would reach a score exactly.

        Settings are coarse: a file that reaches the score overshoots it, by less or more. Between
        two files that were made and scored, sizes are interpolated; beside one, by the curve.

        Args:
            target: The score.
            found: The lowest setting that reaches it.
        """
        curve = self.curve
        wanted = curve.setting_of_loss(loss_of(self.measure, target))
        below = max((one for one in self.settings if one < found), default=found)
        size = curve.size_at(min(max(wanted, below), found))  # the one below is known to miss
        return min(self.size(found), round(math.exp(size) * self.pixels))

    def lowest_reaching(self, target: float, max_bytes: int | None = None) -> int | None:
        """Find the lowest setting that reaches a score, within a number of bytes if given.

        Returns:
            A setting whose file was scored and reaches the target; None if none does.
        """
        if self.sketch is not None:
            most = None if max_bytes is None else round(max_bytes / SKETCHED)
            if self.sketch.lowest_reaching(target, most) is None:
                return None
        width, tries = len(self.settings), 0
        while True:
            rungs = self._rungs(target, max_bytes)
            if rungs.found is not None and self._below_misses(rungs, target):
                return rungs.found
            if not rungs.open:
                return None
            tries += 1
            # Where guesses do not halve the rest in three steps, bisection does better.
            if tries % 3 == 0 and 2 * len(rungs.open) > width:
                guess = rungs.open[(len(rungs.open) - 1) // 2]
            else:
                guess = self._guess(rungs, target, max_bytes)
            width = len(rungs.open) if tries % 3 == 0 else width
            new = guess not in self.files
            if max_bytes is None or not new or self.size(guess) <= max_bytes:
                self.score(guess)

    def _rungs(self, target: float, max_bytes: int | None) -> _Rungs:
        """Sort the settings by what is known of them."""
        large = [
            setting
            for setting, file in self.files.items()
            if max_bytes is not None and len(file) > max_bytes
        ]
        too_large = min(large, default=None)
        reaching = [
            setting
            for setting, score in self.scores.items()
            if score >= target and (too_large is None or setting < too_large)
        ]
        found = min(reaching, default=None)
        top = found if found is not None else too_large
        missing = [
            setting
            for setting, score in self.scores.items()
            if score < target and (found is None or setting < found)
        ]
        low = max(missing, default=0)
        return _Rungs(
            found=found,
            too_large=too_large,
            open=[one for one in self.settings if one > low and (top is None or one < top)],
        )

    def _below_misses(self, rungs: _Rungs, target: float) -> bool:
        """Say whether the setting below the one found is known or sure to miss the target."""
        if not rungs.open or rungs.found is None:
            return True
        below, found = (self.curve.losses[one - 1] for one in (rungs.open[-1], rungs.found))
        return below - loss_of(self.measure, target) >= _SURE * (below - found) > 0.0

    def _guess(self, rungs: _Rungs, target: float, max_bytes: int | None) -> int:
        """Choose the setting to look at next."""
        curve = self.curve
        wanted = curve.setting_of_loss(loss_of(self.measure, target))
        if rungs.found is None and max_bytes is not None:
            most = curve.setting_of_size(size_of(max_bytes, self.pixels))
            if most < wanted:  # no file is expected to win: look where one miss proves it
                large = rungs.too_large
                if large is not None and large not in self.scores and large <= wanted:
                    return large
                wanted = (most + wanted) / 2
        return next((one for one in rungs.open if one >= wanted), rungs.open[-1])


@dataclass(frozen=True, kw_only=True)
class _Rungs:
    """What is known of the settings of a ladder, given a target and a number of bytes."""

    found: int | None
    """The lowest one that is known to win; None if none is."""
    too_large: int | None
    """The lowest one that is known to have too many bytes; None if none is."""
    open: list[int]
    """Those of which it is not known whether they win, below `found`, rising."""
