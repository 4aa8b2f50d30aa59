"""Export a student to one file for the page's own small runtime, proved equal in a real browser.

The file (docs/reference/format.md) holds int8 or float16 weights and golden vectors. Every engine of the
small runtime that was built and starts in headless Chromium runs it; unless all give the PyTorch
network's pixels, nothing is left on disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from export.compact.form import COMPACT
from export.pipeline.run import ExportConfig, run_export
from plumbing.command import run_command
from teacher.training.threads import Threads


@dataclass(frozen=True, kw_only=True)
class CompactConfig:
    """Settings of `python -m export.compact`."""

    run: Path
    """Run folder of a student, or the name of released weights."""
    out: Path
    """Export folder to write; it appears only when every check has passed."""
    weights: Literal["float16", "int8", "smallest"] = "smallest"
    """Precision of the weights. Refused if they lose more than 0.005 dB (float16) or 0.05 dB (int8)
    against float32; `smallest` takes the smallest file that does not."""
    photos: Path | None = None
    """Photos that the weights are judged by; by default a few that scikit-image brings along."""
    browser: bool = True
    """Whether the written file is checked in headless Chromium. Without it, an export is not
    proved to work in any browser, and its card says so."""
    force: bool = False
    """Replace `out` if it exists."""
    licence: str = "MIT"
    """Licence of the weights: an SPDX name, for the card and the files."""
    credits: str = ""
    """Whom the training photos are from, for the card and CREDITS.txt."""
    threads: Threads = None
    """CPU threads; by default all that this process may use."""


def main(config: CompactConfig) -> None:
    """Run the command."""
    run_export(ExportConfig(**vars(config)), COMPACT)


if __name__ == "__main__":
    run_command(CompactConfig, main)
