"""One training step: loss, gradient, weights and their moving average.

On a GPU a small network's step is a few hundred kernels of some microseconds each, and launching
them one by one takes longer than running them. A step is therefore recorded once as a CUDA graph
and then replayed; what changes from step to step (crops, rate, decay) is in tensors that it reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from teacher.networks.registry import Network
from teacher.recipes.schedule import Schedule
from teacher.training.speed import transferred

# A step runs this often before it is recorded: the optimiser allocates its state, and libraries
# choose their kernels.
_UNRECORDED_STEPS = 3
# Further batch shapes are rare mixtures that are not worth a recording each.
_MOST_GRAPHS = 6

Shapes = tuple[torch.Size, ...]


@dataclass(frozen=True, kw_only=True)
class _Recorded:
    """A step as a CUDA graph, with the memory that it reads and writes."""

    graph: torch.cuda.CUDAGraph
    batch: Sequence[Tensor]
    terms: Mapping[str, Tensor]


class Step:
    """Run training steps on the device of the network."""

    def __init__(
        self,
        *,
        loss: nn.Module,
        network: Network,
        averaged: Network,
        optimizer: torch.optim.Optimizer,
        schedule: Schedule,
        graphs: bool,
    ) -> None:
        """Prepare the steps.

        Args:
            loss: Maps the layers of a batch to the terms of the loss; contains the network.
            network: The network that the optimiser adjusts.
            averaged: Moving average of the network.
            optimizer: Its learning rate is a tensor if graphs are recorded.
            schedule: Sets learning rate, clipping, decay and bounds.
            graphs: Whether to record and replay steps; only on a GPU with a single process.
        """
        self._loss, self._network, self._schedule = loss, network, schedule
        self._optimizer = optimizer
        self._pairs = list(zip(averaged.parameters(), network.parameters(), strict=True))
        self._device = self._pairs[0][0].device
        # How far the average moves towards the weights in a step.
        self._share = torch.zeros((), device=self._device)
        # Graphs are recorded on a separate stream, which must then run all work of the training.
        self._stream = torch.cuda.Stream(self._device) if graphs else None
        self._seen: Counter[Shapes] = Counter()
        self._recorded: dict[Shapes, _Recorded] = {}

    def __call__(self, batch: Sequence[Tensor], step: int) -> Mapping[str, Tensor]:
        """Run a step, counted from zero, on this process's share of a batch.

        Returns:
            The terms of the loss, and the norm of the gradient as `gradient`; the next step may
            overwrite them.
        """
        if self._stream is None:
            return self._unrecorded(batch, step)
        around = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(around)
        with torch.cuda.stream(self._stream):
            terms = self._replayed(batch, step, self._stream)
        around.wait_stream(self._stream)
        return terms

    def _unrecorded(self, batch: Sequence[Tensor], step: int) -> dict[str, Tensor]:
        self._prepare(step)
        return self._work([transferred(layer, self._device) for layer in batch])

    def _replayed(
        self, batch: Sequence[Tensor], step: int, stream: torch.cuda.Stream
    ) -> Mapping[str, Tensor]:
        shapes = tuple(layer.shape for layer in batch)
        self._seen[shapes] += 1
        if shapes not in self._recorded:
            if self._seen[shapes] <= _UNRECORDED_STEPS or len(self._recorded) == _MOST_GRAPHS:
                return self._unrecorded(batch, step)
            self._recorded[shapes] = self._record(batch, stream)
        recorded = self._recorded[shapes]
        self._prepare(step)
        for place, layer in zip(recorded.batch, batch, strict=True):
            place.copy_(transferred(layer, self._device), non_blocking=True)
        recorded.graph.replay()
        return recorded.terms

    def _record(self, batch: Sequence[Tensor], stream: torch.cuda.Stream) -> _Recorded:
        """Record a step without running it."""
        graph = torch.cuda.CUDAGraph()
        places = [transferred(layer, self._device).clone() for layer in batch]
        self._optimizer.zero_grad(set_to_none=True)
        # Another thread may be cutting the next crops: it must not disturb the recording.
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            terms = self._work(places)
        return _Recorded(graph=graph, batch=places, terms=terms)

    def _prepare(self, step: int) -> None:
        """Set the values that differ from step to step."""
        self._schedule.before_step(self._optimizer, step)
        self._share.fill_(1.0 - self._schedule.averaging_at(step))

    def _work(self, batch: Sequence[Tensor]) -> dict[str, Tensor]:
        terms = self._loss(*batch)
        self._optimizer.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()
        size = nn.utils.clip_grad_norm_(self._network.parameters(), self._schedule.clip_norm)
        self._optimizer.step()
        self._schedule.after_step(self._network)
        with torch.no_grad():
            for average, weight in self._pairs:
                average.lerp_(weight, self._share)
        return {**{name: term.detach() for name, term in terms.items()}, "gradient": size}
