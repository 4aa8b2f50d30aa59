"""The plain chain without PyTorch: the same pixels, computed with NumPy alone.

Publishing, enlarging and the report run students with it, so that they need none of the gigabytes
that training needs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixels.color import LUMA_WEIGHTS
from teacher.networks.arrays.convolution import (
    Convolution,
    Convolver,
    Flat,
    Planes,
    in_blocks,
    in_line,
    on_blocks,
    shuffled,
    sub_pixels,
)
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.fixed import (
    bicubic_kernels,
    bicubic_reach_px,
    require_blocks,
    rgb_from_ycbcr,
    ycbcr_from_rgb,
)


class NumpyChain:
    """A chain as a function of arrays (`pixels.tiling.Enlarge`)."""

    def __init__(self, weights: ChainWeights, *, threads: int = 1) -> None:
        """Prepare the kernels.

        Args:
            weights: Config and weights.
            threads: How many threads share the work.
        """
        self._config = config = weights.config
        self._up, self._down = config.scale.numerator, config.scale.denominator
        self._convolutions = convolutions_of(weights)
        kernels = bicubic_kernels(config.scale)[:, None]
        self._bicubic = Convolution(on_blocks(kernels, self._down))
        self._convolver = Convolver(threads)

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Enlarge a batch.

        Args:
            batch: (batch, 3, height, width), sRGB in [0, 1].

        Returns:
            (batch, 3, scale * height, scale * width), in [0, 1].

        Raises:
            ValueError: A side is not a multiple of `down`.
        """
        require_blocks((batch.shape[2], batch.shape[3]), self._config.scale)
        return np.stack([shuffled(self._planes(rgb), 1.0) for rgb in batch])

    def _planes(self, rgb: Planes) -> NDArray[np.float32]:
        """Compute all before the pixel shuffle: (3, up, up, rows of blocks, columns of blocks)."""
        is_luma, is_whole = self._config.colour == "luma", self._down == 1
        weights = np.array(LUMA_WEIGHTS, np.float32) if is_luma else None
        image = rgb if weights is None else _mixed(weights, rgb)[None]
        detail = self._detail(in_blocks(image, self._down))
        if not is_whole:  # the anchor, and of luma also the chroma, are bicubic
            return detail + self._enlarged_by_bicubic(rgb)
        detail += image[:, None, None]
        if not is_luma:
            return detail
        chroma = np.stack([_mixed(row, rgb) for row in ycbcr_from_rgb()[1:].astype(np.float32)])
        parts = [detail[0], *self._enlarged_by_bicubic(chroma)]
        return np.stack([_mixed(row, parts) for row in rgb_from_ycbcr().astype(np.float32)])

    def _detail(self, image: Planes) -> NDArray[np.float32]:
        """Compute what the network adds to its anchor: (1 or 3, up, up, rows, columns)."""
        reach = self._config.kernel // 2
        return sub_pixels(self._convolver.chained(self._convolutions, image, reach), self._up)

    def _enlarged_by_bicubic(self, image: Planes) -> NDArray[np.float32]:
        """Enlarge each channel; edges are repeated: (channels, up, up, rows, columns)."""
        reach_px = bicubic_reach_px(self._config.scale)
        padded = np.pad(image, ((0, 0), (reach_px, reach_px), (reach_px, reach_px)), "edge")
        enlarged = []
        for plane in padded:
            blocks = in_blocks(plane[None], self._down)
            around = 2 * reach_px // self._down
            size = (blocks.shape[1] - around, blocks.shape[2] - around)
            line = in_line(blocks, around)
            larger = self._convolver.alone(self._bicubic, line, size, blocks.shape[2])
            enlarged.append(sub_pixels(larger, self._up)[0])
        return np.stack(enlarged)


def convolutions_of(weights: ChainWeights) -> list[Convolution]:
    """Prepare a chain's convolutions, each with its activation; the first one reads blocks."""
    config = weights.config
    slopes = weights.slopes or (np.zeros(config.channels, np.float32),) * (config.body + 1)
    down = config.scale.denominator
    return [
        Convolution(on_blocks(kernel, down if at == 0 else 1), _Prelu(bias, slope))
        for at, (kernel, bias, slope) in enumerate(
            zip(weights.kernels, weights.biases, (*slopes, None), strict=True)
        )
    ]


class _Prelu:
    """Adds the bias to sums, and applies PReLU."""

    def __init__(self, biases: NDArray[np.float32], slopes: NDArray[np.float32] | None) -> None:
        """Prepare for a convolution.

        Args:
            biases: (outputs).
            slopes: (outputs); None for a convolution without an activation.
        """
        self._biases = biases[:, None]
        self._slopes = None if slopes is None else slopes[:, None]

    def __call__(self, result: Flat, scratch: Flat) -> None:
        """Finish sums in place: (outputs, places); `scratch` is as large."""
        result += self._biases
        if self._slopes is None:
            return
        if not self._slopes.any():  # ReLU
            np.maximum(result, 0.0, out=result)
        elif self._slopes.max() <= 1.0:
            np.multiply(result, self._slopes, out=scratch)
            np.maximum(result, scratch, out=result)
        else:
            np.minimum(result, 0.0, out=scratch)
            scratch *= self._slopes
            np.maximum(result, 0.0, out=result)
            result += scratch


def _mixed(
    weights: NDArray[np.float32], planes: NDArray[np.float32] | list[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Return the weighted sum of some planes."""
    total = planes[0] * weights[0]
    for weight, plane in zip(weights[1:], planes[1:], strict=True):
        total += weight * plane
    return total
