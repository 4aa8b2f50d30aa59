"""How far an exported network may be from the PyTorch one, for values in [0, 1].

A step of an 8-bit pixel is 3.9e-3. What is allowed is what the runtime rounds plus what the weights
were rounded by; PSNR on photos has a budget of its own in `export.weights.precision`.
"""

from __future__ import annotations

from typing import Literal

from export.weights.precision import Precision

Arithmetic = Literal["float32", "cuda", "browser-gpu"]

_BY_ARITHMETIC: dict[Arithmetic, float] = {
    # Sums in another order differ by a few 1e-7 a layer; 2e-5 holds for deep teachers and is a
    # two-hundredth of a step.
    "float32": 2e-5,
    # cuDNN may choose Winograd's convolution, which loses a digit or two. TF32 is switched off.
    "cuda": 2e-4,
    # In a browser a GPU may compute with 16-bit floats (10 bits of mantissa): one step is allowed.
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
"""For golden vectors, which hold what the exported file itself gives."""


def tolerance(arithmetic: Arithmetic, weights: Precision) -> float:
    """Give the largest absolute difference to PyTorch that is allowed."""
    return _BY_ARITHMETIC[arithmetic] + _BY_WEIGHTS[weights]
