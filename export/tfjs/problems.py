"""The form of TF.js graph models: what `tf.loadGraphModel` and UpscalerJS rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from export.tfjs.read_back import FILE


def tfjs_problems(folder: Path) -> list[str]:
    """Check the inputs and outputs of a graph model of any origin: one sentence for each fault."""
    try:
        model = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return list(_problems(model))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        return [f"{FILE} is not a graph model: {str(error)[:80]}"]


def _problems(model: dict[str, Any]) -> Iterator[str]:
    if model.get("format") != "graph-model":
        yield f"the format is {model.get('format')!r}, not graph-model"
    if "userDefinedMetadata" in model:
        yield "it has structured output names, which UpscalerJS does not load"
    signature = model.get("signature", {})
    for name, sizes in (("inputs", [-1, -1, -1, 3]), ("outputs", None)):
        values = list(signature.get(name, {}).values())
        if len(values) != 1 or values[0]["dtype"] != "DT_FLOAT":
            yield f"{name} must be one float32 tensor, there are {len(values)}"
        elif sizes and _sizes(values[0]) != sizes:
            yield f"{name} must be {sizes}, is {_sizes(values[0])}"
        elif len(_sizes(values[0])) != 4:
            yield f"{name} must have rank 4, is {_sizes(values[0])}"


def _sizes(value: dict[str, Any]) -> list[int]:
    return [int(axis["size"]) for axis in value["tensorShape"].get("dim", [])]
