"""A reducer without PyTorch: what publishing runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixels.color import LUMA_WEIGHTS
from teacher.networks.arrays.convolution import (
    Convolver,
    Planes,
    in_blocks,
    sub_pixels,
)
from teacher.networks.arrays.numpy_chain import convolutions_of
from teacher.networks.chain_weights import ChainWeights
from teacher.reducing.weights import ReducerConfig

_GREY = np.float32(0.5)
# Blocks of a photo that are worked on at a time: some 20 MB.
_BLOCKS = 1 << 16


class NumpyReducer:
    """A reducer as a function of 8-bit pictures."""

    def __init__(self, weights: ChainWeights) -> None:
        """Prepare the kernels of a reducer's weights."""
        assert isinstance(weights.config, ReducerConfig)
        self._config = weights.config
        self._up, self._down = self._config.scale.denominator, self._config.scale.numerator
        self._convolutions = convolutions_of(weights)
        self._convolver = Convolver()

    def __call__(self, photo: NDArray[np.uint8], reduced: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Reduce a photo.

        Args:
            photo: (height, width, 3), sRGB, 0 to 255; sides are multiples of `up`.
            reduced: The same, reduced by bicubic.

        Returns:
            A picture of the size of `reduced`, rounded half up. It is computed in bands, with the
            pixels of the whole at once.
        """
        rows, columns = photo.shape[0] // self._up, photo.shape[1] // self._up
        reach, step = self._config.reach_blocks, max(1, _BLOCKS // columns)
        result = np.empty_like(reduced)
        for start in range(0, rows, step):
            end = min(start + step, rows)
            top, bottom = max(0, start - reach), min(rows, end + reach)
            added = self._added(photo[top * self._up : bottom * self._up])
            kept = slice((start - top) * self._down, (end - top) * self._down)
            band = slice(start * self._down, end * self._down)
            moved = reduced[band] + np.float32(255) * added[kept, :, None]
            result[band] = np.floor(np.clip(moved, 0, 255) + np.float32(0.5))
        return result

    def _added(self, photo: NDArray[np.uint8]) -> Planes:
        """Compute what is added to the luma of some rows: (height, width), reduced."""
        weights = np.array(LUMA_WEIGHTS, np.float32) / np.float32(255)
        blocks = in_blocks((photo @ weights - _GREY)[None], self._up)
        planes = self._convolver.chained(self._convolutions, blocks, self._config.kernel // 2)
        _, rows, columns = planes.shape
        [added] = sub_pixels(planes, self._down).transpose(0, 3, 1, 4, 2)
        return added.reshape(rows * self._down, columns * self._down)
