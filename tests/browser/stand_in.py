"""A model that repeats every pixel: its result can be written down by hand."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pixels.scale import HALF, scale_json

_FLOAT = {"type": "DT_FLOAT"}
_SIZES = {"dim": [{"size": str(size)} for size in (-1, -1, -1, 3)]}


def write_stand_in(folder: Path, *, golden: dict[str, Any] | None = None) -> Path:
    """Write the export folder of a TF.js graph model that enlarges x2 by repeating pixels.

    Args:
        folder: To be made.
        golden: Golden vectors to put beside the model.
    """
    folder.mkdir(parents=True)
    kernel = np.tile(np.eye(3, dtype="<f4"), (1, 4))  # every colour to its own place in 2x2 pixels
    (folder / "group1-shard1of1.bin").write_bytes(kernel.tobytes())
    (folder / "model.json").write_text(json.dumps(_model()), encoding="utf-8")
    if golden is not None:
        (folder / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    write_card(folder, margin_px=0, colour="rgb")
    return folder


def write_card(folder: Path, *, margin_px: int, colour: str, scale: Fraction = HALF) -> None:
    """Write the card of a folder that holds the files of a model."""
    card = {
        "format": 1 if scale.denominator == 1 else 2,
        "name": folder.name,
        "scale": scale_json(scale),
        "margin_px": margin_px,
        "align_px": scale.denominator,
        "colour": colour,
        "parameters": 0,
        "files": {
            path.name: {
                "bytes": path.stat().st_size,
                "gzip_bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in folder.iterdir()
        },
    }
    (folder / "halfsize.json").write_text(json.dumps(card), encoding="utf-8")


def golden_of(values: list[int], *, error: float = 0.0) -> dict[str, Any]:
    """Golden vectors of one pixel, wrong by `error`."""
    return {
        "format": 1,
        "tolerance": 1e-5,
        "cases": [
            {
                "name": "one pixel",
                "input": {"shape": [1, 1, 3], "values": values},
                "output": {
                    "shape": [2, 2, 3],
                    "values": [value / 255 + error for value in values] * 4,
                },
            }
        ],
    }


def _model() -> dict[str, Any]:
    def text(value: str) -> dict[str, str]:
        return {"s": {"SAME": "U0FNRQ==", "NHWC": "TkhXQw=="}[value]}

    ones = {"list": {"i": ["1", "1", "1", "1"]}}
    convolution = {
        "T": _FLOAT,
        "strides": ones,
        "dilations": ones,
        "padding": text("SAME"),
        "data_format": text("NHWC"),
    }
    shuffle = {"T": _FLOAT, "block_size": {"i": "2"}, "data_format": text("NHWC")}
    place = {"T": _FLOAT, "dtype": _FLOAT, "shape": {"shape": _SIZES}}
    nodes = [
        {"name": "x", "op": "Placeholder", "input": [], "attr": place},
        {"name": "kernel", "op": "Const", "input": [], "attr": {"T": _FLOAT, "dtype": _FLOAT}},
        {"name": "conv", "op": "Conv2D", "input": ["x", "kernel"], "attr": convolution},
        {"name": "y", "op": "DepthToSpace", "input": ["conv"], "attr": shuffle},
    ]
    ends = {
        side: {name: {"name": f"{name}:0", "dtype": "DT_FLOAT", "tensorShape": _SIZES}}
        for side, name in (("inputs", "x"), ("outputs", "y"))
    }
    weights = [{"name": "kernel", "shape": [1, 1, 3, 12], "dtype": "float32"}]
    return {
        "format": "graph-model",
        "signature": ends,
        "modelTopology": {"node": nodes, "library": {}, "versions": {}},
        "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": weights}],
    }
