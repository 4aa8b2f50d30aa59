from __future__ import annotations

import pytest

from export.weights.precision import Loss, PrecisionError, require_within_budget


@pytest.mark.parametrize(
    ("weights", "loss", "good"),
    [
        ("float16", 0.0049, True),
        ("float16", 0.0051, False),
        ("int8", 0.049, True),
        ("int8", 0.051, False),
        ("int8", float("nan"), False),
        ("float32", 0.0, True),
    ],
)
def test_the_budget_is_held(weights: str, loss: float, good: bool) -> None:
    cost = Loss(weights=weights, bytes_=1, psnr_db=30.0, loss_db=loss)  # pyright: ignore[reportArgumentType]
    assert cost.within_budget is good
    if not good:
        with pytest.raises(PrecisionError, match=f"{weights} weights lose .* dB are allowed"):
            require_within_budget(cost)
