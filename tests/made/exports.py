"""What the tests of exports have in common."""

from __future__ import annotations

from typing import Any


def require_smallest(card: dict[str, Any]) -> None:
    """Check that all three precisions were tried, and the smallest within its budget taken."""
    tried = {entry["precision"]: entry for entry in card["weights"]["tried"]}
    assert set(tried) == {"float32", "float16", "int8"}
    within = [e for e in tried.values() if e["loss_db"] <= e["allowed_db"] + 1e-9]
    assert tried[card["weights"]["precision"]]["bytes"] == min(e["bytes"] for e in within)
