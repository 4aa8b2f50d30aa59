"""How good a photo is to look, in words: what to reach on a reader's screen.

Each word stands for a score of ColorVideoVDP, the same on every screen, since that judge takes the
screen into account. Chosen from docs/experiments/judges.md.
"""

from __future__ import annotations

from typing import Literal

Look = Literal["excellent", "good", "fair"]

LOOKS: dict[Look, float] = {"excellent": 9.8, "good": 9.6, "fair": 9.3}
"""In JOD, best first. Shown next to the original, 55, 61 and 68 of 100 people choose the original;
50 would choose it if they saw no difference."""
