"""Batches for the training loop: the next batch is prepared while the current one is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from torch import Tensor

Batch = Sequence[Tensor]
"""The layers of a batch, (batch, ...) each: reduced crops, originals, and any further inputs of the
objective."""


class Feed:
    """Iterate over the batches of a range of steps, and measure how long the loop waits for them.

    Attributes:
        seconds: Time since the first batch, which cannot be prepared ahead.
        waited_seconds: Part of that time that the loop spent waiting.
    """

    def __init__(self, batch_at: Callable[[int], Batch], first_step: int, end_step: int) -> None:
        """Serve the batches from `first_step` to `end_step` (exclusive)."""
        self._batch_at, self._first, self._end = batch_at, first_step, end_step
        self.seconds = 0.0
        self.waited_seconds = 0.0

    @property
    def waiting_share(self) -> float:
        """Share of the time spent waiting, in [0, 1]."""
        return self.waited_seconds / self.seconds if self.seconds > 0.0 else 0.0

    def logged(self) -> dict[str, float]:
        """Name the waiting share for the log."""
        return {"time/waiting_share": self.waiting_share}

    def __iter__(self) -> Iterator[Batch]:
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(self._batch_at, self._first)
            began = None
            for step in range(self._first, self._end):
                asked = time.perf_counter()
                batch = coming.result()
                if began is None:
                    began = time.perf_counter()
                else:
                    self.waited_seconds += time.perf_counter() - asked
                    self.seconds = time.perf_counter() - began
                if step + 1 < self._end:
                    coming = pool.submit(self._batch_at, step + 1)
                yield batch
