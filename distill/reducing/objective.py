"""What a reducer minimises: its student's error, and its distance from bicubic."""

from __future__ import annotations

from copy import deepcopy
from typing import cast

from torch import Tensor

from distill.losses import distances
from teacher.networks.chain import Chain
from teacher.networks.registry import Network
from teacher.reducing.network import Reducer
from teacher.training.feed import Batch


class ThroughStudent:
    """The objective of a reducer.

    The distance keeps pixels that the student hardly needs where bicubic has them: whatever moves
    must be worth it, or it would only cost bytes. No codec is in between: with one, and a guess at
    bytes, reducers were worse (docs/experiments/judged-training.md).
    """

    def __init__(self, student: Chain, *, nearness: float) -> None:
        """Take the student, which is not changed, and the weight of the distance."""
        self._student = deepcopy(student).eval().requires_grad_(False)
        self._nearness = nearness

    def __call__(self, network: Network, batch: Batch) -> dict[str, Tensor]:
        """Measure a batch of `distill.sources.mixed_batches`.

        Returns:
            The terms of `distill.losses.distances` of what the student restores, and `moved`.
        """
        reduced, photo = (layer.float() / 255.0 for layer in batch[:2])
        small = cast(Reducer, network)(photo, reduced)
        terms = distances(self._student.to(small.device), [255.0 * small, *batch[1:]])
        # In levels, and as large as the other terms for one level at a weight of 1.
        moved = 255.0 * (small - reduced).square().mean()
        return terms | {"moved": self._nearness * moved}
