"""What a page can do with a half-size photo: the browser's own enlargement, or a network's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from export.delivery.student import enlarger_of, is_for_browsers, read_student
from export.onnx.form import FILE
from pixels.resize import band_rows
from teacher.enlarging.runner import PLAIN, Enlarger, open_enlarger
from teacher.training.threads import use_threads

BROWSER = "browser"
"""What `<img>` does with a small picture: bilinear.

Measured in Chromium 156 (tests/browser/test_own_enlargement.py): with `image-rendering` `auto`,
`smooth` and `high-quality` alike every pixel of an enlarged `<img>` is within one step of bilinear,
and up to 24 steps from bicubic. Only a canvas with `imageSmoothingQuality = "high"` differs: it
uses Mitchell and Netravali's cubic."""
PLAIN_WAYS = (BROWSER, *PLAIN)
"""Enlargements that need no network. A page can do the last two in a few lines of script."""

_REACH_PX = 1  # of bilinear to each side


def open_for_page(model: str, *, scale: int = 2) -> Enlarger:
    """Open an enlarger by name, on one thread: processes share the cores, not threads.

    It takes and gives (height, width, 3) 8-bit pictures, rounded as a browser rounds them, and
    networks work in tiles with their exact margin: memory does not grow with the photo.

    Args:
        model: `browser`, `bicubic`, `lanczos`; an export folder: with `model.onnx` (run by ONNX
            Runtime), or for browsers (its very weights are run); an .onnx file; a run folder; or
            the name of released weights.
        scale: Of enlargements without a network.

    Raises:
        UserError: It is none of these, or cannot be read.
    """
    use_threads(1)
    if model == BROWSER:
        return Enlarger(name=BROWSER, scale=scale, parameters=None, bands=_Bilinear(scale))
    if model in PLAIN:
        return open_enlarger(model, plain_scale=scale)
    exported = Path(model) / FILE
    if not exported.is_file():
        if is_for_browsers(Path(model)):
            return enlarger_of(read_student(Path(model)))
        return open_enlarger(model)
    opened = open_enlarger(str(exported))
    return Enlarger(
        name=Path(model).resolve().name,
        scale=opened.scale,
        parameters=opened.parameters,
        bands=opened.bands,
    )


class _Bilinear:
    """Bilinear enlargement in bands of rows."""

    def __init__(self, scale: int) -> None:
        self._scale = scale

    def __call__(self, image: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
        scale, (height, width) = self._scale, image.shape[:2]
        rows = max(1, band_rows(scale * width) // scale)
        for start in range(0, height, rows):
            end = min(start + rows, height)
            top, bottom = max(0, start - _REACH_PX), min(height, end + _REACH_PX)
            part = Image.fromarray(np.ascontiguousarray(image[top:bottom]))
            size = (scale * width, scale * (bottom - top))
            larger = np.asarray(part.resize(size, Image.Resampling.BILINEAR))
            yield larger[scale * (start - top) : scale * (end - top)]
