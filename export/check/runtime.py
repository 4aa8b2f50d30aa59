"""Programs that run an exported model, as functions of arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from export.check.errors import RuntimeFaultError
from pixels.tiling import Enlarge

Arithmetic = Literal["float32", "cuda", "browser-gpu"]
"""How a runtime computes, and so how exactly."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A program that runs an exported model."""

    name: str
    """The runtime and its backend."""
    run: Enlarge
    """The exported network."""
    tolerance: float
    """Largest absolute difference to PyTorch allowed, for values in [0, 1]."""
    arithmetic: Arithmetic = "float32"
    """How it computes."""
    batches: bool = False
    """Whether it takes more than one image at a time."""
    most_gmacs: float | None = None
    """For slow runtimes: of the large pictures only the photo is checked, and only if it needs at
    most this many billions of multiply-accumulates. The card lists what was left out."""


@dataclass(frozen=True, kw_only=True)
class Unavailable:
    """A runtime that cannot check a model here."""

    name: str
    """The runtime and its backend, or several of them."""
    reason: str
    """Why not."""


def remembering(run: Enlarge) -> Enlarge:
    """Cache a runtime's outputs: the same pictures are checked in every runtime."""
    known: dict[tuple[tuple[int, ...], bytes], NDArray[np.float32]] = {}

    def cached(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        key = (batch.shape, hashlib.sha256(batch.tobytes()).digest())
        if key not in known:
            known[key] = run(batch)
        return known[key]

    return cached


def failing(fault: RuntimeFaultError) -> Enlarge:
    """Stand in for a runtime that rejects the model: each of its checks fails with that reason."""

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        raise fault

    return run
