"""ColorVideoVDP as a loss: the same measure as `pixels.quality.colorvideovdp`, with a gradient.

What a student minimises is the sum of visible differences of a crop, not its JOD, for the reason
that `distill.judged.ssimulacra2` gives.

Source: Mantiuk, Hanji, Ashraf, Asano and Chapiro, "ColorVideoVDP: A visual difference predictor for
image, video and display distortions", ACM Transactions on Graphics 43(4), 2024.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from distill.judged.tensors import clipped, in_linear_light
from pixels.quality.colorvideovdp import (
    BASE_CPD,
    DARKEST_CD_M2,
    EPSILON,
    GAIN,
    HIGHEST_CONTRAST,
    LARGEST,
    MIXING,
    PARAMETERS,
    SHARED_GAIN,
    SPREAD,
    SPREAD_PX,
    TO_DKL,
    frequencies,
    sensitivity_levels,
)
from pixels.quality.judge import SMALLEST_PX
from pixels.quality.pyramid import doubled, halved
from pixels.quality.screens import PHONE, Screen


def colorvideovdp_error(shown: Tensor, truth: Tensor, screen: Screen = PHONE) -> Tensor:
    """Add up the differences that are visible on a screen, before they become JOD.

    Args:
        shown: (batch, 3, height, width), sRGB; values outside [0, 1] count as clipped, but pass
            their gradients on.
        truth: The same shape, in [0, 1].
        screen: Where they are seen.

    Returns:
        (batch,), nearly 0 for equal pictures; `pixels.quality.colorvideovdp.jod_of` makes JOD of
        it.

    Raises:
        ValueError: A side has fewer than 8 pixels.
    """
    size = (shown.shape[2], shown.shape[3])
    if min(size) < SMALLEST_PX:
        raise ValueError(f"at least {SMALLEST_PX} pixels a side are needed to judge a crop")
    bands = frequencies(size, screen.pixels_per_degree)
    ours = _pyramid(_seen(clipped(shown), screen), len(bands))
    theirs = _pyramid(_seen(truth, screen), len(bands))
    pooled = []
    for at, cycles_per_degree in enumerate(bands[:-1]):
        contrast, _ = _contrast(ours[at], ours[at + 1])
        original, background = _contrast(theirs[at], theirs[at + 1])
        gain = GAIN * (1.0 if at == 0 else 2.0)
        sensitivity = _sensitivity(cycles_per_degree, background)
        sensitivity = sensitivity * shown.new_tensor(gain)[:, None, None]
        pooled.append(_visible(contrast * sensitivity, original * sensitivity))
    mean = theirs[-1][:, :1].clamp_min(DARKEST_CD_M2).mean(dim=(2, 3), keepdim=True)
    base = (_base_contrast(ours[-1]) - _base_contrast(theirs[-1])).abs()
    base = base * _sensitivity(BASE_CPD, mean[:, 0])
    weights = shown.new_tensor(PARAMETERS["baseband_weight"][:3])
    pooled.append(_norm(((base + EPSILON) ** 2).mean(dim=(2, 3)) - EPSILON**2, 2.0) * weights)
    chroma = PARAMETERS["ch_chrom_w"]
    weighed = torch.stack(pooled, dim=2) * shown.new_tensor([1.0, chroma, chroma])[:, None]
    channels = _sum(weighed, PARAMETERS["beta_sch"])
    return _sum(channels, PARAMETERS["beta_tch"]) * PARAMETERS["image_int"]


def _seen(rgb: Tensor, screen: Screen) -> Tensor:
    """Return the light of pictures in opponent colours."""
    light = in_linear_light(rgb) * (screen.peak_cd_m2 - screen.black_cd_m2)
    light = light + (screen.black_cd_m2 + screen.reflected_cd_m2)
    return torch.einsum("dc,bchw->bdhw", torch.from_numpy(TO_DKL).to(rgb), light)


def _pyramid(planes: Tensor, levels: int) -> list[Tensor]:
    pyramid = [planes]
    while len(pyramid) < levels:
        finest = pyramid[-1]
        down, across = _halving(finest.shape[2], finest.shape[3])
        pyramid.append(down.to(planes) @ finest @ across.to(planes))
    return pyramid


def _contrast(planes: Tensor, coarser: Tensor) -> tuple[Tensor, Tensor]:
    """Return the Weber contrast of a band, and the luminance to which it is relative."""
    down, across = _doubling(planes.shape[2], planes.shape[3])
    around = down.to(planes) @ coarser @ across.to(planes)
    background = around[:, 0].clamp_min(DARKEST_CD_M2)
    contrast = (planes - around) / background[:, None]
    return contrast.clamp_max(HIGHEST_CONTRAST), background


def _base_contrast(base: Tensor) -> Tensor:
    mean = base[:, :1].clamp_min(DARKEST_CD_M2).mean(dim=(2, 3), keepdim=True)
    return (base / mean).clamp_max(HIGHEST_CONTRAST)


def _sensitivity(cycles_per_degree: float, background: Tensor) -> Tensor:
    """Return the contrast sensitivity, (batch, 3, height, width).

    Args:
        cycles_per_degree: Of a band.
        background: Luminance in cd/m2, (batch, height, width).
    """
    luminance, levels = sensitivity_levels(cycles_per_degree)
    step = float(luminance[1] - luminance[0])
    at = (background.log10() - float(luminance[0])) / step
    at = at.clamp(0.0, len(luminance) - 1.0)
    below = at.floor().clamp_max(len(luminance) - 2.0)
    table = torch.from_numpy(levels).to(background)
    before, after = (table[:, below.long() + more].movedim(0, 1) for more in (0, 1))
    return 10.0 ** torch.lerp(before, after, (at - below)[:, None])


def _visible(perceived: Tensor, original: Tensor) -> Tensor:
    """Return the 2-norm, (batch, 3), of the differences in a band, where detail masks them."""
    both = torch.minimum(perceived.abs(), original.abs())
    height, width = both.shape[2:]
    if min(height, width) > SPREAD_PX:
        both = _spreading(height).to(both) @ both @ _spreading(width).T.to(both)
    both = both * float(SHARED_GAIN)
    exponents = PARAMETERS["mask_q"][:3]
    shared = torch.stack([_power(both[:, i], q) for i, q in enumerate(exponents)], dim=1)
    masking = 1.0 + torch.einsum("dc,bchw->bdhw", torch.from_numpy(MIXING).to(both), shared)
    visible = _power((perceived - original).abs(), PARAMETERS["mask_p"]) / masking
    visible = visible * (float(LARGEST) / (float(LARGEST) + visible))
    return _norm(((visible + EPSILON) ** 2).mean(dim=(2, 3)) - EPSILON**2, 2.0)


def _power(values: Tensor, exponent: float) -> Tensor:
    return (values + EPSILON) ** exponent - EPSILON**exponent


def _norm(powers: Tensor, exponent: float) -> Tensor:
    return (powers + EPSILON) ** (1.0 / exponent) - EPSILON ** (1.0 / exponent)


def _sum(values: Tensor, exponent: float) -> Tensor:
    return _norm(_power(values, exponent).sum(dim=-1), exponent)


@cache
def _halving(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the matrices on the left and on the right that halve planes of this size."""
    return _separated(halved, (height, width))


