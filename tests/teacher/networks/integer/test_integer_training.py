"""A float chain behind grids: it trains, and computes what its student will."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor

from export.check.pictures import to_batch
from pixels.color import studio_luma
from pixels.quality.psnr_ssim import psnr
from pixels.scale import SCALES, padded_to_blocks
from teacher.networks.arrays.integer_chain import NumpyIntegerChain
from teacher.networks.chain import Chain
from teacher.networks.chain_config import Activation, ChainConfig, Colour
from teacher.networks.integer.calibration import calibrated
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.quantised import QuantisedChain
from teacher.networks.integer.weights import largest_sums
from tests.made.integer.whole_numbers import awkward_pictures, made_weights
from tests.made.photos import photo


def made_chain(config: ChainConfig) -> Chain:
    torch.manual_seed(3)
    network = Chain(config).eval()
    for name, parameter in network.named_parameters():
        if name.startswith("activations"):
            torch.nn.init.uniform_(parameter, -0.3, 0.9)
    return network


def quantised(config: ChainConfig, bits: int = 8) -> QuantisedChain:
    pictures = [torch.from_numpy(to_batch(photo(24, 36, seed))) for seed in range(3)]
    return calibrated(made_chain(config), pictures, bits)


def batches(scale: Fraction) -> list[Tensor]:
    pictures = awkward_pictures().values()
    return [torch.from_numpy(to_batch(padded_to_blocks(picture, scale))) for picture in pictures]


@pytest.mark.parametrize("scale", SCALES, ids=str)
@pytest.mark.parametrize("colour", ["luma", "rgb"])
def test_pytorch_gives_the_bytes_of_numpy(scale: Fraction, colour: Colour) -> None:
    for activation in ("relu", "prelu"):
        config = IntegerChainConfig(
            body=1, channels=7, colour=colour, scale=scale, activation=activation
        )
        weights = made_weights(config)
        network, run = IntegerChain.of(weights), NumpyIntegerChain(weights)
        for batch in batches(scale):
            np.testing.assert_array_equal(network(batch).numpy(), run(batch.numpy()))


@pytest.mark.parametrize("scale", [Fraction(2), Fraction(3, 2)], ids=str)
@pytest.mark.parametrize(
    ("colour", "activation", "bits"),
    [("luma", "prelu", 8), ("luma", "relu", 7), ("rgb", "prelu", 7)],
)
def test_training_computes_what_the_result_will(
    scale: Fraction, colour: Colour, activation: Activation, bits: int
) -> None:
    shape = ChainConfig(body=2, channels=7, colour=colour, activation=activation, scale=scale)
    network = quantised(shape, bits)
    result = IntegerChain.of(network.integers())
    assert result.config == network.config and network.config.bits == bits
    for batch in batches(scale):
        assert torch.equal(network(batch), result(batch))
        native, wanted = network.native(batch), result.native(batch)
        assert torch.equal((native * 2040).round(), (wanted * 2040).round())
        core = network.core(native)
        assert torch.equal(core, result.core(wanted))
        unclipped = network.unclipped(batch)
        assert torch.equal((unclipped.clamp(0, 1) * 255 + 0.5).floor(), result(batch) * 255)
        if colour == "rgb":
            assert torch.allclose(unclipped, core)


def test_it_is_near_the_floats_and_every_weight_gets_a_gradient() -> None:
    shape = ChainConfig(body=2, channels=9)
    network, floats = quantised(shape), made_chain(shape)
    picture = torch.from_numpy(to_batch(photo(40, 44, 9)))
    with torch.inference_mode():
        made, wanted = network(picture), floats(picture)
    levels = [
        (255 * one[0].permute(1, 2, 0).numpy() + 0.5).astype(np.uint8) for one in (made, wanted)
    ]
    assert psnr(*map(studio_luma, levels)) > 46  # the error of a byte's rounding, twice
    small = picture[..., :20, :20]
    exact, straight = floats.core(floats.native(small)), network.core(network.native(small))
    target = torch.rand_like(exact)
    for output in (exact, straight):
        (output - target).square().mean().backward()
    for (name, one), other in zip(
        floats.named_parameters(), network.chain.parameters(), strict=True
    ):
        assert one.grad is not None and other.grad is not None
        alike = torch.cosine_similarity(one.grad.flatten(), other.grad.flatten(), dim=0)
        assert alike > 0.97, name
        assert 0.9 < other.grad.norm() / one.grad.norm() < 1.1, name


def test_grids_use_what_there_is_and_leave_room() -> None:
    weights = quantised(ChainConfig(body=2, channels=9)).integers()
    for at, layer in enumerate(weights.layers):
        assert np.abs(layer.kernels).max() == 127
        if at:
            assert layer.multipliers.min() >= 512 or layer is weights.layers[-1]
        most = np.full(layer.kernels.shape[1], 255 if at else 2040)
        assert largest_sums(layer.kernels, layer.biases, most).max() < 0.95 * 2**24
    assert weights.layers[-1].multipliers.max() >= 64 * 256


def test_dead_channels_and_outputs_of_zeros_do_no_harm() -> None:
    shape = ChainConfig(body=1, channels=5, activation="relu")
    network = made_chain(shape)
    with torch.no_grad():
        first, second = network.convolutions[0], network.convolutions[1]
        assert isinstance(first, torch.nn.Conv2d) and isinstance(second, torch.nn.Conv2d)
        assert first.bias is not None
        first.bias[2] = -100.0  # always below zero
        second.weight[1] = 0.0
    pictures = [torch.from_numpy(to_batch(photo(24, 36, 1)))]
    with torch.inference_mode():
        wanted = network(pictures[0])
        made = calibrated(network, pictures, 8)(pictures[0])
    assert (made - wanted).abs().max() < 6 / 255


def test_large_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match="kernels of 3 pixels, got 5"):
        calibrated(made_chain(ChainConfig(body=0, kernel=5)), [torch.rand(1, 3, 12, 12)], 8)
