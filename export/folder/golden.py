"""Golden vectors: small inputs with their outputs, for running the model in another language.

`golden.json` holds, for each case, `input` (numbers from 0 to 255; divide by 255 to feed the model)
and `output` (the exported model's output, in [0, 1]), each with its `shape` as [height, width, 3]
and its `values` row by row, the three colours of a pixel together. A runtime whose output is within
`tolerance` has loaded the model correctly. The sizes are any: a model of scale 3/2 or 4/3 gets its
input padded, and its output is cut, as `layout` says.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plumbing.command import UserError

GOLDEN = "golden.json"
FORMAT = 1
_MOST_VALUES = 4096


def read_golden(text: str) -> tuple[list[tuple[str, NDArray[Any], NDArray[Any]]], float]:
    """Read golden vectors of any origin.

    Returns:
        Name, input (1, 3, height, width) and output of each case; and the tolerance.

    Raises:
        UserError: They are not golden vectors, or too large.
    """
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']!r} is unknown")
        tolerance = float(content["tolerance"])
        if not 0.0 < tolerance <= 0.1:
            raise ValueError(f"a tolerance of {tolerance} proves nothing")
        cases = [
            (str(case["name"]), _array(case["input"]) / np.float32(255), _array(case["output"]))
            for case in content["cases"]
        ]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise UserError(f"{GOLDEN} does not hold golden vectors: {error}") from error
    if not 1 <= len(cases) <= 16:
        raise UserError(f"{GOLDEN} holds {len(cases)} cases, allowed are 1 to 16")
    return cases, tolerance


def _array(entry: dict[str, Any]) -> NDArray[np.float32]:
    height, width, colours = (int(side) for side in entry["shape"])
    values = entry["values"]
    if colours != 3 or min(height, width) < 1 or len(values) > _MOST_VALUES:
        raise ValueError(f"the shape {entry['shape']} is impossible")
    image = np.asarray(values, np.float32).reshape(height, width, 3)
    if not np.isfinite(image).all():
        raise ValueError("a value is not a number")
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])
