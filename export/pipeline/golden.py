"""Write golden vectors, and make the small pictures that they begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.check.any_size import any_size
from export.check.pictures import make_picture, to_batch
from export.folder.golden import FORMAT
from pixels.tiling import Enlarge

_CASES = (("photo", 1, 1), ("noise", 3, 5), ("photo", 7, 6))
_DIGITS = 6
_LAYOUT = "row by row, red green blue; input / 255 in, [0, 1] out"
_IN_BLOCKS = (
    "; repeat the input's last row and column until both sides are multiples of {down}, and keep "
    "the output's upper left part"
)


def golden_inputs() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Make the small pictures of golden vectors: name, (height, width, 3)."""
    for kind, height, width in _CASES:
        yield f"{kind} {height}x{width}", byte_picture(kind, height, width)


def byte_picture(kind: str, height: int, width: int) -> NDArray[np.uint8]:
    """Make a check picture of bytes: (height, width, 3)."""
    pixels = np.floor(make_picture(kind, height, width)[0].transpose(1, 2, 0) * 255 + 0.5)
    return pixels.astype(np.uint8)


def write_golden(path: Path, run: Enlarge, tolerance: float, scale: Fraction) -> None:
    """Run the exported model, of this scale, on a few small pictures; write inputs and outputs."""
    cases, run, down = [], any_size(run, scale), scale.denominator
    for name, image in golden_inputs():
        output = run(to_batch(image))[0].transpose(1, 2, 0)
        cases.append(
            {
                "name": name,
                "input": {"shape": list(image.shape), "values": image.ravel().tolist()},
                "output": {
                    "shape": list(output.shape),
                    "values": [round(float(value), _DIGITS) for value in output.ravel()],
                },
            }
        )
    content = {
        "format": FORMAT,
        "layout": _LAYOUT + (_IN_BLOCKS.format(down=down) if down > 1 else ""),
        "tolerance": tolerance,
        "cases": cases,
    }
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")
