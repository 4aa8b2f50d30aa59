"""All that the pipeline must know of a form to export in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from export.check.runtime import Runtime, Unavailable
from export.folder.form import Form
from export.weights.precision import Precision
from pixels.tiling import Enlarge

if TYPE_CHECKING:  # with PyTorch, which those who only verify need not have
    from export.pipeline.job import Job

Problems = Callable[[Path], list[str]]
"""Folder -> one sentence for each wrong name, rank or axis of its model."""
Runtimes = Callable[[Path, Precision, bool], Iterator[Runtime | Unavailable]]
"""Folder, precision, whether to use a browser -> everything that can run its model.

A runtime may be used until the next one is requested.
"""


@dataclass(frozen=True, kw_only=True)
class ExportForm:
    """How a form is written, opened, checked and run."""

    form: Form
    """Its name and its file."""
    write: Callable[[Job, Path, Precision], None]
    """Write the model's files with weights of one precision into a folder."""
    open: Callable[[Path], Enlarge]
    """Open the written files in this process."""
    problems: Problems
    """Check the form of files that were written here."""
    runtimes: Runtimes
    """List the runtimes that check files that were written here."""
    untrusted_problems: Problems
    """Check the form of files of unknown origin."""
    untrusted_runtimes: Runtimes
    """List the runtimes that may run files of unknown origin: with bounded memory and time, or
    inside the browser's sandbox."""
