"""Networks of 3/2 and 4/3: they see blocks of pixels, and add to a bicubic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from pixels.resize import taps
from pixels.tensors import luma
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.colour import ColourTransform, bicubic_phases
from teacher.networks.flipboard_config import FlipboardConfig
from teacher.networks.registry import Network, build, macs_per_output_pixel
from teacher.networks.residual import Residual, ResidualConfig
from teacher.networks.settings import settings_of
from tests.made.networks import lively

RATIOS = [Fraction(3, 2), Fraction(4, 3)]
KINDS = ["chain, luma", "chain, rgb", "residual, luma", "residual, rgb"]


def made(kind: str, scale: Fraction) -> Network:
    torch.manual_seed(3)
    if kind.startswith("chain"):
        colour = "luma" if kind.endswith("luma") else "rgb"
        return Chain(ChainConfig(body=1, channels=4, colour=colour, scale=scale)).eval()
    colour = "luma" if kind.endswith("luma") else "rgb"
    return Residual(ResidualConfig(blocks=1, channels=4, colour=colour, scale=scale)).eval()


@pytest.fixture(params=[(kind, scale) for kind in KINDS for scale in RATIOS], ids=str)
def network(request: pytest.FixtureRequest) -> Network:
    return made(*request.param)


def bicubic(picture: torch.Tensor, scale: Fraction) -> torch.Tensor:
    """By the taps of `pixels.resize`, without rounding; edges are mirrored there."""
    values = picture[0].double().numpy()
    for axis in (1, 2):
        indices, weights = taps(values.shape[axis], int(scale * values.shape[axis]))
        moved = np.moveaxis(values, axis, -1)
        values = np.moveaxis((moved[..., indices] * weights).sum(axis=-1), -1, axis)
    return torch.from_numpy(values)[None].float()


def test_a_silent_network_is_bicubic(network: Network) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    down, up = network.scale.denominator, network.scale.numerator
    image = 0.5 + (torch.rand(1, 3, 6 * down, 7 * down) - 0.5) * 0.5
    with torch.inference_mode():
        output = network(image)
        core = network.core(network.native(image))
    expected = bicubic(image, network.scale)
    inner = slice(up, -up)  # all but the outer blocks, whose edges are repeated
    assert output.shape == expected.shape
    assert (output - expected)[:, :, inner, inner].abs().max() < 1e-6
    native = network.native(expected)
    assert (core - native)[:, :, inner, inner].abs().max() < 1e-6


@pytest.mark.parametrize("scale", RATIOS, ids=str)
def test_the_phases_lie_within_a_block_and_its_neighbours(scale: Fraction) -> None:
    phases = bicubic_phases(scale)
    up, down = scale.numerator, scale.denominator
    assert phases.shape == (up**2, 3 * down, 3 * down)
    assert torch.allclose(phases.sum(dim=(1, 2)), torch.ones(up**2), atol=1e-6)
    # Nothing is cut off: the centre of mass is where the sub-pixel lies.
    places = torch.arange(-down, 2 * down).float()
    columns = (phases.sum(dim=1) * places).sum(dim=1).view(up, up)
    expected = (torch.arange(up) + 0.5) * down / up - 0.5
    assert torch.allclose(columns, expected.expand(up, up), atol=1e-5)
    assert torch.allclose(bicubic_phases(Fraction(2)).sum(dim=(1, 2)), torch.ones(4), atol=1e-6)


def test_the_margin_is_exactly_how_far_a_pixel_reaches_in_blocks(network: Network) -> None:
    lively(network).double()
    up, down, margin = network.scale.numerator, network.scale.denominator, network.margin_px
    assert network.align_px == down
    assert margin % down == 0
    blocks = 2 * (margin // down) + 5
    grey = torch.full((1, 3, blocks * down, blocks * down), 0.5, dtype=torch.float64)
    centre = blocks // 2
    changed = torch.zeros(blocks, blocks, dtype=torch.bool)
    with torch.inference_mode():
        for step in (-0.1, 0.1):
            touched = grey.clone()
            area = slice(centre * down, (centre + 1) * down)
            touched[:, :, area, area] += step
            before, after = (network.core(network.native(image)) for image in (grey, touched))
            difference = (after - before).abs().sum(dim=(0, 1))
            changed |= difference.view(blocks, up, blocks, up).sum(dim=(1, 3)) > 0
    for places in changed.nonzero(as_tuple=True):
        assert int(places.min()) == centre - margin // down
        assert int(places.max()) == centre + margin // down


def test_grey_stays_grey_and_luma_is_the_core_of_luma(network: Network) -> None:
    if network.config.colour == "rgb":
        pytest.skip("for luma")
    down = network.scale.denominator
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(0.3)  # so that nothing is clipped
    image = 0.5 + (torch.rand(1, 3, 4 * down, 5 * down) - 0.5) * 0.2
    grey = image[:, :1].expand(1, 3, -1, -1)
    with torch.inference_mode():
        output = network(grey)
        assert (output - output[:, :1]).abs().max() < 1e-6
        assert torch.allclose(luma(network(image)), network.core(luma(image)), atol=1e-6)


def test_sides_that_are_not_whole_blocks_are_refused(network: Network) -> None:
    down = network.scale.denominator
    for size in ((down + 1, down), (down, 2 * down - 1)):
        with pytest.raises(ValueError, match=f"multiples of {down} pixels"):
            network(torch.rand(1, 3, *size))
        with pytest.raises(ValueError, match=f"multiples of {down} pixels"):
            network.core(network.native(torch.rand(1, 3, *size)))
    assert network(torch.rand(2, 3, down, 3 * down)).shape == (
        *(2, 3, network.scale.numerator, 3 * network.scale.numerator),
    )


def test_a_network_is_rebuilt_from_json(network: Network) -> None:
    settings = settings_of(network.config)
    assert settings["scale"] == str(network.scale)
    rebuilt = build(network.name, settings)
    assert rebuilt.config == network.config
    rebuilt.load_state_dict(network.state_dict())


def test_training_in_half_precision_keeps_the_anchor_exact(network: Network) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    down = network.scale.denominator
    native = network.native(torch.rand(1, 3, 4 * down, 4 * down))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = network.core(native)
    assert torch.equal(rough, network.core(native))


def test_multiplications_are_counted_as_by_hand() -> None:
    # First 6x6, body, last to 9 planes; luma 3, and bicubic of three colours from and to three.
    small = 36 * 16 + 6 * 9 * 16 * 16 + 9 * 16 * 9 + 3 + 27 * 3 * 36
    chain = Chain(ChainConfig(body=6, channels=16, activation="relu", scale=Fraction(3, 2)))
    assert macs_per_output_pixel(chain) == small / 9
    assert chain.margin_px == 8 * 2
    # Fewer than of a network of 2, although it has more parameters.
    assert macs_per_output_pixel(chain) < macs_per_output_pixel(
        Chain(ChainConfig(body=6, channels=16, activation="relu"))
    )


def test_flipboard_has_whole_scales_alone() -> None:
    with pytest.raises(ValueError, match="must be 2, 3 or 4 for the flipboard network, got 3/2"):
        FlipboardConfig(scale=Fraction(3, 2))
    assert ColourTransform("luma", Fraction(3, 2)).channels == 1
