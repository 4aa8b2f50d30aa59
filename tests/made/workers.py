"""Several workers of pytest-xdist: what they make once, and tests that must run alone.

Without xdist, all of this does nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def worker_number() -> int | None:
    """Which worker this process is; None where there are none."""
    name = os.environ.get("PYTEST_XDIST_WORKER")
    return None if name is None else int(name.removeprefix("gw"))


def worker_count() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def keep_to_own_cores() -> None:
    """Share out the cores: programs that take all they may use would wait for one another."""
    number = worker_number()
    if number is None or not hasattr(os, "sched_setaffinity"):
        return
    own = _CORES[number :: worker_count()] or _CORES
    os.sched_setaffinity(0, own)


@contextmanager
def all_cores() -> Iterator[None]:
    """Let what is started in the block use every core: the other workers are waiting for it."""
    if worker_number() is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    os.sched_setaffinity(0, _CORES)
    try:
        yield
    finally:
        keep_to_own_cores()


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder that all workers read: by the first that asks, while the others wait.

    Args:
        factory: pytest's own.
        name: Of the folder.
        make: Fills the folder, which is empty.
    """
    if worker_number() is None:
        folder = factory.mktemp(name)
        make(folder)
        return folder
    common = factory.getbasetemp().parent
    folder, done = common / name, common / f"{name}.done"
    with FileLock(common / f"{name}.lock"):
        if not done.exists():
            folder.mkdir()
            with all_cores():
                make(folder)
            done.touch()
    return folder


@contextmanager
def turn(item: pytest.Item) -> Iterator[None]:
    """Hold the right to run a test: beside those of other workers, or marked `alone`, instead."""
    number = worker_number()
    if number is None:
        yield
        return
    common = Path(item.config.option.basetemp).parent
    own, door = FileLock(common / f"{number}.turn"), FileLock(common / "door.turn")
    if item.get_closest_marker("alone") is None:
        with door:  # closed while a test runs alone, or waits to
            own.acquire()
        try:
            yield
        finally:
            own.release()
        return
    with door, ExitStack() as stack:
        for other in range(worker_count()):
            stack.enter_context(FileLock(common / f"{other}.turn"))
        yield
