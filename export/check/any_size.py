"""Pictures of any size for networks that take whole blocks of pixels."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from export.check.errors import RuntimeFaultError
from pixels.scale import enlarged_size
from pixels.tiling import Enlarge


def any_size(run: Enlarge, scale: Fraction) -> Enlarge:
    """Let a network that takes sides that are multiples of `down` enlarge pictures of any size.

    It repeats a picture's last row and column up to the next multiple, and cuts the result: what
    every program around a network of scale `up/down` does.

    Args:
        run: The network.
        scale: Its scale `up/down`.

    Returns:
        A function from (batch, 3, height, width) to (batch, 3, ceil(height * up / down),
        ceil(width * up / down)). It raises `RuntimeFaultError` where the network refuses the
        blocks, or gives another size than the scale promises: a cut would hide it.
    """
    down = scale.denominator

    def enlarge(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        height, width = batch.shape[2:]
        blocks = np.pad(
            batch, ((0, 0), (0, 0), (0, -height % down), (0, -width % down)), mode="edge"
        )
        try:
            larger = run(np.ascontiguousarray(blocks))
        except ValueError as error:  # a network of another scale takes other blocks
            raise RuntimeFaultError(str(error)) from error
        promised = (*batch.shape[:2], *enlarged_size(blocks.shape[2:], scale))
        if larger.shape != promised:
            raise RuntimeFaultError(f"the output is {larger.shape}, not {promised}")
        rows, columns = enlarged_size((height, width), scale)
        return np.ascontiguousarray(larger[:, :, :rows, :columns])

    return enlarge
