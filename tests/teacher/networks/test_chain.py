from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixels.resize import taps
from pixels.tensors import luma
from teacher.networks.chain import Chain
from teacher.networks.chain_config import Activation, ChainConfig, Colour

EDGE_PX = 2  # mirrored and repeated edges agree farther in


def silent(config: ChainConfig) -> Chain:
    """A chain whose trained part adds nothing."""
    network = Chain(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    return network


def bicubic(plane: NDArray[np.float64], scale: int) -> NDArray[np.float64]:
    """Enlarge (height, width) by the taps of `pixels.resize`, without rounding."""
    for axis in (0, 1):
        indices, weights = taps(plane.shape[axis], scale * plane.shape[axis])
        moved = np.moveaxis(plane, axis, -1)
        plane = np.moveaxis((moved[..., indices] * weights).sum(axis=-1), -1, axis)
    return plane


def chroma(rgb: Tensor) -> NDArray[np.float64]:
    """Cb and Cr of JFIF, centred on zero: (2, height, width)."""
    red, green, blue = rgb[0].double().numpy()
    return np.stack(
        [
            -0.168735892 * red - 0.331264108 * green + 0.5 * blue,
            0.5 * red - 0.418687589 * green - 0.081312411 * blue,
        ]
    )


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_silent_luma_chain_repeats_luma_and_enlarges_chroma_by_bicubic(scale: int) -> None:
    network = silent(ChainConfig(body=1, channels=3, scale=Fraction(scale)))
    # Pale colours: nothing is clipped, so that luma and chroma can be told apart again.
    image = 0.5 + (torch.rand(1, 3, 12, 15, generator=torch.manual_seed(1)) - 0.5) * 0.3
    with torch.inference_mode():
        output = network(image)
    repeated = luma(image).repeat_interleave(scale, dim=2).repeat_interleave(scale, dim=3)
    assert torch.allclose(luma(output), repeated, atol=1e-6)
    inside = (slice(EDGE_PX * scale, -EDGE_PX * scale),) * 2
    for found, small in zip(chroma(output), chroma(image), strict=True):
        error = np.abs(found - bicubic(small, scale))
        assert error[inside].max() < 1e-6
        assert error.max() < 0.05  # at the edges: another rule, but no zeros leak in


@pytest.mark.parametrize("scale", [2, 3])
def test_a_silent_rgb_chain_repeats_pixels(scale: int) -> None:
    network = silent(ChainConfig(body=0, channels=2, colour="rgb", scale=Fraction(scale)))
    image = torch.rand(2, 3, 5, 4)
    repeated = image.repeat_interleave(scale, dim=2).repeat_interleave(scale, dim=3)
    with torch.inference_mode():
        assert torch.equal(network(image), repeated)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_grey_stays_grey_in_a_luma_chain(scale: int) -> None:
    torch.manual_seed(2)
    network = Chain(ChainConfig(body=2, channels=5, scale=Fraction(scale))).eval()
    grey = torch.rand(1, 1, 9, 11).expand(1, 3, 9, 11)
    with torch.inference_mode():
        output = network(grey)
    assert (output - output[:, :1]).abs().max() < 1e-6
    # And its grey is what the core makes of luma.
    core = network.core(luma(grey)).clamp(0, 1)
    assert torch.allclose(output[:, :1], core, atol=1e-6)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_one_colour_stays_one_colour_up_to_the_edges(scale: int) -> None:
    network = silent(ChainConfig(body=0, channels=2, scale=Fraction(scale)))
    colour = torch.tensor([0.8, 0.3, 0.6]).view(1, 3, 1, 1)
    for size in ((1, 1), (6, 7)):
        with torch.inference_mode():
            output = network(colour.expand(1, 3, *size))
        assert torch.allclose(output, colour.expand_as(output), atol=1e-6)


def test_the_luma_of_the_output_is_the_core_of_the_luma() -> None:
    torch.manual_seed(3)
    network = Chain(ChainConfig(body=2, channels=6)).eval()
    image = 0.5 + (torch.rand(1, 3, 9, 8) - 0.5) * 0.2
    with torch.inference_mode():
        assert torch.allclose(luma(network(image)), network.core(luma(image)), atol=1e-6)


def test_planes_go_to_their_own_place_in_the_picture() -> None:
    network = silent(ChainConfig(body=0, channels=1, colour="rgb"))
    with torch.no_grad():
        last = network.convolutions[-1]
        assert isinstance(last, torch.nn.Conv2d)
        assert last.bias is not None
        last.bias.copy_(torch.arange(12) / 12)
        output = network(torch.zeros(1, 3, 1, 1))
    # Red, green, blue; in each the rows of a 2x2 block one after the other.
    assert torch.allclose(output.flatten(), torch.arange(12) / 12)


ACTIVATIONS: list[Activation] = ["relu", "prelu"]
COLOURS: list[Colour] = ["luma", "rgb"]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("body", [0, 3])
def test_the_weights_file_holds_convolutions_and_slopes_alone(
    activation: Activation, colour: Colour, body: int
) -> None:
    network = Chain(ChainConfig(body=body, channels=4, activation=activation, colour=colour))
    names = {f"convolutions.{n}.{part}" for n in range(body + 2) for part in ("weight", "bias")}
    if activation == "prelu":
        names |= {f"activations.{n}.weight" for n in range(body + 1)}
    state = network.state_dict()
    assert set(state) == names
    assert all(tensor.shape[2:] == (3, 3) for tensor in state.values() if tensor.ndim == 4)


def test_training_reaches_every_weight() -> None:
    torch.manual_seed(0)
    network = Chain(ChainConfig(body=1, channels=6))
    network.core(torch.rand(2, 1, 8, 8)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
