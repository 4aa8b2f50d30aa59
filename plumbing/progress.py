"""Progress bars for work that takes more than a second."""

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

# On standard error, so that standard output is only results.
# Without markup: file names may contain brackets.
console = Console(stderr=True, markup=False)


def progress_bar() -> Progress:
    """Make a bar with counts, elapsed and remaining time, and a free text `note`.

    It disappears at the end, and is not shown in a pipe or a log file.
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
    """Iterate over `items` under a progress bar with the text `doing`."""
    with progress_bar() as progress:
        task = progress.add_task(doing, total=len(items), note="")
        for item in items:
            yield item
            progress.advance(task)


@contextmanager
def busy(doing: str) -> Iterator[None]:
    """Show the text `doing` while the block runs, for work of unknown length."""
    with console.status(doing):
        yield
