"""The processes of one training: one, or as many as `torchrun` started, on any machines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from plumbing.command import UserError

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Which of the processes this one is, and how it talks to the others."""

    rank: int = 0
    """Number of this process; 0 is the first, the only one that writes."""
    count: int = 1
    """How many there are."""
    local_rank: int = 0
    """Number of this process on its own machine: also that of its GPU."""
    local_count: int = 1
    """How many there are on this machine."""
    talk: Any = None
    """What numbers in main memory travel by, also where gradients travel between GPUs."""

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """This process's own GPU where there is one, else the CPU."""
        if torch.cuda.is_available():
            return torch.device("cuda", self.local_rank)
        return torch.device("cpu")

    def share(self, layer: Tensor) -> Tensor:
        """Take this process's equal share of a batch, (batch, ...)."""
        size = len(layer) // self.count
        return layer[self.rank * size : (self.rank + 1) * size]

    def parallel(self, module: nn.Module) -> nn.Module:
        """Wrap a module so that its gradients are the average over all processes."""
        if self.count == 1:
            return module
        device_ids = [self.local_rank] if torch.cuda.is_available() else None
        return nn.parallel.DistributedDataParallel(
            module, device_ids=device_ids, forward_sync_buffers=False
        )

    def any(self, *flags: bool) -> list[bool]:
        """Whether each flag is true in any process; all must ask."""
        if self.count == 1:
            return list(flags)
        numbers = torch.tensor([int(flag) for flag in flags])
        dist.all_reduce(numbers, dist.ReduceOp.MAX, group=self.talk)
        return [bool(number) for number in numbers.tolist()]

    def mean(self, values: Tensor) -> Tensor:
        """Average a tensor over all processes, on the CPU; all must ask."""
        values = values.detach().cpu()
        if self.count > 1:
            values = values.clone()
            dist.all_reduce(values, group=self.talk)
            values /= self.count
        return values

    def from_first(self, make: Callable[[], Made]) -> Made:
        """Let the first process make something, and give it to all; all must ask.

        Raises:
            SystemExit: In the others, where `make` failed in the first, which tells why.
        """
        if self.count == 1:
            return make()
        parcel: list[Any] = [None, None]
        if self.first:
            try:
                parcel = [True, make()]
            finally:
                # In the very words of an error's way out: nobody is left waiting.
                dist.broadcast_object_list(parcel, src=0, group=self.talk)
        else:
            dist.broadcast_object_list(parcel, src=0, group=self.talk)
        if not parcel[0]:
            raise SystemExit(1)
        return parcel[1]

    def in_turn(self, make: Callable[[], Made]) -> Made:
        """Let the first process make something, then one of each machine, then all others.

        So that what is made on disk is made once for each disk. All must ask.

        Raises:
            SystemExit: Where it failed in another process, which tells why.
        """
        if self.count == 1:
            return make()
        turn = 0 if self.first else 1 if self.local_rank == 0 else 2
        made: list[Made] = []
        for now in range(3):
            failed = True
            try:
                if now == turn:
                    made.append(make())
                failed = False
            finally:
                [stop] = self.any(failed)
            if stop:
                raise SystemExit(1)
        return made[0]


@contextmanager
def joined_processes() -> Iterator[Processes]:
    """Join the processes that `torchrun` started with this one; without it, be alone.

    Raises:
        UserError: Another process failed or vanished in the middle of the training.
    """
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        yield Processes()
        return
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    on_gpus = torch.cuda.is_available()
    if on_gpus and local_rank >= torch.cuda.device_count():
        raise UserError(
            f"torchrun --nproc-per-node asks for more processes than the "
            f"{torch.cuda.device_count()} GPUs here: start one for each GPU"
        )
    if on_gpus:
        torch.cuda.set_device(local_rank)
    dist.init_process_group("nccl" if on_gpus else "gloo")
    try:
        yield Processes(
            rank=dist.get_rank(),
            count=dist.get_world_size(),
            local_rank=local_rank,
            local_count=int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
            talk=dist.new_group(backend="gloo"),
        )
    except RuntimeError as error:
        if not _peer_is_gone(error):
            raise
        raise UserError(
            "another process of this training failed or vanished: its own message says why; "
            "the same command goes on from the last checkpoint"
        ) from error
    finally:
        dist.destroy_process_group()


def _peer_is_gone(error: RuntimeError) -> bool:
    text = str(error)
    signs = ("Connection closed by peer", "Connection reset", "Broken pipe", "Socket closed")
    return isinstance(error, dist.DistBackendError | dist.DistNetworkError) or any(
        sign in text for sign in signs
    )
