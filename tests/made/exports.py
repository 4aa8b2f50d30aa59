"""What the tests of exports have in common."""

from __future__ import annotations

from functools import cache
from typing import Any

import onnx

from export.onnx.translate import to_onnx
from teacher.networks.registry import Network


@cache
def _translated(network: Network) -> bytes:
    return to_onnx(network).SerializeToString()


def fresh_model(network: Network) -> onnx.ModelProto:
    """Translate a network once, and copy the model for each test that alters it."""
    return onnx.load_model_from_string(_translated(network))


def require_smallest(card: dict[str, Any]) -> None:
    """Check that all three precisions were tried, and the smallest within its budget taken."""
    tried = {entry["precision"]: entry for entry in card["weights"]["tried"]}
    assert set(tried) == {"float32", "float16", "int8"}
    within = [e for e in tried.values() if e["loss_db"] <= e["allowed_db"] + 1e-9]
    assert tried[card["weights"]["precision"]]["bytes"] == min(e["bytes"] for e in within)
