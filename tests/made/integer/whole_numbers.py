"""Students in whole numbers, computed word by word as docs/reference/format.md says, and made ones.

All is int64: slow, and independent of how the project's programs compute.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.weights import IntegerChainWeights, IntegerLayer, largest_sums

Whole = NDArray[np.int64]

TAPS = {
    "2": (-2, [[-24, 232, 888, -72, 0], [0, -72, 888, 232, -24]]),
    "3": (-2, [[-38, 341, 797, -76, 0], [0, 0, 1024, 0, 0], [0, -76, 797, 341, -38]]),
    "4": (
        -2,
        [
            [-45, 399, 745, -75, 0],
            [-7, 93, 987, -49, 0],
            [0, -49, 987, 93, -7],
            [0, -75, 745, 399, -45],
        ],
    ),
    "3/2": (
        -2,
        [[-12, 135, 960, -59, 0, 0], [0, -64, 576, 576, -64, 0], [0, 0, -59, 960, 135, -12]],
    ),
    "4/3": (
        -3,
        [
            [0, -7, 93, 987, -49, 0, 0, 0, 0],
            [0, 0, -45, 399, 745, -75, 0, 0, 0],
            [0, 0, 0, -75, 745, 399, -45, 0, 0],
            [0, 0, 0, 0, -49, 987, 93, -7, 0],
        ],
    ),
}
"""The table of the format: the first tap's pixel, and the taps of each sub-pixel."""


