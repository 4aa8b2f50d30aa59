"""Run any network on whole pictures: a run folder, an .onnx file, or plain enlargement."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.resize import band_rows, resize_rows
from pixels.scale import HALF, enlarged_size, padded_to_blocks, parse_scale, scale_name
from pixels.tiling import Enlarge, enlarge_in_tiles, enlarged_slice, smallest_tile
from plumbing.command import UserError
from plumbing.extras import installed, require_installed
from plumbing.threads import thread_count
from teacher.enlarging.ensemble import self_ensemble
from teacher.networks.arrays.run import StudentWeights, run_weights
from teacher.networks.chain_config import CHAIN
from teacher.networks.compact_file import read_compact
from teacher.networks.integer.config import INTEGER_CHAIN
from teacher.runs.models import NamedModel, find_model
from teacher.runs.record import read_chain, read_integer_chain, read_record

PLAIN = ("bicubic", "lanczos")
"""Enlargements that need no network, for comparison."""

# Metadata that our ONNX exports carry for tiling.
ONNX_SCALE, ONNX_MARGIN, ONNX_ALIGN = "halfsize.scale", "halfsize.margin_px", "halfsize.align_px"
TILE_PX = 256
"""Side of the tiles that networks run on, if nobody wishes otherwise."""
_LANCZOS_PX = 3  # radius of Pillow's Lanczos kernel when enlarging

Pixels = NDArray[np.uint8]
Bands = Callable[[Pixels], Iterator[Pixels]]


@dataclass(frozen=True, kw_only=True)
class Enlarger:
    """A network or resize that enlarges pictures by a fixed scale."""

    name: str
    """Name in tables."""
    scale: Fraction
    """Scale of the result, `up/down`."""
    parameters: int | None
    """Number of trained parameters; None if unknown."""
    bands: Bands
    """Maps (height, width, 3) sRGB, 0 to 255, of any size to `enlarged_size`, in bands of rows from
    the top: a caller that writes each band at once never holds the whole result."""

    def enlarge(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Enlarge (height, width, 3) sRGB, 0 to 255, of any size to `enlarged_size`."""
        return whole_of(self.bands, self.scale, image)


