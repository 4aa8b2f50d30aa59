"""Pictures of bytes, for students in whole numbers: between two bytes nothing counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixels.tiling import Enlarge


def rounded(batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round values in [0, 1] to the nearest bytes, divided by 255."""
    bytes_ = np.floor(batch * np.float32(255.0) + np.float32(0.5))
    return bytes_ / np.float32(255.0)


def rounding(run: Enlarge) -> Enlarge:
    """Round what a runtime gives to bytes, as every program that shows it does."""
    return lambda batch: rounded(run(batch))
