"""Export a run to ONNX, proved equal to the PyTorch network before it is left on disk.

The written file runs in ONNX Runtime on the CPU (and on CUDA, if there is a GPU), and in
onnxruntime-web in headless Chromium. Unless all of them give the PyTorch network's pixels, nothing
is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from export.onnx.form import ONNX
from export.pipeline.job import ExportConfig
from export.pipeline.run import run_export
from plumbing.command import run_command


@dataclass(frozen=True, kw_only=True)
class OnnxConfig(ExportConfig):
    """Settings of `python -m export.onnx`."""

    photos: Path | None = None
    """Photos on which that loss is measured, and int8 weights are calibrated. The default is a few
    photos that come with scikit-image."""
    licence: str = "MIT"
    """Licence of the weights (an SPDX identifier), for the card, the licence file and the model's
    metadata."""


def main(config: OnnxConfig) -> None:
    """Run the command."""
    run_export(config, ONNX)


if __name__ == "__main__":
    run_command(OnnxConfig, main)