def word_by_word(weights: IntegerChainWeights, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge a picture (height, width, 3) of any size."""
    config = weights.config
    up, down = config.scale.numerator, config.scale.denominator
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, -height % down), (0, -width % down), (0, 0)), "edge")
    red, green, blue = padded.astype(np.int64).transpose(2, 0, 1)
    luma = (9798 * red + 19235 * green + 3735 * blue + 2048) >> 12
    x = np.stack([luma] if config.colour == "luma" else [8 * red, 8 * green, 8 * blue])
    d = shuffled(features(weights, x), up)
    if config.colour == "luma" and down == 1:
        y = np.repeat(np.repeat(8 * x[0], up, 0), up, 1) + d[0]
        e, f = (enlarged(8 * plane - x[0], config) for plane in (red, blue))
        values = np.stack([y + e, y - ((522 * e + 199 * f + 512) >> 10), y + f])
    elif down == 1:
        values = np.repeat(np.repeat(8 * x, up, 1), up, 2) + d
    else:
        planes = [8 * plane for plane in (red, green, blue)]
        values = np.stack([enlarged(plane, config) for plane in planes]) + d
    bytes_ = ((values + 32) >> 6).clip(0, 255).astype(np.uint8).transpose(1, 2, 0)
    return bytes_[: -(-height * up // down), : -(-width * up // down)]


def features(weights: IntegerChainWeights, x: Whole) -> Whole:
    """Run the convolutions: (inputs, height, width) to (outputs, rows, columns)."""
    config = weights.config
    for at, layer in enumerate(weights.layers):
        last = at == len(weights.layers) - 1
        stride = config.scale.denominator if at == 0 else 1
        total = layer.biases.astype(np.int64)[:, None, None] + convolved(x, layer, stride)
        u = (total >> layer.shift).clip(-32768, 32767)
        m = layer.multipliers.astype(np.int64)[:, None, None]
        if last:
            below = m
        else:
            below = np.zeros_like(m) if not layer.below.size else layer.below[:, None, None]
        v = (u * np.where(u >= 0, m, below.astype(np.int64)) + 16384) >> 15
        if last:
            return v.clip(-16384, 16383)
        z = np.zeros_like(m) if not layer.ranges.size else layer.ranges[:, None, None]
        z = z.astype(np.int64)
        x = np.clip(v, -z, 2**config.bits - 1 - z)
    raise AssertionError("there is a last layer")


def convolved(x: Whole, layer: IntegerLayer, stride: int) -> Whole:
    side = layer.kernels.shape[2]
    seen = np.pad(x, ((0, 0), (stride, stride), (stride, stride)))
    windows = np.lib.stride_tricks.sliding_window_view(seen, (len(seen), side, side))[0]
    windows = windows[::stride, ::stride]
    return np.einsum("yxcij,ocij->oyx", windows, layer.kernels.astype(np.int64))


def shuffled(planes: Whole, up: int) -> Whole:
    outputs, rows, columns = planes.shape
    sub = planes.reshape(outputs // up**2, up, up, rows, columns).transpose(0, 3, 1, 4, 2)
    return sub.reshape(-1, rows * up, columns * up)


def enlarged(plane: Whole, config: IntegerChainConfig) -> Whole:
    """Enlarge a plane: first along the columns, then along the rows."""
    once = along_columns(plane, config, 8)
    return along_columns(once.T, config, 9).T


def along_columns(plane: Whole, config: IntegerChainConfig, shift: int) -> Whole:
    up, down = config.scale.numerator, config.scale.denominator
    first, taps = TAPS[str(config.scale)]
    rows = []
    for block in range(len(plane) // down):
        for sub_pixel in range(up):
            total = np.zeros(plane.shape[1], np.int64)
            for at, tap in enumerate(taps[sub_pixel]):
                total += tap * plane[min(max(block * down + first + at, 0), len(plane) - 1)]
            rows.append((total + 2 ** (shift - 1)) >> shift)
    return np.stack(rows)


def made_weights(config: IntegerChainConfig, seed: int = 1) -> IntegerChainWeights:
    """Make a student in which every number counts: results spread over their whole range."""
    rng = np.random.default_rng(seed)
    layers = []
    for at, shape in enumerate(config.kernel_shapes):
        last = at == config.body + 1
        kernels = rng.integers(-128, 128, shape).astype(np.int8)
        biases = rng.integers(-20000, 20000, shape[0]).astype(np.int32)
        most = np.full(shape[1], 2040 if at == 0 else config.most)
        while largest_sums(kernels, biases, most).max() >= 2**24:
            kernels = (kernels // 2).astype(np.int8)
        below = ranges = np.zeros(0)
        if config.activation == "prelu" and not last:
            below = rng.integers(-9000, 20000, shape[0])
            ranges = rng.integers(0, config.most + 1, shape[0])
        multipliers = (
            rng.integers(1, 10, shape[0]) * 256 if last else rng.integers(0, 32768, shape[0])
        )
        layers.append(
            IntegerLayer(
                shift=int(rng.integers(4, 9)) if at else 11,
                biases=biases,
                multipliers=multipliers.astype(np.int16),
                below=below.astype(np.int16),
                ranges=ranges.astype(np.uint8),
                kernels=kernels,
            )
        )
    return IntegerChainWeights(config=config, layers=tuple(layers))


def awkward_pictures() -> dict[str, NDArray[np.uint8]]:
    """Pictures that drive sums to their ends, and noise of odd sizes."""
    rng = np.random.default_rng(5)
    y, x = np.indices((13, 17))
    board = (((y + x) % 2) * 255).astype(np.uint8)
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 255]], np.uint8)
    return {
        "noise 11x7": rng.integers(0, 256, (11, 7, 3)).astype(np.uint8),
        "noise 1x1": rng.integers(0, 256, (1, 1, 3)).astype(np.uint8),
        "noise 2x3": rng.integers(0, 256, (2, 3, 3)).astype(np.uint8),
        "black 5x4": np.zeros((5, 4, 3), np.uint8),
        "white 5x4": np.full((5, 4, 3), 255, np.uint8),
        "checkerboard 13x17": np.repeat(board[..., None], 3, 2),
        "extremes 16x19": rng.choice(np.array([0, 255], np.uint8), (16, 19, 3)),
        "colours 9x10": colours[rng.integers(0, 4, (9, 10))],
    }
