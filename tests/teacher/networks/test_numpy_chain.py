from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data

from pixels.resize import resize
from pixels.scale import SCALES
from pixels.tiling import Enlarge
from plumbing.parallel import core_count
from teacher.enlarging.runner import tiled
from teacher.networks.arrays.numpy_chain import NumpyChain
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig, Colour
from teacher.networks.chain_weights import ChainWeights
from teacher.runs.folder import load_network
from tests.made.photos import noise

# Sums in another order: a few 1e-7 a layer, as of any runtime (export/weights/tolerances.py).
NEAR = 2e-6


def lively(config: ChainConfig) -> Chain:
    """A network in which every weight counts; some slopes are negative, some above 1."""
    network = Chain(config).eval()
    generator = torch.Generator().manual_seed(1)
    for name, parameter in network.named_parameters():
        most = (parameter[0].numel() / 3) ** -0.5 if parameter.ndim == 4 else 0.1
        low, high = (-0.5, 1.6) if name.startswith("activations") else (-most, most)
        torch.nn.init.uniform_(parameter, low, high, generator=generator)
    return network


def weights_of(network: Chain) -> ChainWeights:
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return ChainWeights.from_tensors(network.config, tensors)


def by_pytorch(network: Chain) -> Enlarge:
    def run(batch: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(batch)).numpy()

    return run


@pytest.mark.parametrize("scale", SCALES, ids=str)
@pytest.mark.parametrize("colour", ["luma", "rgb"])
def test_it_gives_the_pixels_of_pytorch(scale: Fraction, colour: Colour) -> None:
    network = lively(ChainConfig(body=2, channels=9, colour=colour, scale=scale))
    down = scale.denominator
    for size in ((1, 1), (2, 5), (40, 33)):
        shape = (2, 3, size[0] * down, size[1] * down)
        batch = np.random.default_rng(1).random(shape, dtype=np.float32)
        assert (
            np.abs(NumpyChain(weights_of(network))(batch) - by_pytorch(network)(batch)).max() < NEAR
        )


@pytest.mark.parametrize(
    "config",
    [
        ChainConfig(body=0, channels=1),
        ChainConfig(body=1, channels=4, activation="relu"),
        ChainConfig(body=1, channels=5, kernel=7, scale=Fraction(3, 2)),
        # Products of these are computed in parts.
        ChainConfig(body=1, channels=48),
        ChainConfig(body=1, channels=130),
    ],
    ids=str,
)
def test_any_shape_of_chain(config: ChainConfig) -> None:
    network = lively(config)
    batch = np.random.default_rng(1).random((1, 3, 22, 36), dtype=np.float32)
    expected = by_pytorch(network)(batch)
    for threads in (1, 3):
        run = NumpyChain(weights_of(network), threads=threads)
        for _ in range(2):  # nothing is left from the first time
            assert np.abs(run(batch) - expected).max() < NEAR


def test_sides_that_are_not_whole_blocks_are_refused() -> None:
    chain = NumpyChain(weights_of(lively(ChainConfig(body=0, channels=2, scale=Fraction(4, 3)))))
    with pytest.raises(ValueError, match=r"multiples of 3 pixels .* got 6x5"):
        chain(np.zeros((1, 3, 5, 6), np.float32))


@pytest.mark.parametrize("name", ["nano-web", "small-fine-3-2", "medium-rgb-web"])
def test_bytes_of_released_students_are_those_of_pytorch(name: str) -> None:
    network, _ = load_network(Path(name))
    assert isinstance(network, Chain)
    photo = resize(np.ascontiguousarray(data.astronaut()), (90, 108))
    place = {"scale": network.scale, "margin_px": network.margin_px, "align_px": network.align_px}
    for picture in (photo, noise(31, 44)):
        ours, theirs = (
            np.concatenate([*tiled(run, **place)(picture)])
            for run in (NumpyChain(weights_of(network)), by_pytorch(network))
        )
        different = ours != theirs  # where a value lies within 1e-6 of a half
        assert different.mean() < 1e-3
        assert np.abs(ours.astype(int) - theirs)[different].max(initial=0) <= 1


@pytest.mark.alone
def test_it_takes_at_most_three_times_as_long_as_pytorch() -> None:
    network, _ = load_network(Path("small-fine"))
    assert isinstance(network, Chain)
    batch = np.random.default_rng(1).random((1, 3, 128, 128), dtype=np.float32)
    ours, theirs = NumpyChain(weights_of(network)), by_pytorch(network)
    assert shortest(lambda: ours(batch)) < 3 * shortest(lambda: theirs(batch))


def shortest(work: Callable[[], object]) -> float:
    """Time of all cores together, of the quickest of some runs: others may use the cores too."""
    taken = []
    for _ in range(8):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


def test_products_start_no_threads_of_their_own() -> None:
    """More threads than `threads` would show as more time of cores than of the clock."""
    chain = NumpyChain(weights_of(lively(ChainConfig(body=3, channels=32))))
    batch = np.random.default_rng(1).random((1, 3, 128, 128), dtype=np.float32)
    chain(batch)
    started, cores = time.perf_counter(), time.process_time()
    for _ in range(4):
        chain(batch)
    share = (time.process_time() - cores) / (time.perf_counter() - started)
    assert share < 1.2 or core_count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda tensors: tensors.pop("convolutions.1.bias"), "convolutions.1.bias is missing"),
        (lambda tensors: tensors.update(more=np.zeros(1)), "more is unknown"),
        (
            lambda tensors: tensors.update({"activations.0.weight": np.zeros(4)}),
            "activations.0.weight has not the shape",
        ),
    ],
)
def test_wrong_tensors_are_named(
    change: Callable[[dict[str, np.ndarray]], object], sentence: str
) -> None:
    network = lively(ChainConfig(body=0, channels=3))
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    change(tensors)
    with pytest.raises(ValueError, match=sentence):
        ChainWeights.from_tensors(network.config, tensors)


def test_tensors_come_back_as_they_were() -> None:
    network = lively(ChainConfig(body=1, channels=3))
    weights = weights_of(network)
    assert weights.parameters == sum(p.numel() for p in network.parameters())
    again = ChainWeights.from_tensors(weights.config, weights.tensors())
    assert [*again.tensors()] == [*weights.tensors()]
