"""Progress bars for whatever takes over a second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Item = TypeVar("Item")

# Standard error: standard output stays clean for tables and pipes.
# No markup: names of files may hold brackets.
console = Console(stderr=True, markup=False)


def progress_bar() -> Progress:
    """Make a bar with what is done, elapsed and remaining time, and a free text `note`.

    It vanishes when done, and does not appear in a pipe or a log file.
    """
    return Progress(
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


def track(items: Sequence[Item], doing: str) -> Iterator[Item]:
    """Go through `items` under a progress bar that says what is being done."""
    with progress_bar() as progress:
        task = progress.add_task(doing, total=len(items), note="")
        for item in items:
            yield item
            progress.advance(task)


@contextmanager
def busy(doing: str) -> Iterator[None]:
    """Say what is being done while the block runs, where the end cannot be foreseen."""
    with console.status(doing):
        yield
