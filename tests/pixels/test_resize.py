"""The oracle is MATLAB's published algorithm, in exact fractions and written out pixel by pixel."""

from __future__ import annotations

import json
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pixels.resize import cropped_size, cubic, reduce_photo, resize
from tests.made.photos import noise

HALF = Fraction(1, 2)
# Written by tests/golden/make_reductions.py.
REDUCTIONS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "golden" / "reductions.json").read_text()
)
SIZES = [
    *[((12, 16), (6, 8)), ((10, 14), (5, 7)), ((16, 12), (4, 3)), ((5, 7), (10, 14))],
    *[((3, 4), (12, 16)), ((16, 8), (8, 16)), ((8, 16), (4, 4)), ((16, 8), (4, 4))],
    *[((1, 8), (1, 4)), ((8, 1), (4, 1)), ((1, 1), (4, 4)), ((2, 2), (1, 1)), ((1, 3), (2, 6))],
]
# Among these no exact value lies half-way between two bytes: there, floats (and MATLAB's own) would
# fall to either side, as their weights are thirds, fifths and so on.
OTHER_LENGTHS = [
    (12, 9),
    (28, 21),
    (12, 4),
    (15, 5),
    (7, 21),
    (4, 12),
    (9, 5),
    (13, 6),
    (5, 13),
    (17, 11),
]


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


@pytest.mark.parametrize(("size", "new_size"), SIZES)
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
    result = resize(lines.T, (new_length, 60)) if axis == 0 else resize(lines, (60, new_length))
    expected = resized_axis(lines, 1, new_length)
    assert np.array_equal(result.T if axis == 0 else result, expected)


@pytest.mark.parametrize("case", REDUCTIONS, ids=["2/3", "2/3 tall", "3/4", "3/4 wide"])
def test_reductions_by_ratios_are_those_of_another_program(case: dict[str, Any]) -> None:
    image, expected = (np.array(case[name], np.uint8) for name in ("input", "reduced"))
    size = (expected.shape[0], expected.shape[1])
    assert np.array_equal(resize(image, size), expected)
    scale = Fraction(image.shape[0], size[0])
    colours = np.repeat(image[..., None], 3, axis=2)
    assert np.array_equal(reduce_photo(colours, scale)[0][..., 0], expected)


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


@pytest.mark.parametrize(
    ("pixel", "expected"),
    [
        (8, [64, 64, 63, 79, 120, 60, 64, 64]),
        (7, [64, 64, 60, 120, 79, 63, 64, 64]),
        (0, [134, 58, 64, 64, 64, 64, 64, 64]),
    ],
)
def test_an_impulse_halved_shows_the_taps(pixel: int, expected: list[int]) -> None:
    # Taps -3 -9 29 111 111 29 -9 -3 over 256, so 64 + tap / 2: all ties, and rounded up. Pixel 0
    # is repeated before the edge and counts by two taps: 64 + (111 + 29) / 2, 64 - (9 + 3) / 2.
    line = np.full((1, 16), 64, np.uint8)
    line[0, pixel] = 192
    assert resize(line, (1, 8)).tolist() == [expected]
    assert resize(line.T, (8, 1)).T.tolist() == [expected]


def test_a_step_halved_overshoots_as_computed_by_hand() -> None:
    # The taps added up from the right: -3, 17, 239, 259 over 256 lie on the bright side.
    line = np.repeat(np.array([[64, 192]], np.uint8), 8, axis=1)
    assert resize(line, (1, 8)).tolist() == [[64, 64, 63, 73, 184, 194, 192, 192]]


def test_overshoot_is_clipped_to_bytes() -> None:
    line = np.repeat(np.array([[0, 255]], np.uint8), 8, axis=1)
    # 255 * 17 / 256 = 16.9 and 255 * 239 / 256 = 238.07.
    assert resize(line, (1, 8)).tolist() == [[0, 0, 0, 17, 238, 255, 255, 255]]


def test_a_picture_of_one_line_is_halved_along_it_and_doubled_both_ways() -> None:
    line = np.array([[10, 20, 30, 40, 50, 60, 70, 80]], np.uint8)
    assert resize(line, (1, 4)).tolist() == oracle(line, (1, 4)).tolist()
    doubled = resize(line, (2, 16))
    assert doubled.tolist() == oracle(line, (2, 16)).tolist()
    assert np.array_equal(doubled[0], doubled[1])


@pytest.mark.parametrize("value", [0, 1, 127, 254, 255])
@pytest.mark.parametrize("new_size", [(3, 5), (7, 9), (14, 27), (1, 1), (20, 4)])
def test_one_colour_stays_that_colour(value: int, new_size: tuple[int, int]) -> None:
    assert (resize(np.full((7, 9, 3), value, np.uint8), new_size) == value).all()


def test_channels_do_not_touch_one_another() -> None:
    image = noise(9, 12)
    planes = [resize(image[..., channel], (6, 8)) for channel in range(3)]
    assert np.array_equal(resize(image, (6, 8)), np.stack(planes, axis=-1))


@pytest.mark.parametrize(("shape", "size"), [((4, 4), (0, 4)), ((4, 4), (4, -1)), ((0, 4), (2, 2))])
def test_a_side_without_pixels_is_refused(shape: tuple[int, int], size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no pixels"):
        resize(np.zeros(shape, np.uint8), size)


def test_the_kernel_is_keys_cubic() -> None:
    points = np.array([0.0, 0.5, -0.5, 1.0, 1.5, 2.0, 2.5])
    assert cubic(points).tolist() == [1.0, 0.5625, 0.5625, 0.0, -0.0625, 0.0, 0.0]


def test_cropped_size_rounds_down() -> None:
    assert cropped_size((11, 12), Fraction(2)) == (5, 6)
    assert cropped_size((11, 12), Fraction(3)) == (3, 4)
