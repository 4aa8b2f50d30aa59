"""PyTorch network -> ONNX model in memory."""

from __future__ import annotations

import logging
import warnings

import onnx
import torch
from torch.export import Dim

from export.onnx.flipboard import FlipboardGraph
from teacher.enlarging.runner import ONNX_ALIGN, ONNX_MARGIN, ONNX_SCALE
from teacher.networks.flipboard import Flipboard
from teacher.networks.registry import Network

OPSET = 18
INPUT, OUTPUT = "image", "enlarged"
COLOUR, LICENCE, WEIGHTS = "halfsize.colour", "halfsize.licence", "halfsize.weights"
"""Keys of the metadata, beside those that `teacher.enlarging.runner` reads."""


def to_onnx(network: Network, *, licence: str = "") -> onnx.ModelProto:
    """Translate a network: float32 NCHW RGB in [0, 1], any batch, height and width.

    Args:
        network: In evaluation mode, on the CPU.
        licence: Of the weights.

    Returns:
        A model with input `image` (batch, 3, height, width) and output `enlarged`; its metadata
        say scale, margin and alignment, which tiling needs, and colour and licence.

    Raises:
        UserError: The network has a shape that cannot be exported.
    """
    graph = FlipboardGraph(network).eval() if isinstance(network, Flipboard) else network
    # A size that no one would mistake for a constant of the network.
    example = torch.zeros(2, 3, 19, 23)
    sizes = ({0: Dim("batch"), 2: Dim("height"), 3: Dim("width")},)
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns that torchvision is not there, which nobody needs
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own deprecations are not ours
            program = torch.onnx.export(
                graph,
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=sizes,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    assert program is not None  # with dynamo=True and no file name, a program always comes back
    model = program.model_proto
    _describe(model, network, licence)
    _drop_source_paths(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def _describe(model: onnx.ModelProto, network: Network, licence: str) -> None:
    onnx.helper.set_model_props(
        model,
        {
            ONNX_SCALE: str(network.scale),
            ONNX_MARGIN: str(network.margin_px),
            ONNX_ALIGN: str(network.align_px),
            COLOUR: network.config.colour,
            LICENCE: licence,
            WEIGHTS: "float32",
        },
    )


def _drop_source_paths(model: onnx.ModelProto) -> None:
    """Remove the exporter's notes on which source line made each node: paths, and half the file."""
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
