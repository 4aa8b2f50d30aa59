"""How photos are made smaller to be sent: by a filter, or by a released reducer."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pixels.sending.codecs import REDUCTIONS, Reduction, padded_to_multiple, reduce
from teacher.reducing.arrays import NumpyReducer
from teacher.reducing.weights import ReleasedReducer, read_reducer, released_reducer

SentReduction = Reduction | Literal["trained"]
"""A filter, or `trained`: the reducer that was trained for students of the photo's scale."""
SENT_REDUCTIONS: tuple[SentReduction, ...] = (*REDUCTIONS, "trained")


def able_reductions(
    reductions: Iterable[SentReduction], scale: Fraction
) -> tuple[SentReduction, ...]:
    """List those of some reductions that there are for a scale: not every scale has a reducer."""
    return tuple(
        one for one in reductions if one != "trained" or released_reducer(scale) is not None
    )


def reduced(
    photo: NDArray[np.uint8], reduction: SentReduction, scale: Fraction
) -> NDArray[np.uint8]:
    """Make a photo smaller by exactly `scale`, as `pixels.sending.codecs.reduce` does.

    Args:
        photo: (height, width, 3), 0 to 255.
        reduction: How; one of `able_reductions`.
        scale: How many times smaller.
    """
    if reduction != "trained":
        return reduce(photo, reduction, scale)
    return _opened(scale)(padded_to_multiple(photo, scale), reduce(photo, "bicubic", scale))


def version_of(reduction: SentReduction, scale: Fraction) -> str:
    """Name a reduction and, if it is trained, its weights: equal names, equal pixels."""
    return reduction if reduction != "trained" else f"trained-{_read(scale).sha256}"


@lru_cache
def _read(scale: Fraction) -> ReleasedReducer:
    run = released_reducer(scale)
    assert run is not None, f"there is no reducer for a scale of {scale}"
    return read_reducer(run)


@lru_cache
def _opened(scale: Fraction) -> NumpyReducer:
    return NumpyReducer(_read(scale).weights)
