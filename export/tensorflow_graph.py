"""ONNX model -> TensorFlow.js graph model: `python -m export.tensorflow_graph MODEL.onnx FOLDER`.

`export.tfjs` runs this in a process of its own; it is the only module that imports TensorFlow.
Only the operators that the project's networks use are known, and each is translated for
channels-last images.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from numpy.typing import NDArray
from onnx import numpy_helper

from export.channel_order import in_tensorflow_order

Values = dict[str, Any]
"""Tensors by name: channels-last where they are images, numpy arrays where they are constants."""


class UnknownOperatorError(ValueError):
    """The network uses something that has no translation here."""


def translate(model: onnx.ModelProto) -> Any:  # noqa: ANN401 - a tf.function has no public type
    """Make a TensorFlow function of an ONNX model.

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
        values: Values = {**constants, graph.input[0].name: image}
        for node in graph.node:
            values[node.output[0]] = _translate_node(node, values)
        return values[graph.output[0].name]

    return network


def _translate_node(node: onnx.NodeProto, values: Values) -> Any:  # noqa: ANN401
    inputs = [values[name] for name in node.input]
    attributes = {
        attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute
    }
    match node.op_type:
        case "Conv":
            return _convolution(inputs, attributes)
        case "Relu":
            return tf.nn.relu(inputs[0])
        case "PRelu":
            # In this form the converter fuses it into the convolution.
            slope = inputs[1].reshape(-1)
            return tf.nn.relu(inputs[0]) + (-slope) * tf.nn.relu(-inputs[0])
        case "Add":
            # Not `+`: after a convolution without bias the converter takes the other image for one.
            return tf.add_n(inputs)
        case "Concat" if attributes["axis"] == 1:
            return tf.concat(inputs, axis=-1)
        case "Pad" if attributes.get("mode") == b"edge":
            return _repeat_edges(inputs[0], inputs[1])
        case "DepthToSpace":
            if attributes.get("mode", b"DCR") != b"DCR":
                raise UnknownOperatorError(f"{node.name}: its channels could not be renumbered")
            return tf.nn.depth_to_space(inputs[0], attributes["blocksize"])
        case "Clip":
            # Not tf.clip_by_value, which becomes two kernels.
            return tf.raw_ops.ClipByValue(
                t=inputs[0], clip_value_min=inputs[1], clip_value_max=inputs[2]
            )
    raise UnknownOperatorError(f"no translation for the operator {node.op_type} ({node.name})")


def _convolution(inputs: list[Any], attributes: dict[str, Any]) -> tf.Tensor:
    image, kernel = inputs[0], inputs[1]
    radius_y, radius_x = kernel.shape[2] // 2, kernel.shape[3] // 2
    pads = list(attributes.get("pads", [0, 0, 0, 0]))
    plain = attributes.get("group", 1) == 1 and {*attributes.get("strides", [1, 1])} == {1}
    undilated = {*attributes.get("dilations", [1, 1])} == {1}
    same = pads == [radius_y, radius_x, radius_y, radius_x]
    if not plain or not undilated or not (same or pads == [0, 0, 0, 0]):
        raise UnknownOperatorError(f"no translation for a convolution with {attributes}")
    # PyTorch and ONNX: (out, in, y, x); TensorFlow: (y, x, in, out).
    result = tf.nn.conv2d(
        image, kernel.transpose(2, 3, 1, 0), strides=1, padding="SAME" if same else "VALID"
    )
    return tf.nn.bias_add(result, inputs[2]) if len(inputs) > 2 else result


def _repeat_edges(image: tf.Tensor, pads: NDArray[np.int64]) -> tf.Tensor:
    # TensorFlow has no such padding, but mirroring one pixel, the edge included, repeats it, also
    # where the image has only one.
    top, left = int(pads[2]), int(pads[3])
    if top != left or not np.array_equal(pads, [0, 0, top, top, 0, 0, top, top]):
        raise UnknownOperatorError(f"no translation for the padding {pads}")
    for _ in range(top):
        image = tf.pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    return image


def write_graph_model(model: onnx.ModelProto, folder: Path) -> None:
    """Write `model.json` and its weights into an existing folder."""
    network = translate(in_tensorflow_order(model))
    module: Any = tf.Module()
    module.network = network
    with tempfile.TemporaryDirectory() as temporary:
        saved = str(Path(temporary) / "saved")
        tf.saved_model.save(module, saved, signatures=network.get_concrete_function())
        from tensorflowjs.converters import tf_saved_model_conversion_v2 as converter

        converter.convert_tf_saved_model(saved, str(folder))


if __name__ == "__main__":
    write_graph_model(onnx.load(sys.argv[1]), Path(sys.argv[2]))
