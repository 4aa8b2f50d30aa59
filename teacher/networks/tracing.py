"""PyTorch network -> ONNX model, without the exporter's warnings."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    import onnx


def trace_to_onnx(network: nn.Module, example: torch.Tensor, **options: Any) -> onnx.ModelProto:  # noqa: ANN401
    """Trace a network with PyTorch's exporter.

    Args:
        network: In evaluation mode, on the CPU.
        example: An input.
        options: Further arguments of `torch.onnx.export`.

    Returns:
        The model as the exporter makes it.
    """
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns that torchvision is missing, which nobody needs
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own deprecations
            program = torch.onnx.export(network, (example,), dynamo=True, verbose=False, **options)
    finally:
        logger.setLevel(level)
    assert program is not None  # with dynamo=True and no file name it always returns a program
    return program.model_proto
