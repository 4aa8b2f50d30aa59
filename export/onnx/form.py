"""The ONNX form: one file, `model.onnx`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx

from export.check.browser_runtimes import onnx_in_browser
from export.check.errors import RuntimeFaultError
from export.check.local_runtimes import has_cuda, run_onnx
from export.check.pictures import CheckPhotos, Pixels, make_picture
from export.check.runtime import Runtime, Unavailable, failing
from export.folder import form
from export.onnx.contained import onnx_contained, problems_contained
from export.onnx.problems import onnx_problems
from export.onnx.quantise import to_float16, to_int8
from export.onnx.translate import to_onnx
from export.pipeline.form import ExportForm
from export.pipeline.job import Job
from export.weights.precision import BUDGET_DB, Precision
from export.weights.rounding import on_int8_grid
from export.weights.tolerances import tolerance
from pixels.tiling import Enlarge
from teacher.networks.chain import Chain

FILE = form.ONNX.file
# The values that noise reaches grow with its size, and values beyond the calibrated range are
# clipped: students are calibrated on more than the largest check picture. For teachers that would
# take gigabytes, and they have passed with less.
_STUDENTS_EXTREMES_PX, _EXTREMES_PX = 448, 48
_BROWSER = "onnxruntime-web wasm"


def _write(job: Job, folder: Path, precision: Precision) -> None:
    network = job.network
    if precision == "int8" and isinstance(network, Chain):
        network = on_int8_grid(network)
    model = to_onnx(network, licence=job.config.licence)
    path = folder / FILE
    if precision == "float16":
        model = to_float16(model)
    elif precision == "int8":
        side = _STUDENTS_EXTREMES_PX if isinstance(network, Chain) else _EXTREMES_PX
        pictures = _calibration(job.photos, side - side % network.scale.denominator)
        # 8 bits between the layers run fastest; where they cost too much, 16 bits do not.
        narrow = to_int8(model, pictures, wide=False)
        path.write_bytes(narrow.SerializeToString())
        psnr = job.photos.psnr(run_onnx(path), job.network.scale)
        within = job.reference_psnr - psnr <= BUDGET_DB["int8"]
        model = narrow if within else to_int8(model, pictures, wide=True)
    path.write_bytes(model.SerializeToString())


def _calibration(photos: CheckPhotos, side_px: int) -> list[Pixels]:
    """Add extremes to the photos: without them line art would be clipped, and off by 50 steps."""
    extremes = [make_picture(kind, side_px, side_px) for kind in ("noise", "checkerboard")]
    return [*photos.calibration, *extremes]


def _runtimes(folder: Path, precision: Precision, browser: bool) -> Iterator[Runtime | Unavailable]:
    path = folder / FILE
    yield Runtime(
        name="ONNX Runtime CPU",
        run=_open(path),
        tolerance=tolerance("float32", precision),
        batches=True,
    )
    if has_cuda():
        yield Runtime(
            name="ONNX Runtime CUDA",
            run=_open(path, gpu=True),
            tolerance=tolerance("cuda", precision),
            arithmetic="cuda",
            batches=True,
        )
    else:
        yield Unavailable(name="ONNX Runtime CUDA", reason="there is no NVIDIA GPU here")
    yield from _in_browser(path, precision, browser, batches=True)


def _untrusted_runtimes(
    folder: Path, precision: Precision, browser: bool
) -> Iterator[Runtime | Unavailable]:
    path = folder / FILE
    with onnx_contained(path) as run:
        near = tolerance("float32", precision)
        yield Runtime(name="ONNX Runtime CPU", run=run, tolerance=near)
    yield from _in_browser(path, precision, browser, batches=False)


def _in_browser(
    path: Path, precision: Precision, browser: bool, *, batches: bool
) -> Iterator[Runtime | Unavailable]:
    near = tolerance("float32", precision)
    if not browser:
        yield Unavailable(name=_BROWSER, reason="--no-browser")
        return
    try:
        with onnx_in_browser(path) as run:
            yield Runtime(name=_BROWSER, run=run, tolerance=near, batches=batches)
    except RuntimeFaultError as fault:
        yield Runtime(name=_BROWSER, run=failing(fault), tolerance=near)


def _open(path: Path, *, gpu: bool = False) -> Enlarge:
    try:
        return run_onnx(path, gpu=gpu)
    except RuntimeFaultError as fault:
        return failing(fault)


ONNX = ExportForm(
    form=form.ONNX,
    write=_write,
    open=lambda folder: run_onnx(folder / FILE),
    problems=lambda folder: onnx_problems(onnx.load(folder / FILE)),
    runtimes=_runtimes,
    untrusted_problems=lambda folder: problems_contained(folder / FILE),
    untrusted_runtimes=_untrusted_runtimes,
)
