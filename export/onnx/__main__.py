"""Export a run to ONNX, proved equal to the PyTorch network before it is left on disk.

The written file runs in ONNX Runtime on the CPU (and on CUDA, if there is a GPU), and in
onnxruntime-web in headless Chromium. Unless all of them give the PyTorch network's pixels, nothing
is written.
"""

from __future__ import annotations

from export.onnx.form import ONNX
from export.pipeline.job import ExportConfig
from export.pipeline.run import run_export
from plumbing.command import run_command


def main(config: ExportConfig) -> None:
    """Run the command."""
    run_export(config, ONNX)


if __name__ == "__main__":
    run_command(ExportConfig, main)
