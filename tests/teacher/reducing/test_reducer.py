"""Reducers: the same pixels in PyTorch and in NumPy, in bands or at once, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from pixels.sending.codecs import reduce
from pixels.tensors import to_bytes, to_float
from plumbing.command import UserError
from teacher.networks.chain_weights import ChainWeights
from teacher.reducing import arrays
from teacher.reducing.arrays import NumpyReducer
from teacher.reducing.network import Reducer
from teacher.reducing.weights import ReducerConfig, read_reducer
from tests.made.networks import saved
from tests.made.photos import photo

HALF, TWO_THIRDS = Fraction(1, 2), Fraction(2, 3)


def lively(scale: Fraction) -> Reducer:
    """A small reducer that moves pixels by many levels."""
    torch.manual_seed(3)
    reducer = Reducer(ReducerConfig(body=2, channels=6, scale=scale))
    for weights in reducer.convolutions[-1].parameters():
        torch.nn.init.normal_(weights, std=0.1)
    return reducer.eval()


def weights_of(reducer: Reducer) -> ChainWeights:
    tensors = {name: tensor.numpy() for name, tensor in reducer.state_dict().items()}
    return ChainWeights.from_tensors(reducer.config, tensors)


def in_torch(reducer: Reducer, original: np.ndarray, reduced: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return to_bytes(reducer(to_float(original), to_float(reduced)))


@pytest.mark.parametrize("scale", [HALF, TWO_THIRDS], ids=str)
def test_numpy_gives_the_pixels_of_pytorch_in_bands_too(
    scale: Fraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = photo(90, 66)
    reduced, reducer = reduce(original, "bicubic", 1 / scale), lively(scale)
    expected = in_torch(reducer, original, reduced)
    assert np.abs(expected.astype(int) - reduced).mean() > 2
    whole = NumpyReducer(weights_of(reducer))(original, reduced)
    assert np.abs(whole.astype(int) - expected).max() <= 1
    assert (whole != expected).mean() < 0.001  # sums in another order
    monkeypatch.setattr(arrays, "_BLOCKS", 100)
    np.testing.assert_array_equal(NumpyReducer(weights_of(reducer))(original, reduced), whole)


@pytest.mark.parametrize("scale", [HALF, TWO_THIRDS], ids=str)
def test_a_fresh_reducer_is_bicubic(scale: Fraction) -> None:
    original = photo(48, 36)
    reduced = reduce(original, "bicubic", 1 / scale)
    reducer = Reducer(ReducerConfig(scale=scale))
    np.testing.assert_array_equal(in_torch(reducer, original, reduced), reduced)
    rebuilt = Reducer.of(weights_of(reducer))
    np.testing.assert_array_equal(in_torch(rebuilt, original, reduced), reduced)


@pytest.mark.parametrize(
    "fields",
    [
        {"scale": Fraction(2)},
        {"scale": Fraction(0)},
        {"scale": Fraction(2, 5)},
        {"body": -1},
        {"channels": 0},
    ],
    ids=str,
)
def test_a_shape_that_no_reducer_has_is_refused(fields: dict) -> None:
    with pytest.raises(ValueError, match=r"scale|body"):
        ReducerConfig(**fields)


def test_a_run_is_read_as_it_was_saved_and_refused_if_it_is_not_one(tmp_path: Path) -> None:
    reducer = lively(TWO_THIRDS)
    run = saved(tmp_path / "run", reducer)
    read = read_reducer(run)
    assert read.weights.config == reducer.config
    for name, array in read.weights.tensors().items():
        np.testing.assert_array_equal(array, reducer.state_dict()[name].numpy())
    content = json.loads((run / "run.json").read_text())
    assert read.sha256 == content["weights_sha256"]
    content["network_config"]["channels"] = 7
    (run / "run.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match="does not fit"):
        read_reducer(run)
    content["network_config"]["scale"] = "1/0"
    (run / "run.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match="does not fit"):
        read_reducer(run)
    with pytest.raises(UserError, match="chain, not a reducer"):
        read_reducer(Path("nano-web"))
