"""The number of CPU threads, set explicitly at the start of every command."""

from __future__ import annotations

import sys

from plumbing.command import UsageError
from plumbing.parallel import core_count

Threads = int | None
"""Number of threads, or None for all that are available to the process."""

_chosen: int | None = None


def use_threads(threads: Threads, *, shared_by: int = 1) -> None:
    """Set the number of threads of this process.

    PyTorch's default is the number of cores of the machine. In a container the process may use
    fewer, and threads then wait for one another.

    Args:
        threads: Threads of this process.
        shared_by: Number of processes of a training that share the available cores by default.

    Raises:
        UsageError: `threads` is less than one.
    """
    global _chosen
    if threads is not None and threads < 1:
        raise UsageError(f"--threads must be at least 1, got {threads}")
    _chosen = threads or max(1, core_count() // shared_by)
    tell_pytorch()


def thread_count() -> int:
    """Return the number of threads to use: what was chosen, or one for each core."""
    return _chosen or core_count()


def tell_pytorch() -> None:
    """Hand the chosen number on to PyTorch, where it has been imported."""
    torch = sys.modules.get("torch")
    if torch is not None and _chosen is not None:
        torch.set_num_threads(_chosen)
