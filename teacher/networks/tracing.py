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
    # The first warns that torchvision is missing, which nobody needs; the second reports a way of
    # tracing as an error that the exporter gives up for the next one.
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch._guards")]
    levels = [logger.level for logger in loggers]
    for logger, level in zip(loggers, (logging.ERROR, logging.CRITICAL), strict=True):
        logger.setLevel(level)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own deprecations
            program = torch.onnx.export(network, (example,), dynamo=True, verbose=False, **options)
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
    assert program is not None  # with dynamo=True and no file name it always returns a program
    return program.model_proto
