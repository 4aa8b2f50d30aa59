"""The project's bicubic: MATLAB's `imresize`, antialiased when shrinking; and training pairs."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A reduced photo, (height, width, 3), and its original, exactly scale times as large."""

# Keys' cubic with a = -0.5 reaches two pixels to each side.
_SUPPORT_PX = 4.0
_BAND_PIXELS = 1 << 20


def cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate Keys' cubic convolution kernel with a = -0.5.

    Source: Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981, eq. 15.
    """
    x = np.abs(distance)
    near = 1.5 * x**3 - 2.5 * x**2 + 1.0
    far = -0.5 * x**3 + 2.5 * x**2 - 4.0 * x + 2.0
    return np.where(x <= 1.0, near, np.where(x <= 2.0, far, 0.0))


@lru_cache(maxsize=256)
def taps(length: int, new_length: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Compute the source pixels of each new pixel along one axis, and their weights.

    Args:
        length: Pixels along the axis, at least 1.
        new_length: Pixels after resizing, at least 1.

    Returns:
        Indices (new_length, taps) into the axis, mirrored at the ends with the edge pixel
        repeated, and weights of the same shape whose rows add up to 1.

    Source: the interface of MATLAB's `imresize`: output pixel i lies at (i + 0.5) / scale - 0.5,
    and for scale < 1 the kernel is widened by 1 / scale.
    """
    scale = new_length / length
    stretch = min(scale, 1.0)
    width = _SUPPORT_PX / stretch
    count = int(np.ceil(width)) + 2
    # MATLAB counts from 1; rounding `left` as it does selects the same taps.
    centre = np.arange(1, new_length + 1) / scale + 0.5 * (1.0 - 1.0 / scale)
    left = np.floor(centre - width / 2.0)
    positions = left[:, None] + np.arange(count)[None, :]
    weights = stretch * cubic(stretch * (centre[:, None] - positions))
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = np.concatenate([np.arange(length), np.arange(length)[::-1]])
    indices = mirrored[(positions.astype(np.intp) - 1) % (2 * length)]
    used = np.any(weights != 0.0, axis=0)
    return indices[:, used], weights[:, used]


def resize(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize an 8-bit picture exactly as MATLAB's `imresize(image, size, 'bicubic')` does.

    MATLAB resizes one axis at a time, starting with the one that shrinks most, and rounds to 8 bits
    after each, halves away from zero. Both are part of the published protocol.

    Args:
        image: (height, width) or (height, width, channels), 0 to 255.
        size: New (height, width).

    Returns:
        The same number of dimensions, 0 to 255.

    Raises:
        ValueError: A side is or would be less than one pixel.
    """
    if min(*image.shape[:2], *size) < 1:
        raise ValueError(f"cannot resize {image.shape[:2]} to {size}: a side has no pixels")
    result = np.empty((*size, *image.shape[2:]), np.uint8)
    rows = band_rows(max(image.shape[1], size[1]))
    for start in range(0, size[0], rows):
        band = resize_rows(image, size, start, min(start + rows, size[0]))
        result[start : start + len(band)] = band
    return result


def resize_rows(
    image: NDArray[np.uint8], size: tuple[int, int], start: int, end: int
) -> NDArray[np.uint8]:
    """Compute only the rows from `start` to `end` (exclusive) of `resize(image, size)`.

    The bytes are the same, but memory only holds these rows.
    """
    all_rows, all_row_weights = taps(image.shape[0], size[0])
    rows, row_weights = all_rows[start:end], all_row_weights[start:end]
    columns, column_weights = taps(image.shape[1], size[1])
    if size[0] / image.shape[0] <= size[1] / image.shape[1]:
        return _weigh(_weigh(image, 0, rows, row_weights), 1, columns, column_weights)
    top = int(rows.min())
    part = _weigh(image[top : int(rows.max()) + 1], 1, columns, column_weights)
    return _weigh(part, 0, rows - top, row_weights)


def band_rows(width: int) -> int:
    """Choose a number of rows of `width` pixels to work on at a time: 25 MB of float64 RGB."""
    return max(1, _BAND_PIXELS // width)


def cropped_size(size: tuple[int, int], scale: Fraction) -> tuple[int, int]:
    """Give the (height, width) of a photo cropped to multiples of `up` and then reduced.

    Sides round down, to multiples of `down`; `pixels.sending.codecs.padded_size` rounds up.
    """
    up, down = scale.numerator, scale.denominator
    return size[0] // up * down, size[1] // up * down


def crop_to_multiple(photo: NDArray[np.uint8], scale: Fraction) -> NDArray[np.uint8]:
    """Cut off the last rows and columns beyond multiples of `up`; gives a view."""
    up = scale.numerator
    return photo[: photo.shape[0] // up * up, : photo.shape[1] // up * up]


def reduce_photo(photo: NDArray[np.uint8], scale: Fraction) -> Pair:
    """Make the training pair of a photo: crop it to multiples of `up`, reduce with bicubic.

    Args:
        photo: (height, width, 3), 0 to 255, at least `up` pixels a side.
        scale: Ratio of the two sizes, `up/down`.

    Returns:
        The reduced photo and the cropped original.
    """
    original = np.ascontiguousarray(crop_to_multiple(photo, scale))
    return resize(original, cropped_size((photo.shape[0], photo.shape[1]), scale)), original


def _weigh(
    image: NDArray[np.uint8], axis: int, indices: NDArray[np.intp], weights: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Compute one axis from its taps, rounded to 8 bits, halves up."""
    shape = [1] * image.ndim
    shape[axis] = len(indices)
    total = np.zeros((), dtype=np.float64)
    for tap in range(indices.shape[1]):
        total = total + image.take(indices[:, tap], axis=axis) * weights[:, tap].reshape(shape)
    return np.floor(np.clip(total, 0.0, 255.0) + 0.5).astype(np.uint8)
