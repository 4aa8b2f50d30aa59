"""Pictures of any size for networks that take whole blocks: continued by their edge, and cut."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from export.check.any_size import any_size
from export.check.errors import RuntimeFaultError
from pixels.scale import SCALES


def repeat(batch: NDArray[np.float32], scale: Fraction) -> NDArray[np.float32]:
    """Give each enlarged pixel the value of the one below its upper left corner."""
    down = scale.denominator
    assert not batch.shape[2] % down and not batch.shape[3] % down
    rows, columns = (np.arange(int(side * scale)) / float(scale) for side in batch.shape[2:])
    return batch[:, :, rows.astype(int)][:, :, :, columns.astype(int)]


@pytest.mark.parametrize("scale", SCALES, ids=str)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 4), (6, 12), (1, 7)])
def test_the_first_row_and_column_stay_and_the_last_are_repeated(
    scale: Fraction, size: tuple[int, int]
) -> None:
    height, width = size
    batch = np.arange(2 * 3 * height * width, dtype=np.float32).reshape(2, 3, height, width)
    enlarged = any_size(lambda blocks: repeat(blocks, scale), scale)(batch)
    rows = [min(height - 1, int(y / scale)) for y in range(-int(-height * scale // 1))]
    columns = [min(width - 1, int(x / scale)) for x in range(-int(-width * scale // 1))]
    np.testing.assert_array_equal(enlarged, batch[:, :, rows][:, :, :, columns])


def test_a_network_that_gives_another_size_is_not_cut_into_shape() -> None:
    scale = Fraction(3, 2)
    run = any_size(lambda blocks: repeat(blocks, Fraction(2)), scale)
    with pytest.raises(RuntimeFaultError, match=r"\(1, 3, 8, 8\), not \(1, 3, 6, 6\)"):
        run(np.zeros((1, 3, 3, 4), np.float32))
