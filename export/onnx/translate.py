"""PyTorch network -> ONNX model in memory."""

from __future__ import annotations

import onnx
import torch
from torch import nn
from torch.export import Dim

from export.onnx.flipboard import FlipboardGraph
from export.onnx.integer import IntegerGraph
from pixels.scale import scale_name
from teacher.enlarging.runner import ONNX_ALIGN, ONNX_MARGIN, ONNX_SCALE
from teacher.networks.flipboard import Flipboard
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.registry import Network
from teacher.networks.tracing import trace_to_onnx

OPSET = 18
INPUT, OUTPUT = "image", "enlarged"
COLOUR, LICENCE, WEIGHTS = "halfsize.colour", "halfsize.licence", "halfsize.weights"
"""Keys of the metadata, besides those that `teacher.enlarging.runner` reads."""


def to_onnx(network: Network, *, licence: str = "") -> onnx.ModelProto:
    """Translate a network: float32 NCHW RGB in [0, 1], any batch, height and width.

    Args:
        network: In evaluation mode, on the CPU.
        licence: Licence of the weights.

    Returns:
        A model with input `image` (batch, 3, height, width) and output `enlarged`; its metadata
        hold scale, margin and alignment, which tiling needs, and colour and licence.

    Raises:
        UserError: The network has a shape that cannot be exported.
    """
    graph: nn.Module = network
    if isinstance(network, Flipboard):
        graph = FlipboardGraph(network).eval()
    elif isinstance(network, IntegerChain):
        graph = IntegerGraph(network).eval()
    # Sizes that cannot be confused with a constant of the network.
    down = network.scale.denominator
    example = torch.zeros(2, 3, 19 * down, 23 * down)
    sizes = ({0: Dim("batch"), 2: Dim("height"), 3: Dim("width")},)
    model = trace_to_onnx(
        graph,
        example,
        opset_version=OPSET,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes=sizes,
    )
    _describe(model, network, licence)
    _drop_source_paths(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def _describe(model: onnx.ModelProto, network: Network, licence: str) -> None:
    onnx.helper.set_model_props(
        model,
        {
            ONNX_SCALE: scale_name(network.scale),
            ONNX_MARGIN: str(network.margin_px),
            ONNX_ALIGN: str(network.align_px),
            COLOUR: network.config.colour,
            LICENCE: licence,
            WEIGHTS: "float32",
        },
    )


def _drop_source_paths(model: onnx.ModelProto) -> None:
    """Remove the exporter's notes on each node's source line: paths, and half of the bytes."""
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
