"""Time networks on one CPU core, side by side: ratios are stable, absolute times drift."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import numpy as np
import onnxruntime
import torch

from teacher.networks.registry import Network
from teacher.networks.tracing import trace_to_onnx

_WARM_UP, _ROUNDS = 3, 20


def milliseconds_per_megapixel(networks: Mapping[str, Network], side_px: int) -> dict[str, float]:
    """Time networks in ONNX Runtime, one thread, in turns.

    Args:
        networks: By name; on the CPU, in evaluation mode.
        side_px: Side of the square picture to enlarge, in pixels; rounded up to one that all can
            enlarge.

    Returns:
        Median time by name, per megapixel of the output.
    """
    side_px += -side_px % math.lcm(*(network.align_px for network in networks.values()))
    picture = np.random.default_rng(0).random((1, 3, side_px, side_px), np.float32)
    sessions = {name: _session(network, side_px) for name, network in networks.items()}
    seconds: dict[str, list[float]] = {name: [] for name in sessions}
    for turn in range(_WARM_UP + _ROUNDS):
        for name, session in sessions.items():
            began = time.perf_counter()
            session.run(None, {"image": picture})
            if turn >= _WARM_UP:
                seconds[name].append(time.perf_counter() - began)
    megapixels = {
        name: float(network.scale * side_px) ** 2 / 1e6 for name, network in networks.items()
    }
    return {name: 1e3 * float(np.median(took)) / megapixels[name] for name, took in seconds.items()}


def _session(network: Network, side_px: int) -> onnxruntime.InferenceSession:
    """Load a network for pictures of one size, only to time it; `export.onnx` writes files."""
    example = torch.zeros(1, 3, side_px, side_px)
    model = trace_to_onnx(network, example, input_names=["image"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
