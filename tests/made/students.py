"""Students whose output is known in advance, as export folders: bilinear, and bicubic by 3/2."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from export.compact.encode import encode
from pixels.scale import scale_json
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from tests.browser.stand_in import write_stand_in


def write_bilinear_student(
    folder: Path, *, padding_bytes: int = 0, brightness: float = 1.0
) -> Path:
    """Write a TF.js export that enlarges x2 by bilinear.

    Args:
        folder: The folder to create.
        padding_bytes: Bytes that the card adds to the size of the download.
        brightness: Factor of every pixel.
    """
    write_stand_in(folder)
    kernel = np.zeros((3, 3, 3, 12), "<f4")
    near, far = 0.75, 0.25
    for row in (0, 1):
        for column in (0, 1):
            rows = (far, near, 0) if row == 0 else (0, near, far)
            columns = (far, near, 0) if column == 0 else (0, near, far)
            for colour in range(3):
                kernel[:, :, colour, (2 * row + column) * 3 + colour] = np.outer(rows, columns)
    weights = (np.float32(brightness) * kernel).astype("<f4").tobytes()
    pads = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], "<i4").tobytes()
    (folder / "group1-shard1of1.bin").write_bytes(weights + pads)
    model = json.loads((folder / "model.json").read_text())
    model["weightsManifest"][0]["weights"] = [
        {"name": "kernel", "shape": [3, 3, 3, 12], "dtype": "float32"},
        {"name": "pads", "shape": [4, 2], "dtype": "int32"},
    ]
    nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
    whole = {"type": "DT_INT32"}
    pad = {
        "name": "padded",
        "op": "MirrorPad",
        "input": ["x", "pads"],
        "attr": {"T": {"type": "DT_FLOAT"}, "Tpaddings": whole, "mode": {"s": "U1lNTUVUUklD"}},
    }
    constant = {"T": whole, "dtype": whole}
    nodes["conv"]["input"] = ["padded", "kernel"]
    nodes["conv"]["attr"]["padding"] = {"s": "VkFMSUQ="}
    pads_node = {"name": "pads", "op": "Const", "input": [], "attr": constant}
    order = [nodes["x"], nodes["kernel"], pads_node, pad, nodes["conv"], nodes["y"]]
    model["modelTopology"]["node"] = order
    (folder / "model.json").write_text(json.dumps(model))
    card = json.loads((folder / "halfsize.json").read_text()) | {"margin_px": 1}
    for name in card["files"]:
        content = (folder / name).read_bytes()
        card["files"][name] = {
            "bytes": len(content),
            "gzip_bytes": len(content) + padding_bytes,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    (folder / "halfsize.json").write_text(json.dumps(card))
    return folder


def bilinear(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge as that student does, with another library."""
    height, width = picture.shape[:2]
    size = (2 * width, 2 * height)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))


TWO_THIRDS = Fraction(3, 2)


def write_bicubic_student(folder: Path, *, channels: int = 1) -> Path:
    """Write a compact export that enlarges x3/2 by bicubic: all weights are zero.

    Args:
        folder: The folder to create.
        channels: Feature maps, of which every number makes another file.
    """
    folder.mkdir(parents=True)
    network = Chain(ChainConfig(body=0, channels=channels, scale=TWO_THIRDS)).eval()
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    flat = (np.full((2, 2, 3), 60, np.uint8), np.full((3, 3, 3), 60, np.uint8))
    content = encode(network, "float16", [flat])
    (folder / "model.halfsize").write_bytes(content)
    card = {
        "format": 2,
        "name": folder.name,
        "scale": scale_json(TWO_THIRDS),
        "margin_px": network.margin_px,
        "align_px": network.align_px,
        "colour": "luma",
        "parameters": 0,
        "files": {
            "model.halfsize": {
                "bytes": len(content),
                "gzip_bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        },
    }
    (folder / "halfsize.json").write_text(json.dumps(card))
    return folder


def bicubic(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge as that student does, with another library."""
    height, width = picture.shape[:2]
    size = (3 * width // 2, 3 * height // 2)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))
