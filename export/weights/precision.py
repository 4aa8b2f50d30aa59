"""The precisions of weights, and how much quality each may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from plumbing.command import UserError

Precision = Literal["float32", "float16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("float32", "float16", "int8")

# Largest loss of PSNR against float32 on the check photos, in dB. Rounding the output to bytes
# changes 0.005 by itself; 0.05 is a tenth of what the eye can tell apart side by side, and less
# than the difference between two trainings of one network.
BUDGET_DB: dict[Precision, float] = {"float32": 0.0, "float16": 0.005, "int8": 0.05}

LARGEST_FLOAT16 = 65504.0


class PrecisionError(UserError):
    """Weights cannot be stored in this few bits, or lose too much."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """The cost of a precision."""

    weights: Precision
    """The precision."""
    bytes_: int
    """Size of the model's files."""
    psnr_db: float
    """PSNR of the exported model on the check photos."""
    loss_db: float
    """PSNR of the PyTorch network minus `psnr_db`; negative for a gain."""

    @property
    def within_budget(self) -> bool:
        """Whether it may be written; a NaN may not. Float32 is the reference for the others."""
        return self.weights == "float32" or self.loss_db <= BUDGET_DB[self.weights]


def require_within_budget(loss: Loss) -> None:
    """Require a precision to stay within its budget.

    Raises:
        PrecisionError: It does not.
    """
    if not loss.within_budget:
        raise PrecisionError(
            f"{loss.weights} weights lose {loss.loss_db:.3f} dB on the check photos, "
            f"{BUDGET_DB[loss.weights]} dB are allowed: use more bits (--weights float32), or "
            "photos like those that the network is meant for (--photos)"
        )


def require_float16(name: str, values: NDArray[np.float32]) -> None:
    """Require numbers not to overflow in 16 bits.

    Raises:
        PrecisionError: One does.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if not largest <= LARGEST_FLOAT16:
        raise PrecisionError(
            f"float16 cannot hold {name}: it has a weight of {largest:.3g}, and float16 ends at "
            f"{LARGEST_FLOAT16:.0f}: use --weights float32"
        )
