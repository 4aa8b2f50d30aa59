"""The x8 self-ensemble: enlarge all flips and rotations of a picture, and average the results."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixels.tiling import Enlarge


def self_ensemble(enlarge: Enlarge, *, align_px: int = 1) -> Enlarge:
    """Wrap a network so that it runs on a picture in all eight orientations.

    The errors differ between orientations and partly cancel; it takes eight times as long. The
    margin stays the same, so that the result can be tiled like the network itself.

    Args:
        enlarge: Maps float32 (batch, 3, height, width) to scale times that size.
        align_px: Tiles of the network start at multiples of this; sides are padded to multiples of
            it by repeating the edge, so that windows are aligned in every orientation.

    Returns:
        A function of the same signature that returns the mean of the eight outputs.

    Source: Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", 2017,
    section 3.4 ("geometric self-ensemble").
    """

    def averaged(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        total = np.zeros((), np.float32)
        height, width = batch.shape[2:]
        edges = [(0, 0), (0, 0), (0, -height % align_px), (0, -width % align_px)]
        batch = np.pad(batch, edges, mode="edge")
        for mirrored in (False, True):
            oriented = batch[..., ::-1] if mirrored else batch
            for quarter_turns in range(4):
                turned = np.ascontiguousarray(np.rot90(oriented, quarter_turns, axes=(2, 3)))
                result = np.rot90(enlarge(turned), -quarter_turns, axes=(2, 3))
                total = total + (result[..., ::-1] if mirrored else result)
        rows, columns = (
            -(-length * total.shape[axis] // batch.shape[axis])
            for axis, length in ((2, height), (3, width))
        )
        return np.asarray(total[:, :, :rows, :columns] / np.float32(8))

    return averaged
