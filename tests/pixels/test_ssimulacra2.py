from __future__ import annotations

import numpy as np
import pytest

from pixels.resize import resize
from pixels.ssimulacra2 import ssimulacra2
from tests.made_photos import noise, photo


def test_equal_pictures_score_one_hundred_and_worse_ones_less() -> None:
    original = photo(64, 80)
    soft = resize(resize(original, (32, 40)), (64, 80))
    softer = resize(resize(original, (16, 20)), (64, 80))
    scores = [ssimulacra2(image, original) for image in (original, soft, softer, noise(64, 80))]
    assert scores[0] == pytest.approx(100.0)
    assert scores == sorted(scores, reverse=True)
    assert scores[1] < 95.0
    assert scores[3] < 0.0


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        ssimulacra2(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8))
