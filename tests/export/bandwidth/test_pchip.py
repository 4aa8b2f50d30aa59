from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from export.bandwidth.pchip import Pchip

LINES = {
    "two points": [1.0, 5.0],
    "rises": [0.0, 1.0, 1.5, 4.0, 9.0],
    "is flat in between": [0.0, 1.0, 1.0, 1.0, 2.0],
    "turns": [3.0, -1.0, 2.0, 2.5, -4.0, 0.0],
    "turns at its ends": [0.0, 5.0, 4.9, 4.8, 4.7, 9.0],
    "is straight": [1.0, 2.0, 3.0],
}


@pytest.mark.parametrize("values", LINES.values(), ids=LINES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_that_of_scipy(values: list[float], seed: int) -> None:
    x = np.cumsum(np.random.default_rng(seed).uniform(0.1, 3.0, len(values)))
    y = np.array(values)
    ours, theirs = Pchip(x, y), PchipInterpolator(x, y)
    places = np.linspace(x[0], x[-1], 101)
    np.testing.assert_allclose(ours(places), theirs(places), rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours(x), y, rtol=0, atol=1e-12)
    for low, high in ((x[0], x[-1]), (places[3], places[4]), (places[90], places[10])):
        expected = float(theirs.integrate(low, high))
        assert ours.integral(low, high) == pytest.approx(expected, abs=1e-12)
