"""How many CPU threads PyTorch uses: said once, explicitly, at the start of a command."""

from __future__ import annotations

import os

import torch

from plumbing.command import UsageError

Threads = int | None
"""A number of threads, or None for as many as the process may use."""


def use_threads(threads: Threads, *, shared_by: int = 1) -> None:
    """Set PyTorch's threads.

    PyTorch's own default counts the machine's cores, which in a container are more than the
    process may use: its threads then wait for one another.

    Args:
        threads: Of this process.
        shared_by: How many processes of one training share what is there by default.

    Raises:
        UsageError: `threads` is less than one.
    """
    if threads is not None and threads < 1:
        raise UsageError(f"--threads must be at least 1, got {threads}")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    torch.set_num_threads(threads or max(1, (available or 1) // shared_by))
