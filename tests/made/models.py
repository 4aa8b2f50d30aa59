"""Small models whose output is known without running them."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from teacher.enlarging.runner import ONNX_MARGIN, ONNX_SCALE


def write_repeating_onnx(
    path: Path, scale: int = 2, properties: dict[str, str] | None = None, *, gain: float = 1.0
) -> Path:
    """Write a model that repeats each pixel, gain times as bright; described as our exports are."""
    sizes = [1.0, 1.0, float(scale), float(scale)]
    brighten = helper.make_node("Mul", ["image", "gain"], ["brighter"])
    repeat = helper.make_node(
        "Resize",
        ["brighter", "", "scales"],
        ["enlarged"],
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
    shape = ["batch", 3, "height", "width"]
    graph = helper.make_graph(
        [brighten, repeat],
        "repeat",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("enlarged", TensorProto.FLOAT, ["batch", 3, "y", "x"])],
        [
            helper.make_tensor("scales", TensorProto.FLOAT, [4], sizes),
            helper.make_tensor("gain", TensorProto.FLOAT, [1], [gain]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    described = {ONNX_SCALE: str(scale), ONNX_MARGIN: "3"} if properties is None else properties
    helper.set_model_props(model, described)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return path
