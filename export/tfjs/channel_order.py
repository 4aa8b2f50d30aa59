"""Convolutions and pixel shuffles in TensorFlow.js's channel order, at no cost at run time.

PyTorch (ONNX mode CRD) orders the channels before a shuffle (colour, y, x), TensorFlow (mode DCR)
(y, x, colour). For more than one colour the two differ, and a mistake only shows as a pattern of
wrong colours. The channels are reordered in the convolutions that produce them.

TF.js has no grouped convolutions: their kernels become dense ones with zeros between the groups.
Planes that are repeated one after the other (a luma network's detail, once for each of R, G and B)
are spread by a convolution with ones, whose outputs can be reordered. Both come first, since
reordered channels would no longer lie in groups.
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
        A copy that computes the same. Shuffles with any other input keep their mode.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    for node in graph.node:
        if node.op_type == "Conv":
            _ungroup(graph, node)
        elif node.op_type == "Concat" and len({*node.input}) == 1:
            _spread(graph, node)
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
    """Find the convolutions whose sum is `name`; None if anything else contributes."""
    if sum(name in node.input for node in graph.node) != 1:
        return None  # another node reads these channels in their present order
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


def _spread(graph: onnx.GraphProto, repeat: onnx.NodeProto) -> None:
    """Turn the repetition of a convolution's planes into a convolution; others stay."""
    name, times = repeat.input[0], len(repeat.input)
    (maker,) = [node for node in graph.node if name in node.output] or [None]
    if maker is None or maker.op_type != "Conv" or repeat.attribute[0].i != 1:
        return
    planes = _tensor(graph, maker.input[1]).dims[0]
    ones = np.tile(np.eye(planes, dtype=np.float32), (times, 1)).reshape(-1, planes, 1, 1)
    graph.initializer.append(numpy_helper.from_array(ones, f"{repeat.output[0]}.spread"))
    repeat.op_type = "Conv"
    repeat.input[:] = [name, f"{repeat.output[0]}.spread"]
    del repeat.attribute[:]


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
