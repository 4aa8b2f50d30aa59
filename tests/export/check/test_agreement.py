from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from export.check.agreement import Runtime, compare, left_out, require_agreement
from export.check.errors import AgreementError, RuntimeFaultError
from export.check.local_runtimes import failing, run_pytorch
from export.check.pictures import check_pictures
from teacher.networks.chain import Chain, ChainConfig
from teacher.networks.registry import Network
from teacher.networks.residual import Residual, ResidualConfig
from tests.made.networks import check, lively, results_of, small_flipboard

NETWORKS = [
    lively(Chain(ChainConfig(body=2, channels=6))),
    lively(Chain(ChainConfig(body=1, channels=6, colour="rgb", activation="relu", scale=3))),
    lively(Residual(ResidualConfig(blocks=1, channels=6))),
    small_flipboard(),
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_a_network_agrees_with_itself(network: Network) -> None:
    check(network, run_pytorch(network))


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_a_margin_that_is_too_small_is_found(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The sliding window's margin is a multiple of its step, up to one step more than it needs.
    less_px = 1 if network.align_px == 1 else 2 * network.align_px
    monkeypatch.setattr(network, "margin_px", network.margin_px - less_px)
    with pytest.raises(AgreementError, match=r"in .* px tiles: error .* at y=.* x="):
        check(network, run_pytorch(network))


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
    assert {(1, 1), (2, 3), (37, 53), (256, 256), (1, 512)} == sizes
    assert len(pictures) == 5 * len(sizes)
    for picture in pictures.values():
        assert picture.dtype == np.float32
        assert 0.0 <= picture.min() <= picture.max() <= 1.0


def test_a_runtime_that_stops_disagrees_with_its_reason() -> None:
    results = list(results_of(NETWORKS[0], failing(RuntimeFaultError("it has no memory left"))))
    assert not any(result.good for result in results)
    with pytest.raises(AgreementError, match="it has no memory left"):
        require_agreement("made", results)


def test_what_a_slow_runtime_leaves_out_is_named() -> None:
    network = NETWORKS[0]
    run = run_pytorch(network)
    slow = Runtime(name="slow", run=run, tolerance=1.0, most_gmacs=1.0)
    slower = Runtime(name="slower", run=run, tolerance=1.0, most_gmacs=1e-6)
    assert "photo 256x256" not in left_out(slow, network)
    assert len(left_out(slow, network)) == 4
    assert len(left_out(slower, network)) == 5
    assert left_out(Runtime(name="fast", run=run, tolerance=1.0), network) == []
