from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
import torch

from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import Network, build, macs_per_output_pixel, parameter_count
from teacher.networks.residual import Residual, ResidualConfig

MAKERS: dict[str, Callable[[], Network]] = {
    "residual, 1 block": lambda: Residual(ResidualConfig(blocks=1, channels=6)),
    "residual, 3 blocks, x3": lambda: Residual(
        ResidualConfig(blocks=3, channels=6, scale=Fraction(3))
    ),
    "chain, no body": lambda: Chain(ChainConfig(body=0, channels=6)),
    "chain, luma": lambda: Chain(ChainConfig(body=3, channels=6)),
    "chain, rgb, x4": lambda: Chain(
        ChainConfig(body=2, channels=6, colour="rgb", scale=Fraction(4))
    ),
    "chain, relu, x3": lambda: Chain(
        ChainConfig(body=1, channels=9, activation="relu", scale=Fraction(3))
    ),
}


@pytest.fixture(params=MAKERS)
def network(request: pytest.FixtureRequest) -> Network:
    torch.manual_seed(5)
    return MAKERS[request.param]().eval()


def test_the_margin_is_exactly_how_far_a_pixel_reaches(network: Network) -> None:
    # In float64, where even the weakest influence is not rounded away.
    network.double()
    margin, scale, side = network.margin_px, int(network.scale), 2 * network.margin_px + 7
    grey = torch.full((1, 3, side, side), 0.5, dtype=torch.float64)
    centre = side // 2
    changed = torch.zeros(side, side, dtype=torch.bool)
    with torch.inference_mode():
        for step in (-0.1, 0.1):  # with ReLU, one direction may be cut off
            touched = grey.clone()
            touched[:, :, centre, centre] += step
            difference = (network(touched) - network(grey)).abs().sum(dim=(0, 1))
            blocks = difference.view(side, scale, side, scale).sum(dim=(1, 3))
            changed |= blocks > 0
    rows, columns = changed.nonzero(as_tuple=True)
    for places in (rows, columns):
        assert int(places.min()) == centre - margin
        assert int(places.max()) == centre + margin


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 2), (13, 16)])
def test_the_output_is_scale_times_as_large_and_within_0_to_1(
    network: Network, size: tuple[int, int]
) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(4.0)  # so that something has to be clipped
        image = torch.rand(2, 3, *size)
        image[0] = image[0].round()
        output = network(image)
        core = network.core(network.native(image))
    height, width = size[0] * network.scale, size[1] * network.scale
    assert output.shape == (2, 3, height, width)
    assert core.shape[2:] == (height, width)
    assert output.min() >= 0.0
    assert output.max() <= 1.0
    assert core.min() < 0.0 or core.max() > 1.0


def test_pictures_of_a_batch_do_not_touch_one_another(network: Network) -> None:
    images = torch.rand(3, 3, 9, 8)
    with torch.inference_mode():
        together = network(images)
        alone = torch.cat([network(image[None]) for image in images])
    assert torch.allclose(together, alone, atol=1e-6)


def test_a_network_is_rebuilt_by_its_name_and_config(network: Network) -> None:
    fields = {name: getattr(network.config, name) for name in network.config.__dataclass_fields__}
    rebuilt = build(network.name, fields)
    assert type(rebuilt) is type(network)
    assert rebuilt.config == network.config
    rebuilt.load_state_dict(network.state_dict())
    image = torch.rand(1, 3, 8, 8)
    with torch.inference_mode():
        assert torch.equal(rebuilt.eval()(image), network(image))


def test_the_residual_network_with_a_silent_tail_repeats_pixels() -> None:
    network = Residual(ResidualConfig(blocks=1, channels=4, scale=Fraction(3)))
    torch.nn.init.zeros_(network.tail.weight)
    torch.nn.init.zeros_(network.tail.bias)  # pyright: ignore[reportArgumentType]
    image = torch.rand(1, 3, 4, 5)
    with torch.inference_mode():
        repeated = image.repeat_interleave(3, dim=2).repeat_interleave(3, dim=3)
        assert torch.equal(network(image), repeated)


def test_parameters_are_counted_as_by_hand() -> None:
    # Head, 16 convolutions of the blocks, join, tail; each with its biases.
    inner = 48 * 48 * 9 + 48
    expected = (3 * 48 * 9 + 48) + 17 * inner + (48 * 12 * 9 + 12)
    assert parameter_count(Residual(ResidualConfig())) == expected == 359_868
    # The published nano and small students: 5.8 K and 14.8 K, PReLU slopes included.
    nano = (9 * 12 + 12) + 4 * (9 * 12 * 12 + 12) + (9 * 12 * 4 + 4) + 5 * 12
    assert parameter_count(Chain(ChainConfig(body=4, channels=12))) == nano == 5_848
    small = (9 * 16 + 16) + 6 * (9 * 16 * 16 + 16) + (9 * 16 * 4 + 4) + 7 * 16
    assert parameter_count(Chain(ChainConfig(body=6, channels=16))) == small == 14_772
    rgb = ChainConfig(body=1, channels=8, colour="rgb", activation="relu", scale=Fraction(3))
    assert parameter_count(Chain(rgb)) == (27 * 8 + 8) + (72 * 8 + 8) + (72 * 27 + 27)


def test_multiplications_are_counted_as_by_hand() -> None:
    # Three fixed kernels of a luma chain: luma 3, chroma 8 x 3 x 25, mixing 12 x 12; anchor 4.
    nano = 9 * 12 + 4 * 9 * 12 * 12 + 9 * 12 * 4 + 4 + 3 + 8 * 3 * 25 + 12 * 12
    assert macs_per_output_pixel(Chain(ChainConfig(body=4, channels=12))) == nano / 4
    residual = Residual(ResidualConfig(blocks=1, channels=4, scale=Fraction(3)))
    expected = 27 * 4 + 3 * 9 * 4 * 4 + 9 * 4 * 27 + 3 * 27
    assert macs_per_output_pixel(residual) == expected / 9


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("vgg", {}),
        ("flipboard", {"first_maps": 0}),
        ("", {}),
        ("residual", {"blocks": 0}),
        ("residual", {"blocks": 1, "channels": 2000}),
        ("residual", {"scale": 5}),
        ("residual", {"scale": 1}),
        ("residual", {"body": 2}),
        ("residual", {"blocks": "2"}),
        ("residual", {"blocks": None}),
        ("residual", {"blocks": 1.5}),
        ("chain", {"body": -1}),
        ("chain", {"channels": 0}),
        ("chain", {"colour": "grey"}),
        ("chain", {"activation": "tanh"}),
        ("chain", {"blocks": 2}),
        ("chain", {"scale": [2]}),
    ],
)
def test_unknown_networks_and_settings_are_refused(name: str, settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"unknown|must be"):
        build(name, settings)
