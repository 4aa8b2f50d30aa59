"""Students that go on from what smaller ones have learned."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from distill.growth import grow
from pixels.tensors import luma
from teacher.networks.chain import Chain
from teacher.networks.chain_config import Activation, ChainConfig, Colour
from tests.made.networks import lively


@pytest.mark.parametrize(
    ("before", "after"), [("relu", "relu"), ("prelu", "prelu"), ("relu", "prelu")]
)
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("colour", ["luma", "rgb"])
def test_what_has_grown_computes_the_same(
    before: Activation, after: Activation, kernel: int, colour: Colour
) -> None:
    torch.manual_seed(6)
    shape = ChainConfig(body=2, channels=6, activation=before, kernel=kernel, colour=colour)
    chain = Chain(shape)
    lively(chain)
    grown = grow(chain, replace(shape, body=5, activation=after))
    assert (len(grown.convolutions), len(grown.activations)) == (7, 6)
    assert (grown.config.body, grown.config.activation) == (5, after)
    copy = grow(chain, shape)
    assert copy.config == shape
    image = torch.rand(1, 3, 12, 10)
    with torch.no_grad():
        assert torch.equal(grown(image), chain(image))
        assert torch.equal(copy(image), chain(image))
        next(chain.parameters()).zero_()
        assert not torch.equal(grown(image), chain(image))
        assert not torch.equal(copy(image), chain(image))


@pytest.mark.parametrize("scale", [2, 3])
def test_rgb_makes_the_luma_that_luma_made(scale: int) -> None:
    torch.manual_seed(7)
    shape = ChainConfig(body=1, channels=6, activation="relu", scale=Fraction(scale))
    chain = Chain(shape)
    lively(chain)
    grown = grow(chain, replace(shape, colour="rgb"))
    image = torch.rand(1, 3, 12, 10)
    with torch.no_grad():
        made, known = luma(grown.core(image)), chain.core(luma(image))
    assert known.std() > 0.1
    # The same sums in another order, in float32: a 400th of a step of a byte.
    torch.testing.assert_close(made, known, rtol=0.0, atol=1e-5)


def test_slopes_that_begin_at_zero_are_trained() -> None:
    torch.manual_seed(8)
    shape = ChainConfig(body=2, channels=6, activation="relu")
    chain = Chain(shape)
    lively(chain)
    grown = grow(chain, replace(shape, activation="prelu"))
    grown.core(torch.rand(1, 1, 12, 10)).square().mean().backward()
    gradients = [slopes.grad for slopes in grown.activations.parameters()]
    assert len(gradients) == 3
    assert all(gradient is not None and gradient.any() for gradient in gradients)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"body": 1}, "body must be at least 2, as it is now, got 1"),
        ({"activation": "relu"}, "PReLU cannot become ReLU"),
        ({"colour": "luma"}, "RGB cannot become luma"),
        ({"channels": 8}, "only body, colour and activation can grow"),
        ({"kernel": 5}, "only body, colour and activation can grow"),
        ({"scale": 3}, "only body, colour and activation can grow"),
    ],
)
def test_a_shape_that_cannot_grow_is_refused(change: dict[str, object], problem: str) -> None:
    shape = ChainConfig(body=2, channels=6, activation="prelu", colour="rgb")
    wanted = replace(shape, **change)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=problem):
        grow(Chain(shape), wanted)
