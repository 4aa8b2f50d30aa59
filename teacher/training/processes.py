"""The processes of one training: one, or those that `torchrun` started, on any machines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from plumbing.command import UserError
from plumbing.progress import console

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Processes:
    """This process's place among the processes of a training, and communication with the others."""

    rank: int = 0
    """Number of this process; 0 is the first process, the only one that writes."""
    count: int = 1
    """Number of processes."""
    local_rank: int = 0
    """Number of this process on its machine, and of its GPU."""
    local_count: int = 1
    """Number of processes on this machine."""
    cpu_group: Any = None
    """Process group for values in main memory; gradients may travel between GPUs."""

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """The GPU of this process if it has one, else the CPU."""
        if torch.cuda.is_available():
            return torch.device("cuda", self.local_rank)
        return torch.device("cpu")

    def share(self, layer: Tensor) -> Tensor:
        """Return this process's equal share of a batch, (batch, ...)."""
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
        """Whether each flag is true in any process; all processes must call this."""
        if self.count == 1:
            return list(flags)
        numbers = torch.tensor([int(flag) for flag in flags])
        dist.all_reduce(numbers, dist.ReduceOp.MAX, group=self.cpu_group)
        return [bool(number) for number in numbers.tolist()]

    def mean(self, values: Tensor) -> Tensor:
        """Average a tensor over all processes, on the CPU; all processes must call this."""
        values = values.detach().cpu()
        if self.count > 1:
            values = values.clone()
            dist.all_reduce(values, group=self.cpu_group)
            values /= self.count
        return values

    def from_first(self, make: Callable[[], Result]) -> Result:
        """Compute a value in the first process and send it to all; all processes must call this.

        Raises:
            SystemExit: In the other processes, if `make` failed in the first, which prints why.
        """
        if self.count == 1:
            return make()
        parcel: list[Any] = [None, None]
        if self.first:
            try:
                parcel = [True, make()]
            finally:
                # Also when an error is on its way out: no process is left waiting.
                dist.broadcast_object_list(parcel, src=0, group=self.cpu_group)
        else:
            dist.broadcast_object_list(parcel, src=0, group=self.cpu_group)
        if not parcel[0]:
            raise SystemExit(1)
        return parcel[1]

    def in_turn(self, make: Callable[[], Result]) -> Result:
        """Call `make` in the first process, then in one per machine, then in all others.

        Files are thereby made once per disk. All processes must call this.

        Raises:
            SystemExit: If it failed in another process, which prints why.
        """
        if self.count == 1:
            return make()
        turn = 0 if self.first else 1 if self.local_rank == 0 else 2
        results: list[Result] = []
        for now in range(3):
            failed = True
            try:
                if now == turn:
                    results.append(make())
                failed = False
            finally:
                [stop] = self.any(failed)
            if stop:
                raise SystemExit(1)
        return results[0]


@contextmanager
def joined_processes() -> Iterator[Processes]:
    """Join the processes that `torchrun` started with this one; without it, there is only this one.

    Raises:
        UserError: Another process failed or vanished during the training.
    """
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        _mention_other_gpus()
        yield Processes()
        return
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    on_gpus = torch.cuda.is_available()
    if on_gpus and local_rank >= torch.cuda.device_count():
        raise UserError(
            f"torchrun --nproc-per-node requests more processes than the "
            f"{torch.cuda.device_count()} GPUs here: start one for each GPU, as in "
            f"{torchrun_form(torch.cuda.device_count())}"
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
            cpu_group=dist.new_group(backend="gloo"),
        )
    except RuntimeError as error:
        if not _peer_is_gone(error):
            raise
        raise UserError(
            "another process of this training failed or vanished: its own message says why; "
            "the same command resumes from the last checkpoint"
        ) from error
    finally:
        dist.destroy_process_group()


def _mention_other_gpus() -> None:
    count = torch.cuda.device_count()
    if count > 1:
        console.print(f"training on one of {count} GPUs; on all of them: {torchrun_form(count)}")


def torchrun_form(count: int) -> str:
    """Write the start of this command on several GPUs; its own flags follow.

    Without the two hyphens, torchrun takes `--run` for an abbreviation of its own flags, and
    refuses it as ambiguous.
    """
    spec = sys.modules["__main__"].__spec__
    module = spec.name if spec else "teacher.train"
    return f"torchrun --nproc-per-node {count} -m -- {module} ..."


def _peer_is_gone(error: RuntimeError) -> bool:
    text = str(error)
    signs = ("Connection closed by peer", "Connection reset", "Broken pipe", "Socket closed")
    return isinstance(error, dist.DistBackendError | dist.DistNetworkError) or any(
        sign in text for sign in signs
    )
