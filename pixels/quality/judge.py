"""What all judges of a picture have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What the scores of a judge mean."""

    name: str
    """The measure, as it is published."""
    unit: str
    """Of a score: `points`, `JOD`."""
    larger_is_better: bool
    identical: float
    """The score of a picture that equals the original: the best there is."""
    doubtful: float
    """Worse scores say little more than that the picture is very bad."""
    decimals: int
    """What to print of a score; more is not seen by anyone."""

    def reaches(self, score: float, target: float) -> bool:
        """Say whether a score is as good as the target, or better."""
        return score >= target if self.larger_is_better else score <= target

    def means_something(self, score: float) -> bool:
        """Say whether a score lies between `doubtful` and `identical`."""
        return self.reaches(score, self.doubtful) and self.reaches(self.identical, score)


SMALLEST_PX = 8
"""The smallest side of a picture that judges score: SSIMULACRA2 skips smaller scales, and
ColorVideoVDP has two bands, the coarser one of 4 pixels."""


def require_side(photo: NDArray[np.uint8], least_px: int = SMALLEST_PX) -> None:
    """Require the sides of a picture to be long enough to score it.

    Raises:
        ValueError: A side has fewer than `least_px` pixels.
    """
    if min(photo.shape[:2]) < least_px:
        raise ValueError(f"at least {least_px} pixels a side are needed to score a picture")


def require_same_shape(shown: NDArray[np.uint8], shape: tuple[int, ...]) -> None:
    """Require a picture to have its original's shape.

    Raises:
        ValueError: It has another.
    """
    if shown.shape != shape:
        raise ValueError(f"shapes differ: {shown.shape} and {shape}")


class JudgedOriginal(Protocol):
    """An original, prepared once to score many pictures against it."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the original."""
        ...

    def score(self, shown: NDArray[np.uint8]) -> float:
        """Score a picture.

        Args:
            shown: (height, width, 3) sRGB, 0 to 255, of the original's size.

        Raises:
            ValueError: The sizes differ.
        """
        ...


class Judge(Protocol):
    """Says how alike two pictures look.

    A judge is a small value: it can be compared, hashed, and sent to another process.
    """

    @property
    def measure(self) -> Measure:
        """What its scores mean."""
        ...

    @property
    def seconds_per_megapixel(self) -> float:
        """Roughly how long a score takes on one core, once the original is prepared."""
        ...

    @property
    def description(self) -> str:
        """The measure with all that its scores depend on, as a report names it."""
        ...

    def original(self, photo: NDArray[np.uint8]) -> JudgedOriginal:
        """Prepare a photo, (height, width, 3) sRGB, 0 to 255.

        Raises:
            ValueError: A side has fewer than 8 pixels.
        """
        ...
