"""A network of PyTorch as a function of arrays."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from pixels.tiling import Enlarge
from plumbing.threads import tell_pytorch
from teacher.networks.registry import Network


def run_network(network: Network) -> Enlarge:
    """Wrap a network as a function of arrays, on a GPU if there is one."""
    tell_pytorch()
    device = torch.device("cuda" if has_gpu() else "cpu")
    network = network.to(device).eval()

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return network(torch.from_numpy(batch).to(device)).cpu().numpy()

    return run


def has_gpu() -> bool:
    """Check whether PyTorch can compute on a GPU here."""
    return torch.cuda.is_available()
