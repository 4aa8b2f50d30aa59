"""Work on many things at once, and give the results in order."""

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
Made = TypeVar("Made")

# Results are pictures: a few may wait for their turn, not hundreds.
_AHEAD = 2


def core_count() -> int:
    """How many CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    work: Callable[[Item], Made], items: Iterable[Item], *, workers: int, processes: bool = False
) -> Iterator[Made]:
    """Apply `work` to each item, several at a time; results come in the order of the items.

    Args:
        work: What to do. For processes it must be importable from its module.
        items: What to do it to; taken a few ahead of the results and no more.
        workers: How many at a time; with 1 nothing is started.
        processes: Whether workers are processes, not threads: they cost a second each to start.

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
        # Not forked: libraries' threads do not survive that.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, context, initializer=_follow_the_parent)
    waiting: deque[Future[Made]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > _AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except KeyboardInterrupt:
        # Nobody waits for a result any more: what is under way need not end.
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    except BrokenProcessPool as error:
        raise UserError(
            "a worker process was killed, perhaps for want of memory: give the command again, "
            "with fewer --workers or --jobs; what was done is kept"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _follow_the_parent() -> None:
    """Leave interrupts to the parent, and end where it is killed: else we would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_it() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_it, daemon=True).start()
