from __future__ import annotations

from fractions import Fraction

import numpy as np

from pixels.alpha import enlarge_alpha, fill_hidden
from pixels.resize import resize
from tests.made.photos import noise, photo


def test_hidden_black_becomes_the_colour_beside_it() -> None:
    rgb = np.zeros((9, 9, 3), np.uint8)
    rgb[:, :4] = (200, 100, 50)
    alpha = np.zeros((9, 9), np.uint8)
    alpha[:, :4] = 255
    filled = fill_hidden(rgb, alpha, reach_px=8)
    assert (filled == (200, 100, 50)).all()


def test_hidden_pixels_between_two_colours_get_their_mean() -> None:
    rgb = np.zeros((1, 3, 3), np.uint8)
    rgb[0, 0], rgb[0, 2] = 100, 151
    alpha = np.array([[255, 0, 1]], np.uint8)
    # (100 + 151) / 2 = 125.5, rounded up; barely visible counts as visible.
    assert fill_hidden(rgb, alpha, reach_px=1)[0, 1].tolist() == [126, 126, 126]


def test_what_is_visible_is_never_touched() -> None:
    rgb = noise(20, 30)
    alpha = np.where(noise(20, 30, seed=1)[..., 0] < 200, 0, 100).astype(np.uint8)
    filled = fill_hidden(rgb, alpha, reach_px=5)
    assert np.array_equal(filled[alpha > 0], rgb[alpha > 0])
    assert not np.array_equal(filled[alpha == 0], rgb[alpha == 0])


def test_colours_are_carried_exactly_that_far() -> None:
    rgb = np.full((1, 20, 3), 7, np.uint8)
    rgb[0, 0] = 90
    alpha = np.zeros((1, 20), np.uint8)
    alpha[0, 0] = 255
    filled = fill_hidden(rgb, alpha, reach_px=6)
    assert filled[0, :, 0].tolist() == [90] * 7 + [7] * 13


def test_the_colours_hidden_in_a_file_do_not_reach_the_result() -> None:
    alpha = np.zeros((16, 16), np.uint8)
    alpha[4:12, 4:12] = 255
    first, second = photo(16, 16), photo(16, 16)
    second[alpha == 0] = 255 - second[alpha == 0]
    filled = fill_hidden(first, alpha, reach_px=4)
    assert np.array_equal(filled, fill_hidden(second, alpha, reach_px=4))


def test_pictures_all_visible_or_all_hidden_stay_as_they_are() -> None:
    rgb = noise(5, 6)
    for value in (0, 1, 255):
        alpha = np.full((5, 6), value, np.uint8)
        assert np.array_equal(fill_hidden(rgb, alpha, reach_px=3), rgb)


def test_the_input_picture_is_not_changed() -> None:
    rgb, alpha = noise(5, 6), np.zeros((5, 6), np.uint8)
    alpha[0, 0] = 255
    before = rgb.copy()
    fill_hidden(rgb, alpha, reach_px=3)
    assert np.array_equal(rgb, before)


def test_transparency_is_enlarged_by_bicubic() -> None:
    alpha = photo(7, 9)[..., 0]
    assert np.array_equal(enlarge_alpha(alpha, Fraction(3)), resize(alpha, (21, 27)))
    assert (enlarge_alpha(np.full((3, 3), 255, np.uint8), Fraction(2)) == 255).all()
