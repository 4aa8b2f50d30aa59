from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from torch import Tensor

from distill.losses import JUDGES, distances, weights_of, weights_of_judges
from pixels.tensors import luma
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig, Colour


def random_bytes(count: int, side: int) -> Tensor:
    return torch.randint(256, (count, 3, side, side), dtype=torch.uint8)


@pytest.mark.parametrize("colour", ["luma", "rgb"])
@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_each_crop_weighs_its_two_distances(colour: str, norm: str) -> None:
    torch.manual_seed(2)
    network = Chain(ChainConfig(body=1, channels=4, colour=colour))  # pyright: ignore[reportArgumentType]
    reduced, truth, taught = random_bytes(3, 8), random_bytes(3, 16), random_bytes(3, 16)
    of_truth, of_teacher = torch.tensor([1.0, 0.9, 0.0]), torch.tensor([0.0, 0.2, 1.0])
    weights = weights_of(truth=of_truth, teacher=of_teacher, norm=norm)  # pyright: ignore[reportArgumentType]
    terms = distances(network, [reduced, truth, taught, weights])
    native = luma if colour == "luma" else torch.clone
    output = network.core(native(reduced / 255.0))
    power = 1 if norm == "l1" else 2
    for name, layer, weight in (("truth", truth, of_truth), ("teacher", taught, of_teacher)):
        each = (output - native(layer / 255.0)).abs().pow(power).mean(dim=(1, 2, 3))
        torch.testing.assert_close(terms[name], (weight * each).mean())


def test_a_crop_without_weight_does_not_count() -> None:
    torch.manual_seed(3)
    network = Chain(ChainConfig(body=0, channels=2))
    reduced, truth = random_bytes(2, 8), random_bytes(2, 16)
    weights = weights_of(
        truth=torch.tensor([1.0, 1.0]), teacher=torch.tensor([0.0, 1.0]), norm="l1"
    )
    taught = random_bytes(2, 16)
    other = taught.clone()
    other[0] = 255 - other[0]
    first, second = (
        distances(network, [reduced, truth, layer, weights]) for layer in (taught, other)
    )
    assert torch.equal(first["teacher"], second["teacher"])
    other[1] = 255 - other[1]
    third = distances(network, [reduced, truth, other, weights])
    assert not torch.equal(first["teacher"], third["teacher"])


def test_layers_that_are_missing_entirely_are_left_out() -> None:
    network = Chain(ChainConfig(body=0, channels=2))
    reduced, truth = random_bytes(2, 8), random_bytes(2, 16)
    nothing = torch.zeros((2, 3, 0, 0), dtype=torch.uint8)
    weights = weights_of(truth=torch.ones(2), teacher=torch.ones(2), norm="l1")
    assert set(distances(network, [reduced, truth, nothing, weights])) == {"truth"}
    assert set(distances(network, [reduced, nothing, truth, weights])) == {"teacher"}


@pytest.mark.parametrize("scale", [Fraction(2), Fraction(3, 2)], ids=str)
@pytest.mark.parametrize("colour", ["luma", "rgb"])
@pytest.mark.parametrize("asked", [{"ssimulacra2"}, {"colorvideovdp"}, set(JUDGES)], ids=len)
def test_judges_see_the_students_picture_in_colour(
    colour: Colour, scale: Fraction, asked: set[str]
) -> None:
    torch.manual_seed(4)
    network = Chain(ChainConfig(body=0, channels=2, colour=colour, scale=scale))
    reduced, truth = random_bytes(3, 8), random_bytes(3, int(8 * scale))
    nothing = torch.zeros((3, 3, 0, 0), dtype=torch.uint8)
    known = torch.tensor([1.0, 1.0, 0.0])
    weights = weights_of(truth=torch.ones(3), teacher=torch.zeros(3), norm="l1")
    judges = weights_of_judges(known, **{name: 0.5 * (name in asked) for name in JUDGES})
    terms = distances(network, [reduced, truth, nothing, weights, *judges])
    for name in asked:
        each = JUDGES[name](network(reduced / 255.0), truth / 255.0)
        torch.testing.assert_close(terms[name], (0.5 * known * each).mean())
    without = distances(network, [reduced, truth, nothing, weights])
    torch.testing.assert_close(terms["truth"], without["truth"])
    assert set(terms) == {"truth"} | asked
    # Crops without a true photo are not judged.
    assert set(distances(network, [reduced, nothing, truth, weights, *judges])) == {"teacher"}
