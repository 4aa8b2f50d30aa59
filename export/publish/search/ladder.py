"""Find the lowest quality setting that meets a target score, with few evaluations.

Scoring a file (decode, enlarge, compare) takes longer than encoding it. So a codec that has to beat
a known number of bytes is scored once, at the largest file that would still win: if that one misses
the target, every smaller one does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from export.publish.search.curves import QualityCurve


@dataclass(frozen=True)
class QualityLadder:
    """One codec on one picture: a file for each quality setting, encoded and scored at most once.

    Higher settings are assumed to give larger files and better scores, which codecs do but for a
    percent or so: the setting that is found reaches the target, and the one below it does not.
    """

    encode: Callable[[int], bytes]
    """Encodes the picture at a setting."""
    rate: Callable[[bytes], float]
    """Returns the score of a file as a reader would see it; larger is better."""
    curve: QualityCurve
    """The scores to expect."""
    lowest: int = 1
    """Lowest setting."""
    highest: int = 100
    """Highest setting."""
    files: dict[int, bytes] = field(default_factory=dict)
    """Encoded files, by setting."""
    scores: dict[int, float] = field(default_factory=dict)
    """Their scores, by setting, where known."""

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

    def highest_within(self, max_bytes: int) -> int | None:
        """Find the highest setting whose file has at most this many bytes; None if none has."""
        low, high = self.lowest - 1, self.highest + 1  # low fits, high does not
        guess = round(self._setting_of_bytes(max_bytes))
        while high - low > 1:
            setting = min(max(guess, low + 1), high - 1)
            if self.size(setting) <= max_bytes:
                low = setting
            else:
                high = setting
            guess = round(self._setting_of_bytes(max_bytes))
            if not low < guess < high:
                guess = low + 1 if guess <= low else high - 1
        return low if low >= self.lowest else None

    def lowest_reaching(self, target: float, max_bytes: int | None = None) -> int | None:
        """Find the lowest setting that reaches a score, within a number of bytes if given.

        Returns:
            A setting whose file was scored and reaches the target; None if none does.
        """
        limit = self.highest if max_bytes is None else self.highest_within(max_bytes)
        if limit is None:
            return None
        reaching = [setting for setting, score in self.scores.items() if score >= target]
        high = min((setting for setting in reaching if setting <= limit), default=None)
        missing = [setting for setting, score in self.scores.items() if score < target]
        low = max(
            (setting for setting in missing if high is None or setting < high),
            default=self.lowest - 1,
        )
        if high is None:
            if low >= limit or (max_bytes is not None and self.score(limit) < target):
                return None
            high = limit  # reaches the target, or nothing does; low does not
        width, guesses = high - low, 0
        while high - low > 1:
            # Where guesses do not halve the rest in two steps, bisection does better.
            guesses += 1
            stuck = guesses % 3 == 0 and 2 * (high - low) > width
            guess = (low + high) // 2 if stuck else math.ceil(self._setting_of_score(target))
            width = high - low if guesses % 3 == 0 else width
            setting = min(max(guess, low + 1), high - 1)
            if self.score(setting) >= target:
                high = setting
            else:
                low = setting
        return high if self.score(high) >= target else None

    def _setting_of_score(self, target: float) -> float:
        """Guess the setting that just reaches the target, from all scores so far."""
        known = sorted(self.scores)
        if not known:
            return self.curve.setting(target)
        below = [setting for setting in known if self.scores[setting] < target]
        above = [setting for setting in known if self.scores[setting] >= target]
        wanted = self.curve.setting(target)
        if below and above:
            # On the scale of usual settings, a picture's own curve is nearly straight.
            first, last = max(below), min(above)
            usual = [self.curve.setting(self.scores[setting]) for setting in (first, last)]
            share = (wanted - usual[0]) / max(usual[1] - usual[0], 1e-6)
            return first + share * (last - first)
        nearest = max(below) if below else min(above)
        missing = wanted - self.curve.setting(self.scores[nearest])
        if len(known) == 1:
            return nearest + missing
        other = below[-2] if below else above[1]
        gained = self.curve.setting(self.scores[nearest]) - self.curve.setting(self.scores[other])
        return nearest + missing * (nearest - other) / (gained if abs(gained) > 1e-6 else 1e-6)

    def _setting_of_bytes(self, max_bytes: int) -> float:
        """Guess the setting of a file of this many bytes: their logarithm is nearly straight."""
        known = sorted(self.files)
        middle = (self.lowest + self.highest) / 2
        if not known:
            return middle
        sizes = [math.log(len(self.files[setting])) for setting in known]
        wanted = math.log(max(max_bytes, 1))
        if len(known) == 1:
            # 2 % a step: what JPEG, WebP and AVIF have in the middle of their ranges.
            return known[0] + (wanted - sizes[0]) / 0.02
        at = min(max(int(np.searchsorted(sizes, wanted)), 1), len(known) - 1)
        slope = (sizes[at] - sizes[at - 1]) / (known[at] - known[at - 1])
        return known[at - 1] + (wanted - sizes[at - 1]) / max(slope, 1e-3)
