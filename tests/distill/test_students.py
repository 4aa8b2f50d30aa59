from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from torch import Tensor

from distill.students import SIZES, StudentConfig, fold, fresh, widen
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import macs_per_output_pixel, parameter_count
from tests.made.commands import command_here


@pytest.mark.parametrize(
    ("name", "body", "channels", "parameters"),
    [
        ("nano", 4, 12, 5_788),
        ("small", 6, 16, 14_660),
        ("medium", 10, 16, 23_940),
        ("large", 5, 32, 47_716),
    ],
)
def test_named_sizes_have_the_published_number_of_parameters(
    name: str, body: int, channels: int, parameters: int
) -> None:
    # first (9 + 1) c, body (9 c + 1) c each, last (9 c + 1) 4
    c = channels
    by_hand = 10 * c + body * (9 * c + 1) * c + (9 * c + 1) * 4
    shape = StudentConfig(student=name).chain(Fraction(2))
    assert (shape.body, shape.channels) == (body, channels)
    assert parameter_count(Chain(shape)) == by_hand == parameters


def test_flags_override_the_named_size() -> None:
    config = StudentConfig(student="nano", body=2, colour="rgb", activation="prelu").chain(
        Fraction(3)
    )
    assert (config.body, config.channels, config.colour, config.scale) == (2, 12, "rgb", 3)
    assert Chain(config)(torch.zeros(1, 3, 4, 5)).shape == (1, 3, 12, 15)


def test_an_unknown_name_is_reported_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"nano, small, medium, large.*'huge'"):
        StudentConfig(student="huge")
    for wrong in ({"channels": 0}, {"kernel": 4}, {"kernel": 1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            StudentConfig(**wrong)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("kernel", "body"), [(3, 2), (5, 0), (5, 2), (7, 1)])
def test_the_margin_is_the_reach_of_all_kernels(kernel: int, body: int) -> None:
    torch.manual_seed(1)
    chain = Chain(
        StudentConfig(body=body, channels=3, kernel=kernel, colour="rgb").chain(Fraction(2))
    ).eval()
    assert chain.margin_px == max(2, (body + 2) * (kernel // 2))
    image = torch.rand(1, 3, 41, 41)
    changed = image.clone()
    changed[:, :, 20, 20] = 1.0 - changed[:, :, 20, 20]
    with torch.no_grad():
        difference = (chain.core(image) - chain.core(changed)).abs().amax(dim=(0, 1))
    rows = difference.amax(dim=1).nonzero().flatten()
    reach = (body + 2) * (kernel // 2)
    assert (rows.min() // 2, rows.max() // 2) == (20 - reach, 20 + reach)


@pytest.mark.parametrize("name", SIZES)
def test_a_fresh_student_hands_its_input_on(name: str) -> None:
    torch.manual_seed(0)
    chain = fresh(SIZES[name])
    image = torch.rand(1, 1, 20, 20)
    # Some of the signal reaches the last layer: with PyTorch's own weights it has nearly vanished.
    features = [image]
    for convolution, activation in zip(chain.convolutions, chain.activations, strict=False):
        features.append(activation(convolution(features[-1])))
    assert features[-1].std() > 0.3 * features[1].std()


def written_out(chain: Chain, image: Tensor) -> Tensor:
    """What a widened chain computes, block by block: wide convolution, 1x1 convolution, sum."""
    features = image
    for number in range(len(chain.convolutions)):
        name = f"convolutions.{number}.parametrizations.weight.original"
        first, second = (chain.get_parameter(f"{name}{which}") for which in "01")
        wide = torch.conv2d(features, first, padding=first.shape[-1] // 2)
        added = torch.conv2d(
            wide, second[:, :, None, None], chain.get_parameter(f"convolutions.{number}.bias")
        )
        features = added + features if added.shape == features.shape else added
        if number < len(chain.activations):
            features = chain.activations[number](features)
    repeated = image.repeat_interleave(4, dim=1)
    return torch.pixel_shuffle(features + repeated, 2)


@pytest.mark.parametrize(
    "shape",
    [
        ChainConfig(body=2, channels=5, activation="prelu"),
        ChainConfig(body=1, channels=6, activation="relu", colour="rgb", kernel=5),
        ChainConfig(body=0, channels=4),
    ],
)
def test_folding_changes_nothing_not_even_at_the_border(shape: ChainConfig) -> None:
    torch.manual_seed(3)
    chain = widen(fresh(shape), 16)
    image = torch.rand(2, 1 if shape.colour == "luma" else 3, 9, 11)
    with torch.no_grad():
        for parameter in chain.parameters():  # as training leaves them: no zero biases
            parameter.add_(0.1 * torch.randn_like(parameter))
        expected = written_out(chain, image)
        folded = fold(chain)
        assert (folded.core(image) - expected).abs().max() < 1e-6 * max(1.0, expected.abs().max())
        assert (folded.core(image) - chain.core(image)).abs().max() < 1e-6
        pairs = zip(folded.convolutions, chain.convolutions, strict=True)
        assert all(torch.equal(getattr(plain, "weight"), getattr(wide, "weight"))  # noqa: B009
                   for plain, wide in pairs)  # fmt: skip
    assert set(folded.state_dict()) == set(Chain(shape).state_dict())
    assert parameter_count(folded) == parameter_count(Chain(shape)) < parameter_count(chain)
    assert macs_per_output_pixel(folded) == macs_per_output_pixel(Chain(shape))


def test_widening_keeps_what_a_trained_chain_computes() -> None:
    torch.manual_seed(5)
    chain = Chain(ChainConfig(body=2, channels=6))
    image = torch.rand(1, 3, 12, 10)
    with torch.no_grad():
        before = chain(image)
        after = widen(chain, 32)(image)
    assert (before - after).abs().max() < 1e-5


def test_no_expansion_leaves_the_chain_plain() -> None:
    chain = fresh(SIZES["nano"])
    names = set(chain.state_dict())
    assert set(widen(chain, 0).state_dict()) == names


def test_gradients_reach_both_factors_of_every_kernel() -> None:
    torch.manual_seed(0)
    chain = widen(fresh(ChainConfig(body=1, channels=4)), 8)
    chain.core(torch.rand(1, 1, 8, 8)).square().sum().backward()
    for name, parameter in chain.named_parameters():
        if "parametrizations" in name:
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name


def test_the_family_is_printed_as_a_table() -> None:
    done = command_here("distill.students", "--body", "3", "--kernel", "5")
    assert done.status == 0
    words = done.output.split()
    for word in ("nano", "small", "medium", "large", "yours", "5,788", "14,660", "29.3", "14.7"):
        assert word in words
    assert command_here("distill.students", "--kernel", "4").status == 2
