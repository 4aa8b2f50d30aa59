"""The number of PyTorch's CPU threads, set explicitly at the start of every command."""

from __future__ import annotations

import torch

from plumbing.command import UsageError
from plumbing.parallel import core_count

Threads = int | None
"""Number of threads, or None for all that are available to the process."""


def use_threads(threads: Threads, *, shared_by: int = 1) -> None:
    """Set the number of PyTorch's threads.

    PyTorch's default is the number of cores of the machine. In a container the process may use
    fewer, and threads then wait for one another.

    Args:
        threads: Threads of this process.
        shared_by: Number of processes of a training that share the available cores by default.

    Raises:
        UsageError: `threads` is less than one.
    """
    if threads is not None and threads < 1:
        raise UsageError(f"--threads must be at least 1, got {threads}")
    torch.set_num_threads(threads or max(1, core_count() // shared_by))
