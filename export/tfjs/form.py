"""Export a run to a TensorFlow.js graph model, proved equal in a real browser.

The written files run in headless Chromium on every TF.js backend that starts there; unless all
give the PyTorch network's pixels, nothing is left on disk.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from onnx import TensorProto, numpy_helper

from export.check.agreement import Runtime
from export.check.browser_runtimes import TFJS_BACKENDS, tfjs_backends
from export.onnx.problems import tfjs_problems
from export.onnx.translate import to_onnx
from export.pipeline.run import Form, Job
from export.tfjs.read_back import run_graph_model
from export.weights.precision import Precision, require_float16
from export.weights.rounding import on_uint8_grid
from export.weights.tolerances import Arithmetic, tolerance
from plumbing.command import UserError
from plumbing.paths import ROOT
from teacher.networks.chain import Chain

ARITHMETIC: dict[str, Arithmetic] = {
    "cpu": "float32",
    "wasm": "float32",
    "webgl": "browser-gpu",
    "webgpu": "browser-gpu",
}
# Plain JavaScript and GPUs in software (as on any machine without one) need about 10 s for this
# much; larger pictures are left out there, and the card says so.
MOST_GMACS = {"cpu": 1.0, "webgl": 1.0, "webgpu": 0.1}


def _translate(job: Job, folder: Path, precision: Precision) -> None:
    """Translate in a process of its own: TensorFlow is slow to import and noisy."""
    network = job.network
    if precision == "int8" and isinstance(network, Chain):
        network = on_uint8_grid(network)
    model = to_onnx(network)
    if precision == "float16":
        for tensor in model.graph.initializer:
            if tensor.data_type == TensorProto.FLOAT:
                require_float16(tensor.name, numpy_helper.to_array(tensor))
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "model.onnx"
        source.write_bytes(model.SerializeToString())
        command = [sys.executable, "-m", "export.tfjs.translate"]
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        done = subprocess.run(
            [*command, str(source), str(folder.parent), precision],
            env={**os.environ, **quiet},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise UserError(f"TensorFlow could not translate the network: {last}")


def _runtimes(job: Job, folder: Path, precision: Precision) -> Iterator[Runtime]:
    yield Runtime(
        name="files read back",
        run=run_graph_model(folder),
        tolerance=tolerance("float32", precision),
        batches=True,
    )
    if not job.config.browser:
        job.missing.append(f"TF.js {', '.join(TFJS_BACKENDS)}: --no-browser")
        return
    for backend, run in tfjs_backends(folder):
        if run is None:
            job.missing.append(f"TF.js {backend}: it does not start here")
            continue
        yield Runtime(
            name=f"TF.js {backend}",
            run=run,
            tolerance=tolerance(ARITHMETIC[backend], precision),
            most_gmacs=MOST_GMACS.get(backend),
        )


TFJS = Form(
    name="TensorFlow.js",
    translate=_translate,
    open=run_graph_model,
    problems=tfjs_problems,
    runtimes=_runtimes,
)
