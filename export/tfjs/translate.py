"""ONNX model -> TensorFlow.js graph models, one for each precision.

    python -m export.tfjs.translate MODEL.onnx FOLDER PRECISION...

writes FOLDER/PRECISION/model.json and its weights. `export.tfjs` runs this in another process; only
this module and `export.tfjs.operators` import TensorFlow.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import tensorflow as tf
from onnx import numpy_helper

from export.tfjs.channel_order import in_tensorflow_order
from export.tfjs.operators import Image, translate_node

TFJS_TYPES = {"float16": "float16", "int8": "uint8"}
"""The converter's names; each of its 8-bit tensors has its own scale and smallest value."""
_FEW = 64  # numbers; a smaller kernel is not a learned layer, or not worth quantising


def translate(model: onnx.ModelProto) -> Any:  # noqa: ANN401 - a tf.function has no public type
    """Build a TensorFlow function from an ONNX model.

    Args:
        model: One input (batch, 3, height, width), one output.

    Returns:
        A function of float32 (batch, height, width, 3).

    Raises:
        UnknownOperatorError: A node has no translation.
    """
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    signature = [tf.TensorSpec([None, None, None, 3], tf.float32, name="image")]

    @tf.function(input_signature=signature)
    def network(image: tf.Tensor) -> tf.Tensor:
        values: dict[str, Any] = {**constants, graph.input[0].name: Image(image)}
        for node in graph.node:
            values[node.output[0]] = translate_node(node, [values[name] for name in node.input])
        return values[graph.output[0].name].tensor

    return network


def write_graph_models(model: onnx.ModelProto, folder: Path, precisions: Sequence[str]) -> None:
    """Write `model.json` and its weights for each precision, into a folder named after it."""
    network = translate(in_tensorflow_order(model))
    module: Any = tf.Module()
    module.network = network
    with tempfile.TemporaryDirectory() as temporary:
        saved = str(Path(temporary) / "saved")
        tf.saved_model.save(module, saved, signatures=network.get_concrete_function())
        from tensorflowjs.converters import tf_saved_model_conversion_v2 as converter

        plain = folder / "float32" if "float32" in precisions else Path(temporary) / "plain"
        converter.convert_tf_saved_model(saved, str(plain))
        names = _names_by_precision(plain)
        for precision in precisions:
            if precision != "float32":
                chosen = {TFJS_TYPES[precision]: names[precision]}
                converter.convert_tf_saved_model(
                    saved, str(folder / precision), quantization_dtype_map=chosen
                )


def _names_by_precision(folder: Path) -> dict[str, list[str]]:
    """Choose the tensors to store in fewer bits: all for float16, learned kernels for int8.

    Convolutions without bias are fixed matrices (colours, bicubic, anchor): they are small, and
    stay exact. Biases and slopes are few numbers on which everything depends.
    """
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    entries = [entry for group in model["weightsManifest"] for entry in group["weights"]]
    sizes = {e["name"]: math.prod(e["shape"]) for e in entries if e["dtype"] == "float32"}
    learned = {
        node["input"][1]
        for node in model["modelTopology"]["node"]
        if node["op"] in ("_FusedConv2D", "_FusedMatMul")
    }
    return {
        "float16": list(sizes),
        "int8": [name for name in sizes if name in learned and sizes[name] >= _FEW],
    }


if __name__ == "__main__":
    write_graph_models(onnx.load(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
