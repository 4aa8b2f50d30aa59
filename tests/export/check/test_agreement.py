from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from export.check.agreement import left_out
from export.check.errors import AgreementError, RuntimeFaultError
from export.check.local_runtimes import run_pytorch
from export.check.results import compare, require_agreement
from export.check.runtime import Runtime, failing
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import Network
from teacher.networks.residual import Residual, ResidualConfig
from tests.made.networks import check, lively, results_of, small_flipboard

NETWORKS = [
    lively(Chain(ChainConfig(body=2, channels=6))),
    lively(
        Chain(ChainConfig(body=1, channels=6, colour="rgb", activation="relu", scale=Fraction(3)))
    ),
    lively(Residual(ResidualConfig(blocks=1, channels=6))),
    small_flipboard(),
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_a_network_agrees_with_itself(network: Network) -> None:
    check(network, run_pytorch(network), large=network.name == "chain")


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


def test_no_checks_are_not_an_agreement() -> None:
    with pytest.raises(AgreementError, match="no runtime"):
        require_agreement("made", [])


def test_a_failing_runtime_disagrees_with_its_reason() -> None:
    results = list(results_of(NETWORKS[0], failing(RuntimeFaultError("it has no memory left"))))
    assert not any(result.good for result in results)
    with pytest.raises(AgreementError, match="it has no memory left"):
        require_agreement("made", results)


def test_pictures_left_out_for_a_slow_runtime_are_listed() -> None:
    network = NETWORKS[0]
    run = run_pytorch(network)
    slow = Runtime(name="slow", run=run, tolerance=1.0, most_gmacs=1.0)
    slower = Runtime(name="slower", run=run, tolerance=1.0, most_gmacs=1e-6)
    assert "photo 256x256" not in left_out(slow, network)
    assert len(left_out(slow, network)) == 4
    assert len(left_out(slower, network)) == 5
    assert left_out(Runtime(name="fast", run=run, tolerance=1.0), network) == []
