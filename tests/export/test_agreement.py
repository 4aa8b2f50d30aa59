from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from export.agreement import (
    FLOAT32_TOLERANCE,
    AgreementError,
    check_pictures,
    check_runtime,
    compare,
    require_agreement,
)
from export.runtimes import run_pytorch
from pixels.tiling import Enlarge
from teacher.chain import Chain, ChainConfig
from teacher.networks import Network, Residual, ResidualConfig


def lively(network: Network) -> Network:
    """Make every weight count, so that no fault can hide behind a zero."""
    torch.manual_seed(1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.12)
    return network.eval()


NETWORKS = [
    lively(Chain(ChainConfig(body=2, channels=6))),
    lively(Chain(ChainConfig(body=1, channels=6, colour="rgb", activation="relu", scale=3))),
    lively(Residual(ResidualConfig(blocks=1, channels=6))),
]


def check(network: Network, run: Enlarge, margin_px: int | None = None) -> None:
    results = check_runtime(
        "test",
        run,
        run_pytorch(network),
        scale=network.scale,
        margin_px=network.margin_px if margin_px is None else margin_px,
        tolerance=FLOAT32_TOLERANCE,
    )
    require_agreement("made", list(results))


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_a_network_agrees_with_itself(network: Network) -> None:
    check(network, run_pytorch(network))


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_a_margin_one_pixel_too_small_is_found(network: Network) -> None:
    with pytest.raises(AgreementError, match=r"in .* px tiles: error .* at y=.* x="):
        check(network, run_pytorch(network), margin_px=network.margin_px - 1)


def test_one_wrong_pixel_is_found_with_its_place() -> None:
    network = NETWORKS[0]
    reference = run_pytorch(network)

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        output = reference(batch).copy()
        if batch.shape[2:] == (37, 53):
            output[0, 2, 41, 7] += 1e-3
        return output

    with pytest.raises(AgreementError, match=r"error 1\.00e-03 at y=41 x=7 channel=B, allowed"):
        check(network, run)


def test_a_nan_is_a_disagreement() -> None:
    reference = np.zeros((1, 3, 4, 4), np.float32)
    output = reference.copy()
    output[0, 1, 2, 3] = np.nan
    result = compare("test", "nan", reference, output, tolerance=1.0)
    assert not result.good
    assert result.place == "y=2 x=3 channel=G"


def test_a_wrong_size_is_a_disagreement() -> None:
    reference = np.zeros((1, 3, 4, 4), np.float32)
    result = compare("test", "size", reference, reference[:, :, :3], tolerance=1.0)
    assert not result.good
    assert "(1, 3, 3, 4)" in result.place


def test_nothing_checked_is_no_agreement() -> None:
    with pytest.raises(AgreementError, match="no runtime"):
        require_agreement("made", [])


def test_check_pictures_have_odd_sizes_and_values_in_range() -> None:
    pictures = check_pictures()
    sizes = {picture.shape[2:] for picture in pictures.values()}
    assert {(1, 1), (3, 2), (37, 53)} <= sizes
    for picture in pictures.values():
        assert picture.dtype == np.float32
        assert 0.0 <= picture.min() <= picture.max() <= 1.0
