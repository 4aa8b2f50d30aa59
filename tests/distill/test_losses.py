from __future__ import annotations

import pytest
import torch

from distill.losses import distillation
from pixels.color import luma
from teacher.chain import Chain, ChainConfig


@pytest.mark.parametrize("colour", ["luma", "rgb"])
def test_the_loss_is_the_weighted_sum_of_two_distances(colour: str) -> None:
    torch.manual_seed(2)
    network = Chain(ChainConfig(body=1, channels=4, colour=colour))  # pyright: ignore[reportArgumentType]
    reduced, truth, taught = (
        torch.randint(256, (2, 3, side, side), dtype=torch.uint8) for side in (8, 16, 16)
    )
    terms = distillation(0.3)(network, [reduced, truth, taught])
    native = luma if colour == "luma" else torch.clone
    output = network.core(native(reduced / 255.0))
    torch.testing.assert_close(terms["truth"], (output - native(truth / 255.0)).abs().mean())
    torch.testing.assert_close(
        terms["teacher"], 0.3 * (output - native(taught / 255.0)).abs().mean()
    )


def test_with_weight_zero_the_teacher_says_nothing() -> None:
    network = Chain(ChainConfig(body=0, channels=2))
    reduced = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    truth = torch.full((1, 3, 16, 16), 90, dtype=torch.uint8)
    losses = [
        sum(terms.values())
        for taught in (0, 255)
        for terms in [distillation(0.0)(network, [reduced, truth, torch.full_like(truth, taught)])]
    ]
    assert losses[0] == losses[1]
