"""The ways to enlarge a half-size photo in a page: the browser's own, a script's, or a network."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from export.delivery.student import enlarger_of, read_student
from pixels.resize import band_rows
from pixels.scale import HALF, enlarged_size, padded_to_blocks
from pixels.tiling import enlarged_slice
from plumbing.threads import use_threads
from teacher.enlarging.runner import PLAIN, Enlarger, open_enlarger
from teacher.runs.models import find_model

BROWSER = "browser"
"""How `<img>` enlarges a small picture: bilinear.

Measured in Chromium 156 (tests/browser/test_own_enlargement.py): with `image-rendering` `auto`,
`smooth` and `high-quality` alike every pixel of an enlarged `<img>` is within one step of bilinear,
and up to 24 steps from bicubic. Only a canvas with `imageSmoothingQuality = "high"` differs: it
uses Mitchell and Netravali's cubic."""
PLAIN_WAYS = (BROWSER, *PLAIN)
"""Enlargements without a network. A page can do the last two in a few lines of script."""

_REACH_PX = 1  # of bilinear to each side


def open_for_page(model: str, *, scale: Fraction = HALF) -> Enlarger:
    """Open an enlarger by name, on one thread: processes share the cores, not threads.

    It maps 8-bit pictures (height, width, 3) to 8-bit pictures, rounded as a browser rounds them.
    Networks run in tiles with their exact margin: memory does not grow with the photo.

    Args:
        model: `browser`, `bicubic` or `lanczos`, or what `find_model` finds. Exports for pages are
            run with exactly their weights, ONNX ones by ONNX Runtime.
        scale: Scale of enlargements without a network.

    Raises:
        UserError: `model` is none of these, or cannot be read.
    """
    use_threads(1)
    if model == BROWSER:
        return Enlarger(name=BROWSER, scale=scale, parameters=None, bands=_Bilinear(scale))
    if model in PLAIN:
        return open_enlarger(model, plain_scale=scale)
    found = find_model(model, others=PLAIN_WAYS)
    if found.kind in ("run", "onnx"):
        return open_enlarger(model)
    return enlarger_of(read_student(found.path))


class _Bilinear:
    """Bilinear enlargement in bands of rows."""

    def __init__(self, scale: Fraction) -> None:
        self._scale = scale

    def __call__(self, image: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
        scale, up, down = self._scale, self._scale.numerator, self._scale.denominator
        rest, kept_width = enlarged_size((image.shape[0], image.shape[1]), scale)
        image = padded_to_blocks(image, scale)
        height, reach = len(image), down * _REACH_PX
        _, width = enlarged_size((height, image.shape[1]), scale)
        rows = down * max(1, band_rows(width) // up)
        for start in range(0, height, rows):
            end = min(start + rows, height)
            top, bottom = max(0, start - reach), min(height, end + reach)
            part = Image.fromarray(np.ascontiguousarray(image[top:bottom]))
            size = (width, up * (bottom - top) // down)
            larger = np.asarray(part.resize(size, Image.Resampling.BILINEAR))
            band = larger[enlarged_slice(start - top, end - top, scale), :kept_width][:rest]
            rest -= len(band)
            yield band
