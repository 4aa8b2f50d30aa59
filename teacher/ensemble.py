"""The x8 self-ensemble: flips and turns of a picture enlarged, turned back, and averaged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixels.tiling import Enlarge


def self_ensemble(enlarge: Enlarge) -> Enlarge:
    """Wrap a network so that it looks at a picture in all eight orientations.

    Its errors differ with the orientation and partly cancel; it takes eight times as long. The
    margin stays the same, so that it can be tiled like the network itself.

    Args:
        enlarge: Takes float32 (batch, 3, height, width) of any size, gives scale times that.

    Returns:
        The same with the mean of the eight outputs.

    Source: Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", 2017,
    section 3.4 ("geometric self-ensemble").
    """

    def averaged(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        total = np.zeros((), np.float32)
        for mirrored in (False, True):
            seen = batch[..., ::-1] if mirrored else batch
            for quarter_turns in range(4):
                turned = np.ascontiguousarray(np.rot90(seen, quarter_turns, axes=(2, 3)))
                result = np.rot90(enlarge(turned), -quarter_turns, axes=(2, 3))
                total = total + (result[..., ::-1] if mirrored else result)
        return np.asarray(total / np.float32(8))

    return averaged
