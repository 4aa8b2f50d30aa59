"""8-bit weights that change outputs least, and quantisers that leave them unchanged."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from export.check.local_runtimes import run_pytorch
from export.check.pictures import make_picture
from export.folder.card import CARD
from export.tfjs.read_back import read_weights, run_graph_model
from export.weights.rounding import columns_of, on_int8_grid, on_uint8_grid, weight_of
from export.weights.tolerances import tolerance
from pixels.scale import HALF
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.runs.folder import load_network
from tests.made.commands import command_here
from tests.made.networks import lively, require_smallest


def by_output(weights: Tensor) -> Tensor:
    """Divide as ONNX Runtime does: by each output's largest weight."""
    return weights / (weights.abs().amax(dim=(1, 2, 3), keepdim=True) / 127)


def by_tensor(weights: Tensor) -> Tensor:
    """Divide as TensorFlow.js's converter does: the range between the extremes."""
    return weights / ((weights.max() - weights.min()) / 255)


def small_chain(scale: Fraction = HALF) -> Chain:
    network = Chain(ChainConfig(body=2, channels=6, activation="relu", scale=scale))
    lively(network)
    return network


@pytest.mark.parametrize(
    ("on_grid", "divided", "most", "scale"),
    [
        (on_int8_grid, by_output, 127, HALF),
        (on_uint8_grid, by_tensor, 255, HALF),
        (on_int8_grid, by_output, 127, Fraction(3, 2)),
        (on_uint8_grid, by_tensor, 255, Fraction(4, 3)),
    ],
)
def test_a_plain_quantiser_finds_the_same_integers(on_grid, divided, most, scale) -> None:  # noqa: ANN001
    network = small_chain(scale)
    for before, after in zip(
        map(weight_of, network.convolutions),
        map(weight_of, on_grid(network).convolutions),
        strict=True,
    ):
        multiples = divided(after.detach())
        # Of a step: float32 has seven digits, and multiples have up to three.
        torch.testing.assert_close(multiples, multiples.round(), rtol=0, atol=1e-3)
        assert multiples.abs().amax() < most + 0.5
        assert (divided(before.detach()) - multiples).abs().max() < 8
        assert not torch.equal(after, before)


def test_extremes_stay_and_zero_is_on_the_grid_of_a_tensor() -> None:
    network = small_chain()
    for before, after in zip(
        map(weight_of, network.convolutions),
        map(weight_of, on_uint8_grid(network).convolutions),
        strict=True,
    ):
        step = (before.max() - before.min()) / 255
        assert (after.max() - before.max()).abs() <= 0.51 * step
        assert (after.min() - before.min()).abs() <= 0.51 * step
        torch.testing.assert_close(after.max() - after.min(), 255 * step)


@pytest.mark.parametrize("value", [0.0, 0.5, -0.5])
def test_weights_that_are_all_equal_stay(value: float) -> None:
    network = small_chain()
    with torch.no_grad():
        weight_of(network.convolutions[1]).fill_(value)
    rounded = weight_of(on_uint8_grid(network).convolutions[1])
    torch.testing.assert_close(rounded, torch.full_like(rounded, value))


@pytest.mark.parametrize("scale", [HALF, Fraction(3, 2), Fraction(4, 3)], ids=str)
def test_what_is_rounded_for_is_what_each_kernel_sees(scale: Fraction) -> None:
    network = small_chain(scale)
    image = network.native(torch.from_numpy(make_picture("noise", 12, 18)))
    with torch.inference_mode():
        for layer in network.convolutions:
            assert isinstance(layer, torch.nn.Conv2d) and layer.bias is not None
            output = layer(image)
            product = layer.weight.flatten(1).double() @ columns_of(layer, image)
            computed = product.view_as(output[0]) + layer.bias[:, None, None]
            torch.testing.assert_close(computed.float(), output[0], rtol=0, atol=1e-5)
            image = output


@pytest.mark.process
def test_the_converter_keeps_what_was_rounded(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("--run", "nano-clean", "--weights", "smallest", "--out", out, "--no-browser")
    done = command_here("export.tfjs", *arguments, "--threads", "1")
    assert done.status == 0, done.errors  # its checkerboard was too far off, rounded to the nearest
    card = json.loads((out / CARD).read_text(encoding="utf-8"))
    require_smallest(card)
    assert card["weights"]["precision"] == "int8"
    assert any("--no-browser" in line for line in card["agreement"]["not_checked"])
    network, _ = load_network(Path("nano-clean"))
    assert isinstance(network, Chain)
    written = [np.sort(tensor.ravel()) for tensor in read_weights(out).values()]
    for weights in map(weight_of, on_uint8_grid(network).convolutions):
        wanted = np.sort(weights.detach().numpy().ravel())
        alike = [values for values in written if values.shape == wanted.shape]
        assert min(np.abs(values - wanted).max() for values in alike) < 1e-5
    picture = make_picture("checkerboard", 37, 53)
    off = np.abs(run_graph_model(out)(picture) - run_pytorch(network)(picture)).max()
    assert off < 0.75 * tolerance("float32", "int8")


@pytest.mark.slow
def test_noise_is_not_clipped_between_the_layers_of_an_int8_onnx(tmp_path: Path) -> None:
    arguments = ("--run", "nano-web", "--weights", "int8", "--out", tmp_path / "o", "--no-browser")
    done = command_here("export.onnx", *arguments, "--threads", "1")
    assert done.status == 0, done.errors  # calibrated on less noise it was 31 steps of a byte off
