"""Scales that are ratios, and the sizes that follow from them."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from pixels.resize import cropped_size, reduce_photo
from pixels.scale import (
    SCALES,
    enlarged_size,
    padded_to_blocks,
    parse_scale,
    scale_json,
    shave_px,
)
from pixels.sending.codecs import enlarged_to, padded_size, reduce
from tests.made.photos import noise

TWO_THIRDS, THREE_QUARTERS = Fraction(3, 2), Fraction(4, 3)


@pytest.mark.parametrize(
    ("given", "scale"),
    [(2, 2), ("2", 2), ("3/2", TWO_THIRDS), (TWO_THIRDS, TWO_THIRDS), ("4/3", THREE_QUARTERS)],
)
def test_a_scale_is_read_from_json_and_from_a_command_line(given: object, scale: Fraction) -> None:
    found = parse_scale(given)
    assert type(found) is Fraction
    assert found == scale
    assert parse_scale(json.loads(json.dumps(scale_json(found)))) == scale


def test_whole_scales_are_numbers_in_json_as_ever_and_others_are_text() -> None:
    assert [scale_json(scale) for scale in SCALES] == ["4/3", "3/2", 2, 3, 4]


@pytest.mark.parametrize(
    "given", ["5/4", "1", 1, 5, "1.5", "1.5x", "3/0", "6/4", "", "3:2", 1.5, 2.0, True, None, [2]]
)
def test_anything_else_is_refused_with_one_sentence(given: object) -> None:
    with pytest.raises(ValueError, match=r"^scale must be 2, 3, 4, 3/2 or 4/3, got "):
        parse_scale(given)


def test_sizes_of_two_thirds_by_hand() -> None:
    assert padded_size((40, 41), TWO_THIRDS) == (28, 28)  # 42 x 42, whole blocks
    assert cropped_size((40, 41), TWO_THIRDS) == (26, 26)  # 39 x 39
    assert padded_size((41, 1), THREE_QUARTERS) == (33, 3)
    assert enlarged_size((28, 5), TWO_THIRDS) == (42, 8)  # 7.5 rounds up
    assert enlarged_size((5, 7), Fraction(2)) == (10, 14)
    assert [shave_px(scale) for scale in SCALES] == [2, 2, 2, 3, 4]


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_every_size_is_covered_by_less_than_a_block_too_many(scale: Fraction) -> None:
    for length in range(1, 41):
        small = padded_size((length, length), scale)
        assert small[0] % scale.denominator == 0
        assert 0 <= enlarged_size(small, scale)[0] - length < scale.numerator


@pytest.mark.parametrize("scale", [TWO_THIRDS, THREE_QUARTERS], ids=str)
@pytest.mark.parametrize("reduction", ["bicubic", "lanczos", "sharp"])
def test_every_filter_reduces_by_exactly_the_ratio(scale: Fraction, reduction: str) -> None:
    line = np.add.outer(np.arange(1, 50) * 3, np.arange(1, 38) * 2)
    ramp = np.repeat(line[..., None], 3, axis=2).astype(np.uint8)
    small = reduce(ramp, reduction, scale)  # pyright: ignore[reportArgumentType]
    assert small.shape[:2] == padded_size((49, 37), scale)
    # Pixel i of the result lies at (i + 0.5) * scale - 0.5 of the photo.
    rows, columns = (
        (np.arange(3, length - 6) + 0.5) * float(scale) - 0.5 for length in small.shape[:2]
    )
    expected = (rows + 1)[:, None] * 3 + (columns + 1)[None, :] * 2
    inner = small[3 : 3 + len(rows), 3 : 3 + len(columns), 0]
    assert np.abs(inner - expected).max() < 1.5


def test_a_photo_is_cropped_for_training_and_padded_for_sending() -> None:
    pixels = noise(20, 23)
    reduced, original = reduce_photo(pixels, TWO_THIRDS)
    assert (reduced.shape, original.shape) == ((12, 14, 3), (18, 21, 3))
    assert np.array_equal(original, pixels[:18, :21])
    assert enlarged_to(noise(21, 24), (20, 23)).shape == (20, 23, 3)


def test_padding_to_blocks_repeats_the_edges() -> None:
    pixels = noise(3, 4)
    padded = padded_to_blocks(pixels, THREE_QUARTERS)
    assert padded.shape == (3, 6, 3)
    assert np.array_equal(padded[:, 4], pixels[:, 3])
    assert padded_to_blocks(pixels, Fraction(2)) is pixels
    assert padded_to_blocks(pixels[..., 0], TWO_THIRDS).shape == (4, 4)
