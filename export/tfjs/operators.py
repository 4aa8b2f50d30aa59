"""ONNX operators in TensorFlow, for channels-last images.

Only the operators that the project's networks use are translated. An image that TensorFlow holds
channels-last is wrapped in `Image`; anything else is laid out as in ONNX. Changes of shape that
depend on the layout unwrap an image; convolutions wrap their input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from numpy.typing import NDArray

Attributes = dict[str, Any]


class UnknownOperatorError(ValueError):
    """The network uses an operator that has no translation here."""


@dataclass(frozen=True)
class Image:
    """A tensor (batch, height, width, channels) that ONNX has as (batch, channels, ...)."""

    tensor: Any


def translate_node(node: onnx.NodeProto, inputs: list[Any]) -> Any:  # noqa: ANN401
    """Translate one node.

    Args:
        node: A node of an ONNX graph.
        inputs: Its translated inputs; numpy arrays where they are constants.

    Raises:
        UnknownOperatorError: It has no translation.
    """
    attributes = {
        attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute
    }
    kind = node.op_type
    if isinstance(inputs[0], Image) or kind in ("Conv", "DepthToSpace"):
        result = _on_image(kind, inputs, attributes)
    elif kind in ("Shape", "Squeeze", "Add", "Mul", "Div", "Concat") and _is_size(kind, inputs):
        result = _on_sizes(kind, inputs, attributes)
    else:
        result = _on_tensor(kind, inputs, attributes)
    if result is None:
        raise UnknownOperatorError(f"no translation for the operator {kind} ({node.name})")
    return result


def _on_image(kind: str, inputs: list[Any], attributes: Attributes) -> Any:  # noqa: ANN401
    """Translate operators that keep the layout; None for unknown ones."""
    match kind:
        case "Conv":
            return Image(_convolution(_channels_last(inputs[0]), inputs[1:], attributes))
        case "Relu":
            return Image(tf.nn.relu(inputs[0].tensor))
        case "PRelu":
            # In this form the converter fuses PReLU into the convolution.
            image, slope = inputs[0].tensor, inputs[1].reshape(-1)
            return Image(tf.nn.relu(image) + (-slope) * tf.nn.relu(-image))
        case "Add" if isinstance(inputs[1], Image):
            # Not `+`: after a convolution without bias the converter takes the image for a bias.
            return Image(tf.add_n([image.tensor for image in inputs]))
        case "Floor":
            return Image(tf.floor(inputs[0].tensor))
        case "Sub" if isinstance(inputs[1], Image):
            return Image(tf.subtract(inputs[0].tensor, inputs[1].tensor))
        case "Add" | "Sub" | "Mul" if isinstance(inputs[1], np.ndarray):
            constant = _constant_beside_image(inputs[1])
            combine = {"Add": tf.add, "Sub": tf.subtract, "Mul": tf.multiply}[kind]
            return Image(combine(inputs[0].tensor, constant))
        case "Concat" if attributes["axis"] == 1:
            return Image(tf.concat([image.tensor for image in inputs], axis=-1))
        case "Pad" if attributes.get("mode") == b"edge":
            return Image(_repeat_edges(inputs[0].tensor, inputs[1]))
        case "Slice":
            return Image(_slice(inputs))
        case "DepthToSpace":
            if attributes.get("mode", b"DCR") != b"DCR":
                raise UnknownOperatorError("the channels of a DepthToSpace could not be renumbered")
            image = _channels_last(inputs[0])
            return Image(tf.nn.depth_to_space(image, attributes["blocksize"]))
        case "Clip":
            # Not tf.clip_by_value, which becomes two kernels.
            return Image(
                tf.raw_ops.ClipByValue(
                    t=inputs[0].tensor, clip_value_min=inputs[1], clip_value_max=inputs[2]
                )
            )
        case "Transpose" if list(attributes["perm"]) == [0, 2, 3, 1]:
            return inputs[0].tensor
        case "Reshape":
            return tf.reshape(tf.transpose(inputs[0].tensor, [0, 3, 1, 2]), _size(inputs[1]))
        case "Shape":
            batch, height, width, channels = tf.unstack(tf.shape(inputs[0].tensor))
            shape = [batch, channels, height, width]
            return tf.stack(shape[attributes.get("start", 0) : attributes.get("end")])
    return None


def _on_tensor(kind: str, inputs: list[Any], attributes: Attributes) -> Any:  # noqa: ANN401
    """Translate operators on tensors laid out as in ONNX; None for unknown ones."""
    match kind:
        case "Relu":
            return tf.nn.relu(inputs[0])
        case "Reshape":
            return tf.reshape(inputs[0], _size(inputs[1]))
        case "Transpose" if list(attributes["perm"]) == [0, 3, 1, 2]:
            return Image(inputs[0])
        case "Pad" if attributes.get("mode") == b"edge":
            return Image(_repeat_edges(_channels_last(inputs[0]), inputs[1]))
        case "Gemm":
            plain = attributes.get("alpha", 1.0) == 1.0 == attributes.get("beta", 1.0)
            if not plain or attributes.get("transA", 0):
                raise UnknownOperatorError(f"no translation for a Gemm with {attributes}")
            weight = inputs[1].T if attributes.get("transB", 0) else inputs[1]
            product = tf.matmul(inputs[0], np.ascontiguousarray(weight))
            return tf.nn.bias_add(product, inputs[2]) if len(inputs) > 2 else product
    return None


def _is_size(kind: str, inputs: list[Any]) -> bool:
    """Distinguish arithmetic on lengths from arithmetic on pixels."""
    integers = (np.dtype(np.int64), tf.int32)
    return all(not isinstance(value, Image) and value.dtype in integers for value in inputs)


def _on_sizes(kind: str, inputs: list[Any], attributes: Attributes) -> Any:  # noqa: ANN401
    """Translate arithmetic on heights and widths; they are int32 here, as in TF.js."""
    values = [_size(value) for value in inputs]
    match kind:
        case "Add":
            return values[0] + values[1]
        case "Mul":
            return values[0] * values[1]
        case "Div":
            return values[0] // values[1]
        case "Squeeze":
            return tf.squeeze(values[0])
        case "Concat":
            return tf.concat(values, axis=0)
    return None


def _size(value: Any) -> Any:  # noqa: ANN401
    return value.astype(np.int32) if isinstance(value, np.ndarray) else value


def _channels_last(value: Any) -> tf.Tensor:  # noqa: ANN401
    if isinstance(value, Image):
        return value.tensor
    return tf.transpose(value, [0, 2, 3, 1])


def _constant_beside_image(constant: NDArray[np.float32]) -> NDArray[np.float32]:
    if constant.size == 1:
        return constant.reshape(())
    if constant.ndim < 3 or constant.shape[-3] != constant.size:
        raise UnknownOperatorError(f"no translation for a constant of shape {constant.shape}")
    return constant.reshape(-1)  # one number for each channel


def _convolution(image: tf.Tensor, weights: list[Any], attributes: Attributes) -> tf.Tensor:
    kernel = weights[0]
    pads = list(attributes.get("pads", [0, 0, 0, 0]))
    strides = list(attributes.get("strides", [1, 1]))
    undilated = {*attributes.get("dilations", [1, 1])} == {1}
    if attributes.get("group", 1) != 1 or not undilated:
        raise UnknownOperatorError(f"no translation for a convolution with {attributes}")
    # TensorFlow's SAME shares what the last step needs, side - stride, between both ends, if the
    # image is a multiple of the stride, which all that networks take are.
    overlaps = [side - stride for side, stride in zip(kernel.shape[2:], strides, strict=True)]
    same = all(overlap % 2 == 0 and overlap >= 0 for overlap in overlaps)
    same = same and pads == [overlap // 2 for overlap in overlaps] * 2
    if not same and any(pads):
        raise UnknownOperatorError(f"no translation for a convolution with {attributes}")
    # PyTorch and ONNX: (out, in, y, x); TensorFlow: (y, x, in, out).
    result = tf.nn.conv2d(
        image,
        kernel.transpose(2, 3, 1, 0),
        strides=strides,
        padding="SAME" if same else "VALID",
    )
    return tf.nn.bias_add(result, weights[1]) if len(weights) > 1 else result


def _repeat_edges(image: tf.Tensor, pads: NDArray[np.int64]) -> tf.Tensor:
    # TensorFlow has no such padding, but mirroring one pixel, the edge included, repeats it, even
    # in an image of one pixel.
    if len(pads) != 8 or pads.min() < 0 or pads[[0, 1, 4, 5]].any():
        raise UnknownOperatorError(f"no translation for the padding {pads}")
    top, left, bottom, right = (int(pads[place]) for place in (2, 3, 6, 7))
    while max(top, left, bottom, right) > 0:
        rows, columns = (
            [min(start, 1), min(end, 1)] for start, end in ((top, bottom), (left, right))
        )
        image = tf.pad(image, [[0, 0], rows, columns, [0, 0]], "SYMMETRIC")
        top, left, bottom, right = (max(0, side - 1) for side in (top, left, bottom, right))
    return image


def _slice(inputs: list[Any]) -> tf.Tensor:
    """Slice one axis of an image: channels, rows or columns."""
    image, starts, ends, axes, steps = inputs[0].tensor, *inputs[1:]
    if starts.size != 1 or (steps != 1).any() or starts[0] < 0 or axes[0] not in (1, 2, 3):
        raise UnknownOperatorError(f"no translation for a Slice of axes {axes}")
    axis, start = {1: 3, 2: 1, 3: 2}[int(axes[0])], int(starts[0])
    sizes: list[Any] = [-1] * 4
    if isinstance(ends, np.ndarray):
        whole = ends[0] >= np.iinfo(np.int32).max
        sizes[axis] = -1 if whole else int(ends[0]) - start
    else:
        sizes[axis] = tf.reshape(ends, []) - start
    begin = [start if place == axis else 0 for place in range(4)]
    return tf.slice(image, begin, tf.stack(sizes))
