"""Run a network in memory on whole pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from teacher.enlarging.pytorch import run_network
from teacher.enlarging.runner import TILE_PX, tiled, whole_of
from teacher.networks.registry import Network


def network_enlarger(
    network: Network, *, tile_px: int = TILE_PX
) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    """Wrap a PyTorch network so that it enlarges whole 8-bit pictures in tiles."""
    run = run_network(network)
    bands = tiled(
        run,
        scale=network.scale,
        margin_px=network.margin_px,
        tile_px=tile_px,
        align_px=network.align_px,
    )
    return lambda image: whole_of(bands, network.scale, image)
