"""By whom a study judges: the judge, the scores at which bytes are compared, and their unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixels.quality.judge import Judge
from pixels.quality.judges import judge_for
from pixels.quality.screens import SCREENS, Screen

SSIMULACRA2 = "ssimulacra2"
"""The key of its scores in caches and tables."""

_Scores = NDArray[np.float64]
_LEAST_LOSS_JOD = 1e-3  # keeps the logarithm finite for a picture that equals the original


@dataclass(frozen=True)
class Bend:
    """How scores are mapped, rising, before curves are interpolated, and back."""

    to: Callable[[_Scores], _Scores]
    back: Callable[[_Scores], _Scores]


STRAIGHT = Bend(lambda scores: scores, lambda scores: scores)
"""Scores as they are: those of SSIMULACRA2, PSNR and SSIM."""
BY_VISIBLE_LOSS = Bend(
    lambda jod: -np.log(10.0 + _LEAST_LOSS_JOD - jod),
    lambda bent: 10.0 + _LEAST_LOSS_JOD - np.exp(-bent),
)
"""JOD as the logarithm of what is lost of the 10.

Near 10 JOD every further tenth takes many more bytes than the one before. The loss falls nearly
like a power of the bytes instead, so a curve of few points is right between them too.
"""


@dataclass(frozen=True, kw_only=True)
class Judging:
    """A judge, and the scores at which a study compares bytes."""

    screen: Screen | None = None
    """The reader's screen, on which ColorVideoVDP judges; None for SSIMULACRA2."""
    bands: tuple[float, ...]
    """Scores at which bytes are compared, rising."""

    @property
    def judge(self) -> Judge:
        """Who scores."""
        return judge_for(self.screen)

    @property
    def key(self) -> str:
        """The name of its scores in caches: all that they depend on."""
        return SSIMULACRA2 if self.screen is None else self.judge.description

    @property
    def column(self) -> str:
        """The name of its scores in tables."""
        if self.screen is None:
            return SSIMULACRA2
        named = self.screen.name in SCREENS
        return f"jod_{self.screen.name if named else f'{self.screen.pixels_per_degree:g}ppd'}"

    @property
    def name(self) -> str:
        """How the report calls it."""
        return f"{self.judge.measure.name} {self.where}".strip()

    @property
    def where(self) -> str:
        """The screen, as in `on a phone`; empty without one."""
        if self.screen is None:
            return ""
        return f"{'on a' if self.screen.name in SCREENS else 'at'} {self.screen.name}"

    @property
    def decimals(self) -> int:
        """What to print of a score."""
        return self.judge.measure.decimals

    @property
    def unit(self) -> str:
        """Of its scores: `points`, `JOD`."""
        return self.judge.measure.unit

    @property
    def bend(self) -> Bend:
        """How its scores are mapped before curves are interpolated."""
        return STRAIGHT if self.screen is None else BY_VISIBLE_LOSS

    @property
    def shown_range(self) -> tuple[float, float]:
        """The scores that plots show at most."""
        return (-20.0, 95.0) if self.screen is None else (8.0, 10.0)

    @property
    def crossover_decimals(self) -> int:
        """What to print of a score that is read off two curves."""
        return 0 if self.screen is None else 2

    def grid(self) -> list[float]:
        """Return scores at equal distances, from somewhat below the bands to the highest."""
        below, step = (10.0, 2.5) if self.screen is None else (0.2, 0.025)
        low, high = max(self.bands[0] - below, 2.0 * step), self.bands[-1]
        return [low + step * number for number in range(int((high - low) / step + 1e-9) + 1)]

    def words(self, score: float) -> str:
        """Write a score with its unit: `61.3 points`, `9.62 JOD`."""
        return f"{score:.{self.decimals}f} {self.unit}"

    def at(self, band: float) -> str:
        """Write a band with the judge's name: `SSIMULACRA2 50`, `9.6 JOD on a phone`."""
        return f"{self.name} {band:g}" if self.screen is None else f"{band:g} JOD {self.where}"
