"""Export a run to a TensorFlow.js graph model, proved equal in a real browser.

The written files run in headless Chromium on every TF.js backend that starts there; unless all
give the PyTorch network's pixels, nothing is left on disk.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from export.agreement import FLOAT32_TOLERANCE, GPU_TOLERANCE, check_runtime
from export.command import Export, ExportConfig, export_run
from export.onnx_graph import to_onnx
from export.runtimes import run_pytorch, tfjs_backends
from pixels.command import UserError, run_command
from pixels.progress import busy

_TOLERANCES = {
    "cpu": FLOAT32_TOLERANCE,
    "wasm": FLOAT32_TOLERANCE,
    "webgl": GPU_TOLERANCE,
    "webgpu": GPU_TOLERANCE,
}


def main(config: ExportConfig) -> None:
    """Run the command."""
    with export_run(config) as export:
        with busy("translating to TensorFlow.js"):
            _convert(export)
        with busy("checking in the browser"):
            _check(export)


def _convert(export: Export) -> None:
    """Translate in a process of its own: TensorFlow is slow to import and noisy."""
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "model.onnx"
        source.write_bytes(to_onnx(export.network).SerializeToString())
        command = [sys.executable, "-m", "export.tensorflow_graph", str(source), str(export.folder)]
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        done = subprocess.run(
            command,
            env={**os.environ, **quiet},
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise UserError(f"TensorFlow could not translate the network: {last}")


def _check(export: Export) -> None:
    reference = run_pytorch(export.network)
    for backend, run in tfjs_backends(export.folder):
        runtime = f"TF.js {backend}"
        if run is None:
            export.missing.append(runtime)
            continue
        export.results.extend(
            check_runtime(
                runtime,
                run,
                reference,
                scale=export.network.scale,
                margin_px=export.network.margin_px,
                tolerance=_TOLERANCES[backend],
            )
        )


if __name__ == "__main__":
    run_command(ExportConfig, main)
