"""SSIMULACRA2 as a loss: the same measure as `pixels.quality.ssimulacra2`, with a gradient.

What a student minimises is the weighted sum of errors that the score is made of, not the score: the
score's last step raises that sum to a power below 1, which would weigh a crop that is nearly right
more than one that is not, while a photo's score depends on the sum over all its places.

Crops are smaller than photos and have fewer scales. They keep the weights of a photo with all six:
the coarse scales that they lack hardly change by what a student adds.

Source: Jon Sneyers, "SSIMULACRA 2", Cloudinary, 2022 (https://github.com/cloudinary/ssimulacra2).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from distill.judged.tensors import clipped, constant, in_linear_light
from pixels.quality.gaussian import RADIUS_PX, WANG
from pixels.quality.judge import SMALLEST_PX
from pixels.quality.ssimulacra2 import BIAS, C2, MATRIX, SCALES, term_weights

# A root has no gradient at 0: smaller means of fourth powers are equal pictures.
_LEAST_POWER = 1e-24


def ssimulacra2_error(shown: Tensor, truth: Tensor) -> Tensor:
    """Weigh the errors of pictures as SSIMULACRA2 does, before they become a score.

    Args:
        shown: (batch, 3, height, width), sRGB; values outside [0, 1] count as clipped, but pass
            their gradients on.
        truth: The same shape, in [0, 1].

    Returns:
        (batch,), 0 for equal pictures; `pixels.quality.ssimulacra2.on_scale` makes a score of it.

    Raises:
        ValueError: A side has fewer than 8 pixels.
    """
    if min(shown.shape[2:]) < SMALLEST_PX:
        raise ValueError(f"at least {SMALLEST_PX} pixels a side are needed to judge a crop")
    weights = _weights(shown.device)
    error = shown.new_zeros(len(shown))
    for scale, (ours, theirs) in enumerate(
        zip(_pyramid(clipped(shown)), _pyramid(truth), strict=True)
    ):
        terms = _norms(ours, theirs)
        error = error + torch.einsum("bcnt,cnt->b", terms, weights[:, scale])
    return error


def _pyramid(rgb: Tensor) -> Iterator[Tensor]:
    """Yield pictures in XYB, (batch, 3, height, width), at each scale; halved in linear light."""
    linear = in_linear_light(rgb)
    for _ in range(SCALES):
        if min(linear.shape[2:]) < SMALLEST_PX:
            break
        yield _xyb(linear)
        odd = (0, linear.shape[3] % 2, 0, linear.shape[2] % 2)
        linear = F.avg_pool2d(F.pad(linear, odd, mode="replicate"), 2)


def _xyb(linear: Tensor) -> Tensor:
    mixed = torch.einsum("dc,bchw->bdhw", _absorbance(linear.device), linear) + BIAS
    first, second, third = (mixed ** (1 / 3) - BIAS ** (1 / 3)).unbind(1)
    lightness = 0.5 * (first + second)
    x = 7.0 * (first - second) + 0.42  # 14 times half the difference
    return torch.stack([x, lightness + 0.01, third - lightness + 0.55], dim=1)


def _norms(shown: Tensor, truth: Tensor) -> Tensor:
    """Return (batch, channel, mean or 4-norm, SSIM error or artefacts or lost detail)."""
    mean, mean_of_truth = _blurred(shown), _blurred(truth)
    covariance = _blurred(shown * truth) - mean * mean_of_truth
    variances = _blurred(shown**2) - mean**2 + _blurred(truth**2) - mean_of_truth**2
    likeness = (1.0 - (mean - mean_of_truth) ** 2) * (2.0 * covariance + C2) / (variances + C2)
    edges = (1.0 + (shown - mean).abs()) / (1.0 + (truth - mean_of_truth).abs()) - 1.0
    errors = torch.stack([1.0 - likeness, edges, -edges], dim=2).clamp_min(0.0)
    fourth = (errors**4).mean(dim=(3, 4)).clamp_min(_LEAST_POWER) ** 0.25
    return torch.stack([errors.mean(dim=(3, 4)), fourth], dim=2)


def _blurred(planes: Tensor) -> Tensor:
    """Blur the last two axes, mirrored at the top and bottom, 0 on the left and right."""
    height, width = planes.shape[-2:]
    # A product: at the size of crops it is faster than a convolution, on CPUs and GPUs.
    down, across = _mirrored(planes.device, height), _faded(planes.device, width)
    return down @ planes @ across.T


@constant
def _weights() -> NDArray[np.float64]:
    return term_weights(SCALES)


@constant
def _absorbance() -> NDArray[np.float64]:
    return np.array(MATRIX)


@constant
def _faded(pixels: int) -> NDArray[np.float32]:
    """Return what each blurred pixel of a line is made of, (pixels, pixels); 0 beyond its ends."""
    return WANG.matrix(pixels)[:, RADIUS_PX:-RADIUS_PX]


@constant
def _mirrored(pixels: int) -> NDArray[np.float32]:
    """Return the same of a line that is mirrored at its ends."""
    around = WANG.matrix(pixels)
    inner = around[:, RADIUS_PX:-RADIUS_PX].copy()
    inner[:, :RADIUS_PX] += around[:, :RADIUS_PX][:, ::-1]
    inner[:, -RADIUS_PX:] += around[:, -RADIUS_PX:][:, ::-1]
    return inner
