"""The form of the compact runtime: one file, `model.halfsize`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from export.check.any_size import any_size
from export.check.pictures import to_batch
from export.check.runtime import Arithmetic, Runtime, Unavailable
from export.compact.encode_integer import encode_integer, sum_of
from export.folder import form
from export.pipeline.form import ExportForm
from export.pipeline.golden import byte_picture, golden_inputs
from export.weights.precision import Precision
from export.weights.tolerances import tolerance
from pixels.scale import enlarged_size
from pixels.tiling import Enlarge
from plumbing.command import UserError
from plumbing.threads import thread_count
from teacher.networks.arrays.run import StudentWeights, run_weights
from teacher.networks.compact_file import FILE, decode, read_compact
from teacher.networks.integer.weights import IntegerChainWeights

if TYPE_CHECKING:  # with PyTorch, which those who only read have not
    from export.pipeline.job import Job
    from teacher.networks.chain import Chain

_ARITHMETIC: dict[str, Arithmetic] = {
    "wasm": "float32",
    "webgl2": "browser-gpu",
    "webgpu": "browser-gpu",
}
# Software GPUs (as on any machine without a GPU) need about 10 s for this much.
_MOST_GMACS = {"webgl2": 1.0, "webgpu": 0.1}
_EXTREMES_PX = (9, 8)


def write_compact(path: Path, network: Chain, precision: Precision) -> None:
    """Write a network with golden vectors: a few pictures as the *stored* weights enlarge them."""
    from export.compact.encode import encode

    assert precision != "float32"
    # Encoded and decoded once without golden vectors, to obtain the weights as stored.
    larger = enlarged_size((1, 1), network.scale)
    blank = (np.zeros((1, 1, 3), np.uint8), np.zeros((*larger, 3), np.uint8))
    stored = decode(encode(network, precision, [blank])).weights
    golden = [(picture, _enlarge(stored, picture)) for _, picture in golden_inputs()]
    path.write_bytes(encode(network, precision, golden))


def _enlarge(weights: StudentWeights, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    enlarge = any_size(run_weights(weights), weights.config.scale)
    enlarged = enlarge(to_batch(picture))[0].transpose(1, 2, 0)
    return np.floor(enlarged * np.float32(255.0) + np.float32(0.5)).astype(np.uint8)


def write_integer(path: Path, weights: IntegerChainWeights) -> None:
    """Write a student in whole numbers, with golden vectors."""
    pictures = [picture for _, picture in golden_inputs()]
    # Largest sums: what an engine with narrower numbers would get wrong.
    pictures.append(byte_picture("checkerboard", *_EXTREMES_PX))
    golden = [(picture, sum_of(_enlarge(weights, picture))) for picture in pictures]
    path.write_bytes(encode_integer(weights, golden))


def _write(job: Job, folder: Path, precision: Precision) -> None:
    from export.compact.encode import require_storable
    from teacher.networks.integer.chain import IntegerChain

    if isinstance(job.network, IntegerChain):
        write_integer(folder / FILE, job.network.weights())
    else:
        write_compact(folder / FILE, require_storable(job.network), precision)


def open_compact(folder: Path) -> Enlarge:
    """Run a written file in this process, with the file's own weights."""
    return run_weights(read_compact(folder / FILE).weights, threads=thread_count())


def compact_problems(folder: Path) -> list[str]:
    """Check that a file can be read, and its golden vectors against its weights."""
    try:
        model = read_compact(folder / FILE)
    except UserError as error:
        return [str(error)]
    for picture, crc in model.summed:
        if sum_of(_enlarge(model.weights, picture)) != crc:
            return [f"{FILE}: its golden vectors do not match its weights"]
    for picture, enlarged in model.golden:
        if abs(_enlarge(model.weights, picture).astype(int) - enlarged).max() > 1:
            return [f"{FILE}: its golden vectors do not match its weights"]
    return []


def _runtimes(folder: Path, precision: Precision, browser: bool) -> Iterator[Runtime | Unavailable]:
    near = tolerance("float32", precision)
    yield Runtime(name="file read back", run=open_compact(folder), tolerance=near, batches=True)
    whole_numbers = isinstance(read_compact(folder / FILE).weights, IntegerChainWeights)
    if not browser:
        engines = "in whole numbers" if whole_numbers else ", ".join(_ARITHMETIC)
        yield Unavailable(name=f"halfsize {engines}", reason="--no-browser")
        return
    from export.check.browser_runtimes import compact_engines

    for engine, run in compact_engines(folder / FILE, whole_numbers=whole_numbers):
        if run is None:
            yield Unavailable(name=engine, reason="it was not built, or does not start here")
            continue
        processor = engine.removesuffix("-integer")
        arithmetic = _ARITHMETIC[processor]
        yield Runtime(
            name=f"halfsize {engine}",
            run=run,
            tolerance=tolerance(arithmetic, precision),
            arithmetic=arithmetic,
            most_gmacs=_MOST_GMACS.get(processor),
        )


COMPACT = ExportForm(
    form=form.COMPACT,
    write=_write,
    open=open_compact,
    problems=compact_problems,
    runtimes=_runtimes,
    untrusted_problems=compact_problems,
    untrusted_runtimes=_runtimes,
)
