"""Export a run to ONNX, proved equal to the PyTorch network before it is left on disk.

The written file runs in ONNX Runtime on the CPU (and on CUDA, where there is a GPU), and in
onnxruntime-web in headless Chromium; unless all give the PyTorch network's pixels, nothing is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx

from export.check.agreement import Runtime
from export.check.browser_runtimes import onnx_in_browser
from export.check.errors import RuntimeFaultError
from export.check.local_runtimes import failing, has_cuda, run_onnx
from export.check.pictures import CheckPhotos, Pixels, make_picture
from export.onnx.problems import onnx_problems
from export.onnx.translate import to_onnx
from export.pipeline.run import Form, Job
from export.weights.precision import BUDGET_DB, Precision, to_float16, to_int8
from export.weights.rounding import on_int8_grid
from export.weights.tolerances import tolerance
from pixels.tiling import Enlarge
from teacher.networks.chain import Chain

FILE = "model.onnx"
# What noise reaches grows with its size, and what a layer reaches beyond the calibrated range is
# clipped: students get more than the largest picture of the checks. Teachers, which would take
# gigabytes for it, have passed with less.
_STUDENTS_EXTREMES_PX, _EXTREMES_PX = 448, 48


def _translate(job: Job, folder: Path, precision: Precision) -> None:
    network = job.network
    if precision == "int8" and isinstance(network, Chain):
        network = on_int8_grid(network)
    model = to_onnx(network, licence=job.config.licence)
    path = folder / FILE
    if precision == "float16":
        model = to_float16(model)
    elif precision == "int8":
        side = _STUDENTS_EXTREMES_PX if isinstance(network, Chain) else _EXTREMES_PX
        pictures = _calibration(job.photos, side)
        # 8 bits between the layers run fastest; where they cost too much, 16 do not.
        narrow = to_int8(model, pictures, wide=False)
        path.write_bytes(narrow.SerializeToString())
        psnr = job.photos.psnr(run_onnx(path), job.network.scale)
        within = job.reference_psnr - psnr <= BUDGET_DB["int8"]
        model = narrow if within else to_int8(model, pictures, wide=True)
    path.write_bytes(model.SerializeToString())


def _calibration(photos: CheckPhotos, side_px: int) -> list[Pixels]:
    """Add the extremes to the photos: else line art would be clipped, and be off by fifty steps."""
    extremes = [make_picture(kind, side_px, side_px) for kind in ("noise", "checkerboard")]
    return [*photos.calibration, *extremes]


def _runtimes(job: Job, folder: Path, precision: Precision) -> Iterator[Runtime]:
    path, near = folder / FILE, tolerance("float32", precision)
    yield Runtime(name="ONNX Runtime CPU", run=_open(path), tolerance=near, batches=True)
    if has_cuda():
        yield Runtime(
            name="ONNX Runtime CUDA",
            run=_open(path, gpu=True),
            tolerance=tolerance("cuda", precision),
            batches=True,
        )
    else:
        job.missing.append("ONNX Runtime CUDA: there is no NVIDIA GPU here")
    name = "onnxruntime-web wasm"
    if not job.config.browser:
        job.missing.append(f"{name}: --no-browser")
        return
    try:
        with onnx_in_browser(path) as run:
            yield Runtime(name=name, run=run, tolerance=near, batches=True)
    except RuntimeFaultError as fault:
        yield Runtime(name=name, run=failing(fault), tolerance=near)


def _open(path: Path, *, gpu: bool = False) -> Enlarge:
    try:
        return run_onnx(path, gpu=gpu)
    except RuntimeFaultError as fault:
        return failing(fault)


ONNX = Form(
    name="ONNX",
    translate=_translate,
    open=lambda folder: run_onnx(folder / FILE),
    problems=lambda folder: onnx_problems(onnx.load(folder / FILE)),
    runtimes=_runtimes,
)