@cache
def _doubling(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the matrices on the left and on the right that double planes to this size."""
    coarse = (-(-height // 2), -(-width // 2))
    return _separated(lambda planes: doubled(planes, (height, width)), coarse)


def _separated(
    change: Callable[[NDArray[np.float32]], NDArray[np.float32]], size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Return two matrices that do to planes what a change of their lines does.

    Args:
        change: Changes planes, (channels, height, width): rows and columns alike for every plane.
        size: (height, width) of the planes.
    """
    # What becomes of single rows and of single columns, as far from the other edges as from the
    # first: the last ones are special in halving.
    height, width = size
    rows = np.repeat(np.eye(height, dtype=np.float32)[:, :, None], width, axis=2)
    columns = np.repeat(np.eye(width, dtype=np.float32)[:, None, :], height, axis=1)
    left, right = change(rows)[:, :, 0].T, change(columns)[:, 0]
    return torch.from_numpy(left.copy()), torch.from_numpy(right.copy())


@cache
def _spreading(pixels: int) -> Tensor:
    """Return what each pixel of a blurred line is made of, (pixels, pixels); ends are mirrored."""
    around = torch.from_numpy(SPREAD.matrix(pixels))
    inner = around[:, SPREAD_PX:-SPREAD_PX].clone()
    inner[:, 1 : 1 + SPREAD_PX] += around[:, :SPREAD_PX].flip(1)
    inner[:, -1 - SPREAD_PX : -1] += around[:, -SPREAD_PX:].flip(1)
    return inner
