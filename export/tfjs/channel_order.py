"""Convolutions and pixel shuffles as TensorFlow.js has them, at no cost while running.

PyTorch (ONNX mode CRD) numbers the channels before a shuffle (colour, y, x), TensorFlow (mode DCR)
(y, x, colour). For more than one colour the two differ, and what they mix up is only seen as a
pattern of wrong colours. The channels are renumbered in the convolutions that make them.

TF.js knows no groups of channels: such a kernel becomes one with zeros between the groups, and that
first, since renumbered channels would not lie in groups any more.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper


def in_tensorflow_order(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn every pixel shuffle that convolutions (or sums of them) feed into mode DCR.

    Args:
        model: Any model; it is not changed.

    Returns:
        A copy that computes the same. A shuffle that something else feeds keeps its mode.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    for node in graph.node:
        if node.op_type == "Conv":
            _ungroup(graph, node)
    for node in graph.node:
        attributes = {attribute.name: attribute for attribute in node.attribute}
        if node.op_type != "DepthToSpace" or attributes["mode"].s != b"CRD":
            continue
        makers = _convolutions_behind(graph, node.input[0])
        if makers is None:
            continue
        block = attributes["blocksize"].i
        for maker in makers:
            _renumber(graph, maker, block * block)
        attributes["mode"].s = b"DCR"
    return result


def _convolutions_behind(graph: onnx.GraphProto, name: str) -> list[onnx.NodeProto] | None:
    """Find the convolutions whose sum `name` is; None where there is anything else."""
    if sum(name in node.input for node in graph.node) != 1:
        return None  # somebody else sees these channels as they are
    (maker,) = [node for node in graph.node if name in node.output] or [None]
    if maker is None or maker.op_type not in ("Conv", "Add"):
        return None
    if maker.op_type == "Conv":
        return [maker]
    behind = [_convolutions_behind(graph, given) for given in maker.input]
    return [conv for convs in behind for conv in convs or []] if all(behind) else None


def _ungroup(graph: onnx.GraphProto, convolution: onnx.NodeProto) -> None:
    (group,) = [a for a in convolution.attribute if a.name == "group"] or [None]
    if group is None or group.i == 1:
        return
    name = convolution.input[1]
    kernel: NDArray[np.float32] = numpy_helper.to_array(_tensor(graph, name))
    out, inside = kernel.shape[0] // group.i, kernel.shape[1]
    dense = np.zeros((kernel.shape[0], inside * group.i, *kernel.shape[2:]), kernel.dtype)
    for index in range(group.i):
        rows = slice(index * out, (index + 1) * out)
        dense[rows, index * inside : (index + 1) * inside] = kernel[rows]
    graph.initializer.append(numpy_helper.from_array(dense, f"{name}.dense"))
    convolution.input[1] = f"{name}.dense"
    group.i = 1


def _tensor(graph: onnx.GraphProto, name: str) -> onnx.TensorProto:
    (tensor,) = [tensor for tensor in graph.initializer if tensor.name == name]
    return tensor


def _renumber(graph: onnx.GraphProto, convolution: onnx.NodeProto, sub_pixels: int) -> None:
    for position in range(1, len(convolution.input)):
        name = convolution.input[position]
        values: NDArray[np.float32] = numpy_helper.to_array(_tensor(graph, name))
        order = np.arange(len(values)).reshape(-1, sub_pixels).T.reshape(-1)
        # Under a new name: another convolution may share the tensor.
        renumbered = numpy_helper.from_array(np.ascontiguousarray(values[order]), f"{name}.dcr")
        graph.initializer.append(renumbered)
        convolution.input[position] = renumbered.name
