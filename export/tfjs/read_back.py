"""Run the written files of a TF.js graph model in PyTorch, without a browser.

This measures quantised weights in seconds, and is the only check of a TF.js export where there is
no browser. It knows the operators that `export.tfjs.translate` writes, and nothing else.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from export.check.errors import RuntimeFaultError
from export.folder.form import TFJS
from pixels.tiling import Enlarge

FILE = TFJS.file

Node = dict[str, Any]


def read_weights(folder: Path) -> dict[str, NDArray[Any]]:
    """Read the weights of a graph model by name, quantised ones as the float32 they represent.

    Raises:
        RuntimeFaultError: The files do not match model.json.
    """
    weights = {}
    for group in _model_json(folder)["weightsManifest"]:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        start = 0
        for entry in group["weights"]:
            quantised = entry.get("quantization")
            kind = np.dtype(quantised["dtype"] if quantised else entry["dtype"])
            count = int(np.prod(entry["shape"]))
            end = start + count * kind.itemsize
            if end > len(data):
                raise RuntimeFaultError(f"{folder}: the weights end before {entry['name']}")
            values = np.frombuffer(data[start:end], kind.newbyteorder("<"))
            if quantised and kind != np.float16:
                # In 64 bits, then rounded: as JavaScript computes it.
                values = values * quantised["scale"] + quantised["min"]
            target = np.float32 if quantised else kind
            weights[entry["name"]] = values.astype(target).reshape(entry["shape"])
            start = end
    return weights


def run_graph_model(folder: Path) -> Enlarge:
    """Load a TF.js export.

    Raises:
        RuntimeFaultError: The files cannot be read, or (while running) hold an unknown operator.
    """
    weights = {name: torch.from_numpy(value.copy()) for name, value in read_weights(folder).items()}
    model = _model_json(folder)
    nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
    (output,) = [entry["name"] for entry in model["signature"]["outputs"].values()]

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        image = torch.from_numpy(np.ascontiguousarray(batch.transpose(0, 2, 3, 1)))
        values: dict[str, Any] = dict(weights)
        try:
            with torch.inference_mode():
                result = _value(output, nodes, values, image)
        except (RuntimeError, KeyError, IndexError, TypeError) as error:
            problem = str(error).splitlines()[0]
            raise RuntimeFaultError(f"the graph cannot be computed: {problem}") from error
        return np.ascontiguousarray(result.numpy().transpose(0, 3, 1, 2))

    return run


def _model_json(folder: Path) -> Any:  # noqa: ANN401
    try:
        return json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RuntimeFaultError(f"{folder / FILE} cannot be read: {error}") from error


def _value(name: str, nodes: dict[str, Node], values: dict[str, Any], image: Tensor) -> Any:  # noqa: ANN401
    """Compute a node's output and everything it depends on; later outputs are `name:1`, ..."""
    name, _, port = name.partition(":")
    pending = [name]
    while pending:  # not by recursion: a deep network has more nodes than Python has frames
        node = nodes[pending[-1]]
        inputs = [given for given in node.get("input", []) if not given.startswith("^")]
        missing = [given for given in inputs if given.partition(":")[0] not in values]
        if node["op"] == "Placeholder":
            values[node["name"]] = image
        elif missing:
            pending.extend(given.partition(":")[0] for given in missing)
            continue
        else:
            given = [_port(values, reference) for reference in inputs]
            values[node["name"]] = _compute(node, given)
        pending.pop()
    return _port(values, f"{name}:{port}" if port else name)


def _port(values: dict[str, Any], reference: str) -> Any:  # noqa: ANN401
    name, _, port = reference.partition(":")
    value = values[name]
    return value[int(port or 0)] if isinstance(value, list) else value


