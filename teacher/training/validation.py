"""How good a network in training is: figures and pictures of the validation photos."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pixels.quality.psnr_ssim import compare
from pixels.resize import Pair, resize
from pixels.scale import shave_px
from pixels.tensors import to_float
from teacher.enlarging.network import network_enlarger
from teacher.networks.registry import Network

_SHOWN_PHOTOS = 3


def measure(network: Network, pairs: Sequence[Pair]) -> dict[str, float]:
    """Average PSNR and SSIM over validation pairs; without pairs, return no metrics."""
    if not pairs:
        return {}
    enlarge, shave = network_enlarger(network), shave_px(network.scale)
    qualities = [compare(enlarge(reduced), original, shave_px=shave) for reduced, original in pairs]
    plain = [
        compare(resize(reduced, original.shape[:2]), original, shave_px=shave)
        for reduced, original in pairs
    ]
    return {
        "validation/psnr": float(np.mean([quality.psnr for quality in qualities])),
        "validation/ssim": float(np.mean([quality.ssim for quality in qualities])),
        "validation/bicubic_psnr": float(np.mean([quality.psnr for quality in plain])),
    }


def side_by_side(network: Network, pairs: Sequence[Pair]) -> dict[str, Tensor]:
    """Enlarge the first validation photos for the log and the report.

    Returns:
        `NUMBER/KIND` to (3, height, width) in [0, 1], of equal size; kinds are input (its pixels
        repeated), bicubic, network and truth.
    """
    enlarge = network_enlarger(network)
    pictures = {}
    for number, (reduced, original) in enumerate(pairs[:_SHOWN_PHOTOS], start=1):
        kinds = {
            "input": _repeated(reduced, original.shape[0], original.shape[1]),
            "bicubic": resize(reduced, original.shape[:2]),
            "network": enlarge(reduced),
            "truth": original,
        }
        for kind, picture in kinds.items():
            pictures[f"{number}/{kind}"] = to_float(picture)[0]
    return pictures


def _repeated(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Enlarge a picture by repeating each pixel's nearest ones."""
    rows, columns = (
        (2 * np.arange(length) + 1) * side // (2 * length)
        for length, side in zip((height, width), picture.shape[:2], strict=True)
    )
    return picture[rows][:, columns]
