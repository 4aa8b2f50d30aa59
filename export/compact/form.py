"""The form of the compact runtime: one file, `model.halfsize`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from export.check.agreement import Arithmetic, Runtime, Unavailable
from export.check.any_size import any_size
from export.check.browser_runtimes import COMPACT_ENGINES, compact_engines
from export.check.local_runtimes import run_pytorch
from export.check.pictures import to_batch
from export.compact.file import FILE, decode, encode, read_compact, require_storable
from export.pipeline.golden import golden_inputs
from export.pipeline.job import ExportForm, Job
from export.weights.precision import Precision
from export.weights.tolerances import tolerance
from pixels.scale import enlarged_size
from pixels.tensors import to_bytes
from pixels.tiling import Enlarge
from plumbing.command import UserError
from teacher.networks.chain import Chain

_ARITHMETIC: dict[str, Arithmetic] = {
    "wasm": "float32",
    "webgl2": "browser-gpu",
    "webgpu": "browser-gpu",
}
# Software GPUs (as on any machine without a GPU) need about 10 s for this much.
_MOST_GMACS = {"webgl2": 1.0, "webgpu": 0.1}


def write_compact(path: Path, network: Chain, precision: Precision) -> None:
    """Write a network with golden vectors: a few pictures as the *stored* weights enlarge them."""
    assert precision != "float32"
    # Encoded and decoded once without golden vectors, to obtain the weights as stored.
    larger = enlarged_size((1, 1), network.scale)
    blank = (np.zeros((1, 1, 3), np.uint8), np.zeros((*larger, 3), np.uint8))
    stored = decode(encode(network, precision, [blank])).network
    golden = [(picture, _enlarge(stored, picture)) for _, picture in golden_inputs()]
    path.write_bytes(encode(network, precision, golden))


def _enlarge(network: Chain, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    enlarge = any_size(run_pytorch(network), network.scale)
    return to_bytes(torch.from_numpy(enlarge(to_batch(picture))))


def _write(job: Job, folder: Path, precision: Precision) -> None:
    write_compact(folder / FILE, require_storable(job.network), precision)


def open_compact(folder: Path) -> Enlarge:
    """Run a written file in this process: PyTorch with the file's own weights."""
    return run_pytorch(read_compact(folder / FILE).network)


def compact_problems(folder: Path) -> list[str]:
    """Check that a file can be read, and its golden vectors against its weights."""
    try:
        model = read_compact(folder / FILE)
    except UserError as error:
        return [str(error)]
    for picture, enlarged in model.golden:
        if abs(_enlarge(model.network, picture).astype(int) - enlarged).max() > 1:
            return [f"{FILE}: its golden vectors do not match its weights"]
    return []


def _runtimes(folder: Path, precision: Precision, browser: bool) -> Iterator[Runtime | Unavailable]:
    near = tolerance("float32", precision)
    yield Runtime(name="file read back", run=open_compact(folder), tolerance=near, batches=True)
    if not browser:
        yield Unavailable(name=f"halfsize {', '.join(COMPACT_ENGINES)}", reason="--no-browser")
        return
    for engine, run in compact_engines(folder / FILE):
        if run is None:
            yield Unavailable(name=engine, reason="it was not built, or does not start here")
            continue
        arithmetic = _ARITHMETIC[engine]
        yield Runtime(
            name=f"halfsize {engine}",
            run=run,
            tolerance=tolerance(arithmetic, precision),
            arithmetic=arithmetic,
            most_gmacs=_MOST_GMACS.get(engine),
        )


COMPACT = ExportForm(
    command="compact",
    name="the compact runtime's file",
    file=FILE,
    write=_write,
    open=open_compact,
    problems=compact_problems,
    runtimes=_runtimes,
    untrusted_problems=compact_problems,
    untrusted_runtimes=_runtimes,
    precisions=("float16", "int8"),
)
