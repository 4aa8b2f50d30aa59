"""Progress for work that takes more than a second: a bar, or lines in a pipe or a log file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from plumbing.amounts import in_words

Item = TypeVar("Item")

LINE_SECONDS = 30.0
"""Time between two lines, where there is no terminal for a bar."""


class _Messages(Console):
    def on_broken_pipe(self) -> None:
        # Rich would stop the work, and standard output as well.
        self.quiet = True


# On standard error, so that standard output is only results.
# Without markup: file names may contain brackets.
console = _Messages(stderr=True, markup=False)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a bar with counts, elapsed and remaining time, and a free text `note`.

    It disappears at the end. In a pipe or a log file there is no bar, but a line every
    `LINE_SECONDS`.
    """
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )

    def lines() -> list[str]:
        return [_line(task) for task in progress.tasks if task.visible and not task.finished]

    with progress, _printing(lines):
        yield progress


def track(items: Sequence[Item], doing: str) -> Iterator[Item]:
    """Iterate over `items` under a progress bar with the text `doing`."""
    with progress_bar() as progress:
        task = progress.add_task(doing, total=len(items), note="")
        for item in items:
            yield item
            progress.advance(task)


@contextmanager
def busy(doing: str) -> Iterator[None]:
    """Show the text `doing` while the block runs, for work of unknown length."""
    started = time.monotonic()
    with (
        console.status(doing),
        _printing(lambda: [f"{doing}: {in_words(time.monotonic() - started)} so far"]),
    ):
        yield


def _line(task: Task) -> str:
    """Describe a task as the bar does, in one line."""
    parts = [f"{task.completed:,.0f} of {task.total or 0:,.0f}"]
    parts.append(f"{in_words(task.elapsed or 0.0)} so far")
    if task.time_remaining is not None:
        parts.append(f"about {in_words(task.time_remaining)} left")
    note = task.fields.get("note")
    return f"{task.description}: {', '.join([*parts, *([note] if note else [])])}"


@contextmanager
def _printing(lines: Callable[[], list[str]]) -> Iterator[None]:
    """Print lines every `LINE_SECONDS` while the block runs, unless there is a terminal."""
    if console.is_terminal:
        yield
        return
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(LINE_SECONDS):
            for line in lines():
                console.print(line, highlight=False, soft_wrap=True)

    # A thread, because a single item may take minutes.
    printer = threading.Thread(target=repeat, daemon=True)
    printer.start()
    try:
        yield
    finally:
        over.set()
        printer.join()
