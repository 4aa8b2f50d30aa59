"""Networks in which no fault can hide, and exports of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnx
import torch

from export.check.agreement import check_runtime
from export.check.any_size import any_size
from export.check.local_runtimes import run_pytorch
from export.check.results import Agreement, require_agreement
from export.check.runtime import Runtime
from export.onnx.translate import to_onnx
from export.weights.tolerances import tolerance
from pixels.scale import enlarged_size
from pixels.tiling import Enlarge
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.flipboard import Flipboard
from teacher.networks.flipboard_config import FlipboardConfig
from teacher.networks.registry import Network
from teacher.networks.residual import Residual, ResidualConfig
from teacher.networks.settings import settings_of
from teacher.reducing.network import Reducer
from teacher.runs.folder import save_run
from teacher.runs.record import RunRecord

AnyNetwork = TypeVar("AnyNetwork", bound=Network)


def lively(network: AnyNetwork) -> AnyNetwork:
    """Make every weight count, so that no fault can hide behind a zero."""
    torch.manual_seed(1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.12)
    if isinstance(network, Flipboard):
        channels = network.colour.channels
        # Without an anchor the mean is what is added to: black would be clipped, and equal.
        mean = 0.5 if network.config.anchor == "none" else 0.01
        network.standardise(*(torch.full((channels,), value) for value in (mean, 0.2, 0.3)))
    return network.eval()


def small_flipboard(**settings: object) -> Flipboard:
    shape = {"patch_px": 8, "stride_px": 2, "first_maps": 4, "reproject_units": (8,)}
    shape |= {"reproject_maps": 2, "middle_maps": (3, 3), "dense_units": (8, 8)}
    network = lively(Flipboard(FlipboardConfig(**(shape | settings))))  # pyright: ignore[reportArgumentType]
    assert isinstance(network, Flipboard)
    return network


LUMA = lively(Chain(ChainConfig(body=2, channels=6)))
RGB = lively(Residual(ResidualConfig(blocks=1, channels=6)))
RATIO = lively(Chain(ChainConfig(body=1, channels=6, scale=Fraction(3, 2))))


def saved(folder: Path, network: Network | Reducer) -> Path:
    """Save a network as the run folder of a training that nothing is known of."""
    record = RunRecord(
        network=network.name,
        network_config=settings_of(network.config),
        settings={},
        git_commit=None,
        data={},
    )
    save_run(folder, network, record)
    return folder


def results_of(network: Network, run: Enlarge, *, large: bool = False) -> Iterator[Agreement]:
    """Compare a runtime with the network, on the large check pictures only if asked to."""
    runtime = Runtime(
        name="test",
        run=run,
        tolerance=tolerance("float32", "float32"),
        batches=True,
        most_gmacs=None if large else 0.0,
    )
    return check_runtime(runtime, network, run_pytorch(network))


def check(network: Network, run: Enlarge, *, large: bool = False) -> None:
    require_agreement("made", list(results_of(network, run, large=large)))


def require_sizes(network: Network, run: Enlarge, count: int, allowed: float) -> None:
    """Require a runtime to agree with the network on noise of as many random sizes."""
    random = np.random.default_rng(3)
    wanted, got = any_size(run_pytorch(network), network.scale), any_size(run, network.scale)
    for _ in range(count):
        height, width = (int(side) for side in random.integers(1, 41, 2))
        picture = random.random((1, 3, height, width), dtype=np.float32)
        enlarged = got(picture)
        assert enlarged.shape[2:] == enlarged_size((height, width), network.scale)
        np.testing.assert_allclose(enlarged, wanted(picture), rtol=0, atol=allowed)


@cache
def _translated(network: Network) -> bytes:
    return to_onnx(network).SerializeToString()


def fresh_model(network: Network) -> onnx.ModelProto:
    """Translate a network once, and copy the model for each test that alters it."""
    return onnx.load_model_from_string(_translated(network))


def require_smallest(card: dict[str, Any]) -> None:
    """Check that all three precisions were tried, and the smallest within its budget taken."""
    tried = {entry["precision"]: entry for entry in card["weights"]["tried"]}
    assert set(tried) == {"float32", "float16", "int8"}
    within = [e for e in tried.values() if e["loss_db"] <= e["allowed_db"] + 1e-9]
    assert tried[card["weights"]["precision"]]["bytes"] == min(e["bytes"] for e in within)
