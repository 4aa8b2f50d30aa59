"""Export a run to a TensorFlow.js graph model, proved equal in a real browser.

The written files run in headless Chromium on every TF.js backend that starts there. Unless all of
them give the PyTorch network's pixels, nothing is written.
"""

from __future__ import annotations

from export.pipeline.job import ExportConfig
from export.pipeline.run import run_export
from export.tfjs.form import TFJS
from plumbing.command import run_command


def main(config: ExportConfig) -> None:
    """Run the command."""
    run_export(config, TFJS)


if __name__ == "__main__":
    run_command(ExportConfig, main)
