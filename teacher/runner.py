"""Run any network on whole pictures: a run folder, an .onnx file, or plain enlargement."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from pixels.command import UserError
from pixels.resize import resize
from pixels.tiling import Enlarge, enlarge_in_tiles
from teacher.checkpoint import best_device, load_network
from teacher.networks import Network, parameter_count

PLAIN = ("bicubic", "lanczos")
"""Enlargements that need no network, for comparison."""

# Keys of the ONNX metadata that our exports carry and that tiling needs.
ONNX_SCALE, ONNX_MARGIN = "halfsize.scale", "halfsize.margin_px"
_TILE_PX = 256


@dataclass(frozen=True, kw_only=True)
class Enlarger:
    """Something that makes pictures larger."""

    name: str
    """For tables."""
    scale: int
    """How many times larger."""
    parameters: int | None
    """Numbers that were trained; None where that is not known."""
    enlarge: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    """(height, width, 3) sRGB, 0 to 255, to scale times that size."""


def open_enlarger(model: str, *, plain_scale: int = 2, tile_px: int = _TILE_PX) -> Enlarger:
    """Open what a command's `--model` names.

    Args:
        model: `bicubic`, `lanczos`, a run folder, or an .onnx file of ours.
        plain_scale: The scale of `bicubic` and `lanczos`.
        tile_px: Side of the tiles in which networks run.

    Raises:
        UserError: It is none of these, or cannot be read.
    """
    if model in PLAIN:
        return Enlarger(
            name=model, scale=plain_scale, parameters=None, enlarge=_plain(model, plain_scale)
        )
    path = Path(model)
    if path.suffix == ".onnx":
        return _open_onnx(path, tile_px)
    if not path.exists():
        raise UserError(
            f"--model {model}: no such run folder or .onnx file (plain ones: {', '.join(PLAIN)})"
        )
    network, _ = load_network(path)
    return Enlarger(
        name=path.name,
        scale=network.scale,
        parameters=parameter_count(network),
        enlarge=network_enlarger(network, tile_px=tile_px),
    )


def network_enlarger(
    network: Network, *, tile_px: int = _TILE_PX
) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    """Wrap a PyTorch network so that it takes whole 8-bit pictures, in tiles."""
    device = best_device()
    network = network.to(device).eval()

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return network(torch.from_numpy(batch).to(device)).cpu().numpy()

    return _tiled(
        run,
        scale=network.scale,
        margin_px=network.margin_px,
        tile_px=tile_px,
        align_px=network.align_px,
    )


def _tiled(
    run: Enlarge, *, scale: int, margin_px: int, tile_px: int, align_px: int = 1
) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    # A margin on both sides of what is kept: a tile must hold more than that to be worth it.
    tile = math.ceil(max(tile_px, 4 * margin_px, 1) / align_px) * align_px

    def enlarge(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = image.shape[:2]
        result = np.empty((scale * height, scale * width, 3), np.uint8)
        pieces = enlarge_in_tiles(
            run, image, scale=scale, tile=tile, margin=margin_px, align=align_px
        )
        for row, column, piece in pieces:
            scaled = np.floor(np.clip(piece, 0.0, 1.0) * np.float32(255.0) + np.float32(0.5))
            rows = slice(scale * row.keep_start, scale * row.keep_end)
            columns = slice(scale * column.keep_start, scale * column.keep_end)
            result[rows, columns] = scaled.astype(np.uint8).transpose(1, 2, 0)
        return result

    return enlarge


def _plain(method: str, scale: int) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    def enlarge(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = scale * image.shape[0], scale * image.shape[1]
        if method == "bicubic":
            return resize(image, (height, width))
        enlarged = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
        return np.asarray(enlarged)

    return enlarge


def _open_onnx(path: Path, tile_px: int) -> Enlarger:
    import onnxruntime  # slow to import, and only needed here

    if not path.is_file():
        raise UserError(f"--model {path}: there is no such file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # errors only: its warnings are not for users
    gpu = ["CUDAExecutionProvider"] if torch.cuda.is_available() else []
    try:
        session = onnxruntime.InferenceSession(
            path, options, providers=[*gpu, "CPUExecutionProvider"]
        )
        properties = session.get_modelmeta().custom_metadata_map
        scale, margin_px = int(properties[ONNX_SCALE]), int(properties[ONNX_MARGIN])
    except KeyError as error:
        raise UserError(
            f"{path} does not say its {error}: only files that `python -m export.onnx` wrote are "
            "read"
        ) from error
    except Exception as error:  # onnxruntime's exceptions share no other base class
        problem = str(error).splitlines()[0]
        raise UserError(f"{path} is not a readable ONNX model: {problem}") from error
    name = session.get_inputs()[0].name

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        output = session.run(None, {name: batch})[0]
        return np.asarray(output, dtype=np.float32)

    return Enlarger(
        name=path.stem,
        scale=scale,
        parameters=None,
        enlarge=_tiled(run, scale=scale, margin_px=margin_px, tile_px=tile_px),
    )
