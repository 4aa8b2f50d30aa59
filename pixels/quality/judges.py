"""The judges there are, and which one judges for whom."""

from __future__ import annotations

from pixels.quality.colorvideovdp import ColorVideoVdp
from pixels.quality.judge import Judge
from pixels.quality.screens import Screen
from pixels.quality.ssimulacra2 import Ssimulacra2


def judge_for(screen: Screen | None) -> Judge:
    """Return who judges for readers with a screen; without one, pixels are compared."""
    return Ssimulacra2() if screen is None else ColorVideoVdp(screen)
