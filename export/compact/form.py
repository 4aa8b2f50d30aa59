"""Export a student to one file for the page's own small runtime, proved equal in a real browser.

The file (docs/reference/format.md) holds int8 or float16 weights and golden vectors. Every engine of the
small runtime that was built and starts in headless Chromium runs it; unless all give the PyTorch
network's pixels, nothing is left on disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from export.check.agreement import Runtime
from export.check.browser_runtimes import COMPACT_ENGINES, compact_engines
from export.check.local_runtimes import run_pytorch
from export.compact.file import FILE, decode, encode, read_compact, require_storable
from export.pipeline.golden import golden_inputs
from export.pipeline.run import Form, Job
from export.weights.precision import Precision
from export.weights.tolerances import Arithmetic, tolerance
from pixels.color import to_bytes, to_float
from pixels.tiling import Enlarge
from plumbing.command import UserError
from teacher.networks.chain import Chain

ARITHMETIC: dict[str, Arithmetic] = {
    "wasm": "float32",
    "webgl2": "browser-gpu",
    "webgpu": "browser-gpu",
}
MOST_GMACS = {"webgl2": 1.0, "webgpu": 0.1}
"""As for TF.js: GPUs in software need about 10 s for this much."""


def write_compact(path: Path, network: Chain, precision: Precision) -> None:
    """Write a network with golden vectors: what the *stored* weights give for a few pictures."""
    assert precision != "float32"
    # Decoded from a file of its own: golden vectors are what the stored weights give.
    scale = network.scale
    blank = (np.zeros((1, 1, 3), np.uint8), np.zeros((scale, scale, 3), np.uint8))
    stored = decode(encode(network, precision, [blank])).network
    golden = [(given, _enlarge(stored, given)) for _, given in golden_inputs()]
    path.write_bytes(encode(network, precision, golden))


def _enlarge(network: Chain, given: NDArray[np.uint8]) -> NDArray[np.uint8]:
    with torch.inference_mode():
        return to_bytes(network(to_float(given.copy())))


def _translate(job: Job, folder: Path, precision: Precision) -> None:
    write_compact(folder / FILE, require_storable(job.network), precision)


def open_compact(folder: Path) -> Enlarge:
    """Run a written file in this process: by its own weights, in PyTorch."""
    return run_pytorch(read_compact(folder / FILE).network)


def compact_problems(folder: Path) -> list[str]:
    """Check a written file's form, and its golden vectors against its weights."""
    try:
        model = read_compact(folder / FILE)
    except UserError as error:
        return [str(error)]
    for given, made in model.golden:
        if abs(_enlarge(model.network, given).astype(int) - made).max() > 1:
            return [f"{FILE}: its golden vectors are not what its weights give"]
    return []


def compact_runtimes(folder: Path, precision: Precision, missing: list[str]) -> Iterator[Runtime]:
    """Go through the engines in a browser; what is not there is added to `missing`."""
    for engine, run in compact_engines(folder / FILE):
        if run is None:
            missing.append(f"{engine}: it was not built, or does not start here")
            continue
        yield Runtime(
            name=f"halfsize {engine}",
            run=run,
            tolerance=tolerance(ARITHMETIC[engine], precision),
            most_gmacs=MOST_GMACS.get(engine),
        )


def _runtimes(job: Job, folder: Path, precision: Precision) -> Iterator[Runtime]:
    near = tolerance("float32", precision)
    yield Runtime(name="file read back", run=open_compact(folder), tolerance=near, batches=True)
    if not job.config.browser:
        job.missing.append(f"halfsize {', '.join(COMPACT_ENGINES)}: --no-browser")
        return
    yield from compact_runtimes(folder, precision, job.missing)


COMPACT = Form(
    name="the small runtime's file",
    translate=_translate,
    open=open_compact,
    problems=compact_problems,
    runtimes=_runtimes,
    precisions=("float16", "int8"),
)
