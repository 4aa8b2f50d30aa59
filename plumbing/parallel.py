"""Work on several items at a time, with the results in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TypeVar

from plumbing.command import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Results are pictures: only a few may wait for their turn.
_AHEAD = 2


def core_count() -> int:
    """Count the CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], *, workers: int, processes: bool = False
) -> Iterator[Result]:
    """Apply `work` to each item, several at a time; results come in the order of the items.

    Args:
        work: The function to apply. Processes import it, so it must not live in a `__main__`.
        items: Its arguments; only a few are taken ahead of the results.
        workers: Number of items at a time; with 1, no thread or process is started.
        processes: Whether to use processes instead of threads; each takes a second to start.

    Yields:
        One result for each item.

    Raises:
        UserError: A worker process was killed.
    """
    if workers == 1:
        yield from map(work, items)
        return
    pool: Executor = ThreadPoolExecutor(workers)
    if processes:
        # Not forked: threads of the libraries do not survive a fork.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, context, initializer=_follow_the_parent)
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > _AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except KeyboardInterrupt:
        # Nobody waits for the results any more.
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    except BrokenProcessPool as error:
        raise UserError(
            "a worker process was killed, perhaps because memory ran out: run the command again "
            "with fewer --workers or --jobs; finished work is kept"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _follow_the_parent() -> None:
    """Leave Ctrl-C to the parent, and exit when it is killed instead of waiting for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def exit_with_parent() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=exit_with_parent, daemon=True).start()