def _compute(node: Node, inputs: list[Any]) -> Any:  # noqa: ANN401
    attributes, kind = node.get("attr", {}), node["op"]
    first = inputs[0]
    match kind:
        case "Conv2D" | "_FusedConv2D":
            return _fused(_convolution(first, inputs[1], attributes), inputs[2:], attributes)
        case "MatMul" | "_FusedMatMul":
            return _fused(first @ inputs[1], inputs[2:], attributes)
        case "AddN" | "AddV2" | "Add" | "BiasAdd":
            return sum(inputs[1:], start=first)
        case "Sub":
            return first - inputs[1]
        case "Mul":
            return first * inputs[1]
        case "FloorDiv":
            return torch.div(first, inputs[1], rounding_mode="floor")
        case "Relu":
            return F.relu(first)
        case "Floor":
            return first.floor()
        case "ClipByValue":
            return first.clamp(inputs[1], inputs[2])
        case "ConcatV2":
            return torch.cat(inputs[:-1], dim=int(inputs[-1]))
        case "MirrorPad":
            return _mirror(first, inputs[1], _text(attributes["mode"]["s"]))
        case "DepthToSpace":
            return _depth_to_space(first, int(attributes["block_size"]["i"]))
        case "Identity":
            return first
        case _:
            return _reshape(kind, inputs, attributes)


def _reshape(kind: str, inputs: list[Any], attributes: Node) -> Any:  # noqa: ANN401
    first = inputs[0]
    match kind:
        case "Reshape":
            return first.reshape(inputs[1].tolist())
        case "Transpose":
            return first.permute(inputs[1].tolist())
        case "Shape":
            return torch.tensor(first.shape, dtype=torch.int32)
        case "Unpack":
            return list(first.unbind(int(attributes.get("axis", {}).get("i", 0))))
        case "Pack":
            return torch.stack(inputs, dim=int(attributes.get("axis", {}).get("i", 0)))
        case "ExpandDims":
            return first.unsqueeze(int(inputs[1]))
        case "Squeeze":
            return first.squeeze()
        case "Slice":
            begin, size = inputs[1].tolist(), inputs[2].tolist()
            ends = [None if n < 0 else b + n for b, n in zip(begin, size, strict=True)]
            return first[tuple(slice(b, e) for b, e in zip(begin, ends, strict=True))]
    raise RuntimeFaultError(f"the operator {kind} is not known")


def _text(value: Any) -> str:  # noqa: ANN401
    return base64.b64decode(value).decode()


def _convolution(image: Tensor, kernel: Tensor, attributes: Node) -> Tensor:
    strides = [int(stride) for stride in attributes["strides"]["list"]["i"][1:3]]
    padding = _text(attributes["padding"]["s"])
    same = padding == "SAME"
    # For images that are multiples of the stride, which all that networks take are.
    overlaps = [side - stride for side, stride in zip(kernel.shape[:2], strides, strict=True)]
    radius = tuple(overlap // 2 for overlap in overlaps) if same else 0
    result = F.conv2d(
        image.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), stride=strides, padding=radius
    )
    return result.permute(0, 2, 3, 1)


def _fused(result: Tensor, extra: list[Tensor], attributes: Node) -> Tensor:
    """Apply the steps that were fused into a kernel: bias, then an activation."""
    steps = [_text(step) for step in attributes.get("fused_ops", {}).get("list", {}).get("s", [])]
    rest = list(extra)
    for step in steps:
        if step == "BiasAdd":
            result = result + rest.pop(0)
        elif step == "Relu":
            result = F.relu(result)
        elif step == "Prelu":
            slope = rest.pop(0)
            result = torch.where(result >= 0, result, slope * result)
        else:
            raise RuntimeFaultError(f"the fused step {step} is not known")
    return result


def _mirror(image: Tensor, pads: Tensor, mode: str) -> Tensor:
    (top, bottom), (left, right) = pads[1].tolist(), pads[2].tolist()
    if mode != "SYMMETRIC" or pads.max() > 1:
        raise RuntimeFaultError(f"the padding {mode} of {pads.tolist()} is not known")
    # One pixel of symmetric padding repeats the edge; more is never written.
    return F.pad(image.permute(0, 3, 1, 2), (left, right, top, bottom), mode="replicate").permute(
        0, 2, 3, 1
    )


def _depth_to_space(image: Tensor, block: int) -> Tensor:
    """TensorFlow's order: sub-pixel row, sub-pixel column, colour."""
    batch, height, width, channels = image.shape
    colours = channels // block**2
    parts = image.reshape(batch, height, width, block, block, colours).permute(0, 1, 3, 2, 4, 5)
    return parts.reshape(batch, height * block, width * block, colours)
