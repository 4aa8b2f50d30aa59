"""Largest difference allowed between an exported network and PyTorch, for values in [0, 1].

One step of an 8-bit pixel is 3.9e-3. A tolerance is the rounding of the runtime plus the rounding
of the weights. PSNR on photos has a separate budget, in `export.weights.precision`.
"""

from __future__ import annotations

from export.check.runtime import Arithmetic
from export.weights.precision import Precision

_BY_ARITHMETIC: dict[Arithmetic, float] = {
    # Sums in another order differ by a few 1e-7 a layer; 2e-5 holds for deep teachers and is a
    # two-hundredth of a step.
    "float32": 2e-5,
    # cuDNN may choose Winograd's convolution, which loses a digit or two. TF32 is switched off.
    "cuda": 2e-4,
    # A browser's GPU may compute with 16-bit floats (10 bits of mantissa): one step is allowed.
    "browser-gpu": 1.0 / 255.0,
}
_BY_WEIGHTS: dict[Precision, float] = {
    "float32": 0.0,
    # 11 bits: a weight is off by 2.4e-4 of itself at most. Largest seen on trained networks, on
    # noise and checkerboards: docs/experiments/exports.md. Half a step.
    "float16": 0.5 / 255.0,
    # Noise and checkerboards drive every layer to its extremes, where all roundings add up; on
    # photos the budget in dB is far stricter. Sixteen steps.
    "int8": 16.0 / 255.0,
}
GOLDEN_TOLERANCE: dict[Precision, float] = {
    "float32": 1e-4,
    "float16": 1e-4,  # the same rounded weights everywhere: only arithmetic differs
    # Integer kernels may round a half up or down: what one step of a layer's output becomes.
    "int8": 4.0 / 255.0,
}
"""For golden vectors, which hold the output of the exported file itself."""


def tolerance(arithmetic: Arithmetic, weights: Precision) -> float:
    """Return the largest absolute difference to PyTorch allowed."""
    return _BY_ARITHMETIC[arithmetic] + _BY_WEIGHTS[weights]
