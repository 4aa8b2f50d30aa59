"""What a comparison of students found: PSNR of each seed and photo, and the gain in pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teacher.training.data import DegradationKind

PLAIN = "truth alone"
"""What all others are compared with."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a variant reached."""

    degradation: DegradationKind
    """On which input."""
    variant: str
    """Its name."""
    psnr: NDArray[np.float64]
    """(seeds, photos), in dB."""
    gain: NDArray[np.float64]
    """(photos,): mean over the seeds of the difference from the truth alone, in dB."""

    @property
    def interval(self) -> float:
        """Half the width of the mean gain's 95 % interval over the photos."""
        return 1.96 * float(self.gain.std(ddof=1)) / len(self.gain) ** 0.5

    @property
    def gain_by_seed(self) -> NDArray[np.float64]:
        """(seeds,): differences of means from the mean of the truth alone."""
        return self.psnr.mean(axis=1) - float((self.psnr.mean(axis=0) - self.gain).mean())