def open_enlarger(
    model: str, *, plain_scale: Fraction = HALF, tile_px: int = TILE_PX, ensemble: bool = False
) -> Enlarger:
    """Open the model that a command's `--model` names.

    Args:
        model: `bicubic`, `lanczos`, or what `find_model` finds: a run folder, an export folder, an
            .onnx file of ours, or the name of released weights.
        plain_scale: Scale of `bicubic` and `lanczos`.
        tile_px: Side of the tiles that networks run on.
        ensemble: Whether networks average over eight orientations of each tile; the name then ends
            with a plus sign, as in the literature.

    Raises:
        UserError: It is none of these, or cannot be read.
    """
    if model in PLAIN:
        return Enlarger(
            name=model, scale=plain_scale, parameters=None, bands=_plain(model, plain_scale)
        )
    opened = _open(find_model(model, others=[f"{', '.join(PLAIN)} without a network"]))
    run = self_ensemble(opened.run, align_px=opened.align_px) if ensemble else opened.run
    return Enlarger(
        name=f"{opened.name}+" if ensemble else opened.name,
        scale=opened.scale,
        parameters=opened.parameters,
        bands=tiled(
            run,
            scale=opened.scale,
            margin_px=opened.margin_px,
            tile_px=tile_px,
            align_px=opened.align_px,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Opened:
    name: str
    scale: Fraction
    margin_px: int
    align_px: int = 1
    parameters: int | None
    run: Enlarge


def whole_of(bands: Bands, scale: Fraction, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put the bands of an enlargement together: (height, width, 3) sRGB, 0 to 255."""
    result = np.empty((*enlarged_size((image.shape[0], image.shape[1]), scale), 3), np.uint8)
    top = 0
    for band in bands(image):
        result[top : top + len(band)] = band
        top += len(band)
    return result


def tiled(
    run: Enlarge, *, scale: Fraction, margin_px: int, tile_px: int = TILE_PX, align_px: int = 1
) -> Bands:
    """Wrap a function on batches of floats so that it enlarges whole 8-bit pictures in tiles.

    Where a side is not a multiple of `down`, its last row or column is repeated first, and what
    became of it is cut off.
    """
    # Each tile has a margin on both sides: it must hold more than margins to be worth running.
    most = math.ceil(max(tile_px, 4 * margin_px, 1) / align_px) * align_px

    def bands(image: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
        image = padded_to_blocks(image, scale)
        height, width = image.shape[:2]
        tile = smallest_tile((height, width), most, margin_px, align_px)
        band = np.empty((0, 0, 3), np.uint8)
        pieces = enlarge_in_tiles(
            run, image, scale=scale, tile=tile, margin=margin_px, align=align_px
        )
        for _, column, piece in pieces:  # row by row: a band is whole at its last column
            if column.keep_start == 0:
                whole = enlarged_slice(0, width, scale)
                band = np.empty((piece.shape[1], whole.stop, 3), np.uint8)
            scaled = np.floor(np.clip(piece, 0.0, 1.0) * np.float32(255.0) + np.float32(0.5))
            columns = enlarged_slice(column.keep_start, column.keep_end, scale)
            band[:, columns] = scaled.astype(np.uint8).transpose(1, 2, 0)
            if column.keep_end == width:
                yield band

    return partial(_cut_bands, bands, scale)


def _cut_bands(bands: Bands, scale: Fraction, image: NDArray[np.uint8]) -> Iterator[Pixels]:
    """Cut what a picture was padded by from the bands of its enlargement."""
    height, width = enlarged_size((image.shape[0], image.shape[1]), scale)
    top = 0
    for band in bands(image):
        kept = band[: height - top, :width]
        top += len(kept)
        yield kept if kept.shape == band.shape else np.ascontiguousarray(kept)


def _plain(method: str, scale: Fraction) -> Bands:
    def bands(image: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
        image = padded_to_blocks(image, scale)
        up, down = scale.numerator, scale.denominator
        height, width = enlarged_size((image.shape[0], image.shape[1]), scale)
        rows = up * max(1, band_rows(width) // up)
        for start in range(0, height, rows):
            end = min(start + rows, height)
            if method == "bicubic":
                yield resize_rows(image, (height, width), start, end)
            else:
                yield _lanczos_rows(image, scale, start * down // up, end * down // up)

    return partial(_cut_bands, bands, scale)


def _lanczos_rows(
    image: NDArray[np.uint8], scale: Fraction, start: int, end: int
) -> NDArray[np.uint8]:
    """Enlarge rows `start` to `end` to the pixels that Pillow gives for the whole picture."""
    top, bottom = max(0, start - _LANCZOS_PX), min(len(image), end + _LANCZOS_PX)
    rows, width = enlarged_size((end - start, image.shape[1]), scale)
    # Columns first, as for the whole picture: Pillow starts with the axis that shrinks, and a low
    # band with its surroundings may have more rows than its result.
    wide = Image.fromarray(image[top:bottom]).resize(
        (width, bottom - top), Image.Resampling.LANCZOS
    )
    box = (0, start - top, width, end - top)  # Pillow also reads the pixels around the box
    size = (width, rows)
    return np.asarray(wide.resize(size, Image.Resampling.LANCZOS, box=box))


def _open(model: NamedModel) -> _Opened:
    if model.kind == "run":
        return _open_run(model.path)
    if model.kind == "onnx":
        opened = _open_onnx(model.file)
        return opened if model.path.is_file() else replace(opened, name=_name_of(model.path))
    if model.kind == "compact":
        return _open_student(model.path, read_compact(model.file).weights)
    raise UserError(
        f"--model {model.path}: an export for TensorFlow.js, which runs in browsers alone: name "
        "the run that it was made of, or export that with `python -m export.compact`"
    )


def _name_of(folder: Path) -> str:
    return folder.resolve().name  # also for `.` and a trailing `..`


def _open_student(path: Path, weights: StudentWeights) -> _Opened:
    return _Opened(
        name=_name_of(path),
        scale=weights.config.scale,
        margin_px=weights.config.margin_px,
        align_px=weights.config.scale.denominator,
        parameters=weights.parameters,
        run=run_weights(weights, threads=thread_count()),
    )


def _open_run(path: Path) -> _Opened:
    record = read_record(path)
    name = _name_of(path)
    # In whole numbers NumPy is as exact as PyTorch, and faster.
    if record.network == INTEGER_CHAIN:
        return _open_student(path, read_integer_chain(path, record))
    if record.network == CHAIN and not installed("torch"):
        return _open_student(path, read_chain(path, record))
    require_installed("torch", f"{name}, which is more than a student,")
    from teacher.enlarging.pytorch import run_network
    from teacher.networks.registry import parameter_count
    from teacher.runs.folder import load_network

    network, _ = load_network(path)
    return _Opened(
        name=name,
        scale=network.scale,
        margin_px=network.margin_px,
        align_px=network.align_px,
        parameters=parameter_count(network),
        run=run_network(network),
    )


def _open_onnx(path: Path) -> _Opened:
    if not path.is_file():
        raise UserError(f"--model {path}: there is no such file")
    require_installed("onnxruntime", str(path))
    import onnxruntime  # slow to import, and only needed here

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.log_severity_level = 3  # errors only: its warnings are not for users
    gpu = ["CUDAExecutionProvider"] if _has_gpu() else []
    try:
        session = onnxruntime.InferenceSession(
            path, options, providers=[*gpu, "CPUExecutionProvider"]
        )
        properties = session.get_modelmeta().custom_metadata_map
        scale, margin_px = parse_scale(properties[ONNX_SCALE]), int(properties[ONNX_MARGIN])
        align_px = int(properties.get(ONNX_ALIGN, "1"))
    except KeyError as error:
        raise UserError(
            f"{path} has no metadata {error}: only files written by `python -m export.onnx` can be "
            "read"
        ) from error
    except Exception as error:  # onnxruntime's exceptions share no other base class
        problem = str(error).splitlines()[0]
        raise UserError(f"{path} is not a readable ONNX model: {problem}") from error
    unaligned = align_px < 1 or margin_px % align_px or align_px % scale.denominator
    if margin_px < 0 or unaligned:
        raise UserError(
            f"{path} has scale {scale}, margin {margin_px} and alignment {align_px}, which is "
            "impossible"
        )
    name = session.get_inputs()[0].name

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        output = np.asarray(session.run(None, {name: batch})[0], dtype=np.float32)
        if output.shape[2:] != enlarged_size((batch.shape[2], batch.shape[3]), scale):
            raise UserError(
                f"{path} is marked as x{scale_name(scale)}, but its output has shape {output.shape}"
            )
        return output

    return _Opened(
        name=path.stem,
        scale=scale,
        margin_px=margin_px,
        align_px=align_px,
        parameters=None,
        run=run,
    )


def _has_gpu() -> bool:
    """Check for a GPU as PyTorch does; without PyTorch none is used."""
    if not installed("torch"):
        return False
    from teacher.enlarging.pytorch import has_gpu

    return has_gpu()
