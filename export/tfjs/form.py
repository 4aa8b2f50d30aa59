"""The TensorFlow.js form: a graph model, `model.json` and its weights."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from onnx import TensorProto, numpy_helper

from export.check.browser_runtimes import TFJS_BACKENDS, tfjs_backends
from export.check.runtime import Arithmetic, Runtime, Unavailable
from export.folder import form
from export.onnx.translate import to_onnx
from export.pipeline.form import ExportForm
from export.pipeline.job import Job
from export.tfjs.problems import tfjs_problems
from export.tfjs.read_back import run_graph_model
from export.weights.precision import Precision, require_float16
from export.weights.rounding import on_uint8_grid
from export.weights.tolerances import tolerance
from plumbing.command import UserError
from plumbing.paths import ROOT
from teacher.networks.chain import Chain

_ARITHMETIC: dict[str, Arithmetic] = {
    "cpu": "float32",
    "wasm": "float32",
    "webgl": "browser-gpu",
    "webgpu": "browser-gpu",
}
# Plain JavaScript and software GPUs (as on any machine without a GPU) need about 10 s for this
# much. Larger pictures are left out there, and the card says so.
_MOST_GMACS = {"cpu": 1.0, "webgl": 1.0, "webgpu": 0.1}


def _write(job: Job, folder: Path, precision: Precision) -> None:
    """Translate to ONNX, and from there to TF.js in another process."""
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
        translate_apart(source, folder, precision)


def translate_apart(source: Path, folder: Path, precision: Precision) -> None:
    """Run `export.tfjs.translate` in another process: TensorFlow is slow to import and noisy."""
    command = [sys.executable, "-m", "export.tfjs.translate"]
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    process = subprocess.run(
        [*command, str(source), str(folder.parent), precision],
        env={**os.environ, **quiet},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode != 0:
        last_line = (process.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise UserError(f"TensorFlow could not translate the network: {last_line}")


def _runtimes(folder: Path, precision: Precision, browser: bool) -> Iterator[Runtime | Unavailable]:
    yield Runtime(
        name="files read back",
        run=run_graph_model(folder),
        tolerance=tolerance("float32", precision),
        batches=True,
    )
    yield from _backends(folder, precision, browser)


def _backends(folder: Path, precision: Precision, browser: bool) -> Iterator[Runtime | Unavailable]:
    if not browser:
        yield Unavailable(name=f"TF.js {', '.join(TFJS_BACKENDS)}", reason="--no-browser")
        return
    for backend, run in tfjs_backends(folder):
        if run is None:
            yield Unavailable(name=f"TF.js {backend}", reason="it does not start here")
            continue
        arithmetic = _ARITHMETIC[backend]
        yield Runtime(
            name=f"TF.js {backend}",
            run=run,
            tolerance=tolerance(arithmetic, precision),
            arithmetic=arithmetic,
            most_gmacs=_MOST_GMACS.get(backend),
        )


TFJS = ExportForm(
    form=form.TFJS,
    write=_write,
    open=run_graph_model,
    problems=tfjs_problems,
    runtimes=_runtimes,
    untrusted_problems=tfjs_problems,
    untrusted_runtimes=_backends,
)
