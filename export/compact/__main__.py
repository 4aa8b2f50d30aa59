"""Export a student to one file for the compact runtime, proved equal in a real browser.

The file (docs/reference/format.md) holds int8 or float16 weights and golden vectors. Every engine
of the compact runtime that was built and starts in headless Chromium runs it. Unless all of them
give the PyTorch network's pixels, nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from export.compact.form import COMPACT
from export.pipeline.job import ExportConfig
from export.pipeline.run import run_export
from plumbing.command import run_command


@dataclass(frozen=True, kw_only=True)
class CompactConfig(ExportConfig):
    """Settings of `python -m export.compact`."""

    weights: Literal["float16", "int8", "smallest"] = "smallest"
    """Precision of the weights. Weights that lose more than 0.005 dB (float16) or 0.05 dB (int8)
    against float32 are refused; `smallest` takes the smallest file within these limits."""


def main(config: CompactConfig) -> None:
    """Run the command."""
    run_export(config, COMPACT)


if __name__ == "__main__":
    run_command(CompactConfig, main)
