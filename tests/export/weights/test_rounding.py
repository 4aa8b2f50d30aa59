"""Weights of 8 bits that change outputs least, and quantisers that find them again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from export.check.local_runtimes import run_pytorch
from export.check.pictures import make_picture
from export.tfjs.read_back import read_weights, run_graph_model
from export.weights.rounding import on_int8_grid, on_uint8_grid, weight_of
from export.weights.tolerances import tolerance
from teacher.networks.chain import Chain, ChainConfig
from teacher.runs.folder import load_network
from tests.made.commands import command_here
from tests.made.networks import lively


def by_output(weights: Tensor) -> Tensor:
    """Divide as ONNX Runtime does: by each output's largest weight."""
    return weights / (weights.abs().amax(dim=(1, 2, 3), keepdim=True) / 127)


def by_tensor(weights: Tensor) -> Tensor:
    """Divide as TensorFlow.js's converter does: what lies between the extremes."""
    return weights / ((weights.max() - weights.min()) / 255)


def made() -> Chain:
    network = Chain(ChainConfig(body=2, channels=6, activation="relu"))
    lively(network)
    return network


@pytest.mark.parametrize(
    ("on_grid", "divided", "most"),
    [(on_int8_grid, by_output, 127), (on_uint8_grid, by_tensor, 255)],
)
def test_a_plain_quantiser_finds_the_whole_numbers_again(on_grid, divided, most) -> None:  # noqa: ANN001
    network = made()
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
    network = made()
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
    network = made()
    with torch.no_grad():
        weight_of(network.convolutions[1]).fill_(value)
    rounded = weight_of(on_uint8_grid(network).convolutions[1])
    torch.testing.assert_close(rounded, torch.full_like(rounded, value))


def test_the_converter_keeps_what_was_rounded(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("--run", "nano-clean", "--weights", "int8", "--out", out, "--no-browser")
    done = command_here("export.tfjs", *arguments)
    assert done.status == 0, done.errors  # its checkerboard was too far off, rounded to the nearest
    network, _ = load_network(Path("nano-clean"))
    assert isinstance(network, Chain)
    written = [np.sort(each.ravel()) for each in read_weights(out).values()]
    for weights in map(weight_of, on_uint8_grid(network).convolutions):
        wanted = np.sort(weights.detach().numpy().ravel())
        alike = [each for each in written if each.shape == wanted.shape]
        assert min(np.abs(each - wanted).max() for each in alike) < 1e-5
    given = make_picture("checkerboard", 37, 53)
    off = np.abs(run_graph_model(out)(given) - run_pytorch(network)(given)).max()
    assert off < 0.75 * tolerance("float32", "int8")


def test_noise_is_not_clipped_between_the_layers_of_an_int8_onnx(tmp_path: Path) -> None:
    arguments = ("--run", "nano-web", "--weights", "int8", "--out", tmp_path / "o", "--no-browser")
    done = command_here("export.onnx", *arguments)
    assert done.status == 0, done.errors  # calibrated on less noise it was 31 steps of a byte off
