"""ColorVideoVDP as a loss: the same measure as `pixels.quality.colorvideovdp`, with a gradient.

What a student minimises is the sum of visible differences of a crop, not its JOD, for the reason
that `distill.judged.ssimulacra2` gives.

Source: Mantiuk, Hanji, Ashraf, Asano and Chapiro, "ColorVideoVDP: A visual difference predictor for
image, video and display distortions", ACM Transactions on Graphics 43(4), 2024.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from distill.judged.tensors import clipped, constant, in_linear_light, taken_as_it_is
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
    bands = _frequencies(size, screen.pixels_per_degree)
    ours = _pyramid(_seen(clipped(shown), screen), len(bands))
    theirs = _pyramid(_seen(truth, screen), len(bands))
    pooled = []
    for at, cycles_per_degree in enumerate(bands[:-1]):
        contrast, _ = _contrast(ours[at], ours[at + 1])
        original, background = _contrast(theirs[at], theirs[at + 1])
        sensitivity = _sensitivity(cycles_per_degree, background)
        sensitivity = sensitivity * _gain(shown.device, at)
        pooled.append(_visible(contrast * sensitivity, original * sensitivity))
    mean = theirs[-1][:, :1].clamp_min(DARKEST_CD_M2).mean(dim=(2, 3), keepdim=True)
    base = (_base_contrast(ours[-1]) - _base_contrast(theirs[-1])).abs()
    base = base * _sensitivity(BASE_CPD, mean[:, 0])
    of_base = _norm(((base + EPSILON) ** 2).mean(dim=(2, 3)) - EPSILON**2, 2.0)
    pooled.append(of_base * _base_weights(shown.device))
    weighed = torch.stack(pooled, dim=2) * _channel_weights(shown.device)
    channels = _sum(weighed, PARAMETERS["beta_sch"])
    return _sum(channels, PARAMETERS["beta_tch"]) * PARAMETERS["image_int"]


def _seen(rgb: Tensor, screen: Screen) -> Tensor:
    """Return the light of pictures in opponent colours."""
    light = in_linear_light(rgb) * (screen.peak_cd_m2 - screen.black_cd_m2)
    light = light + (screen.black_cd_m2 + screen.reflected_cd_m2)
    return torch.einsum("dc,bchw->bdhw", _to_dkl(rgb.device), light)


def _pyramid(planes: Tensor, levels: int) -> list[Tensor]:
    pyramid = [planes]
    while len(pyramid) < levels:
        finest = pyramid[-1]
        size = finest.shape[2], finest.shape[3]
        down, across = _halving_rows(planes.device, *size), _halving_columns(planes.device, *size)
        pyramid.append(down @ finest @ across)
    return pyramid


def _contrast(planes: Tensor, coarser: Tensor) -> tuple[Tensor, Tensor]:
    """Return the Weber contrast of a band, and the luminance to which it is relative."""
    size = planes.shape[2], planes.shape[3]
    down, across = _doubling_rows(planes.device, *size), _doubling_columns(planes.device, *size)
    around = down @ coarser @ across
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
    first, step, count = _luminances(cycles_per_degree)
    at = ((background.log10() - first) / step).clamp(0.0, count - 1.0)
    below = at.floor().clamp_max(count - 2.0)
    table = _levels(background.device, cycles_per_degree)
    before, after = (table[:, below.long() + more].movedim(0, 1) for more in (0, 1))
    return 10.0 ** torch.lerp(before, after, (at - below)[:, None])


def _visible(perceived: Tensor, original: Tensor) -> Tensor:
    """Return the 2-norm, (batch, 3), of the differences in a band, where detail masks them."""
    both = torch.minimum(perceived.abs(), original.abs())
    height, width = both.shape[2:]
    if min(height, width) > SPREAD_PX:
        both = _spreading(both.device, height) @ both @ _spreading(both.device, width).T
    both = both * float(SHARED_GAIN)
    exponents = PARAMETERS["mask_q"][:3]
    shared = torch.stack([_power(both[:, i], q) for i, q in enumerate(exponents)], dim=1)
    masking = 1.0 + torch.einsum("dc,bchw->bdhw", _mixing(both.device), shared)
    visible = _power((perceived - original).abs(), PARAMETERS["mask_p"]) / masking
    visible = visible * (float(LARGEST) / (float(LARGEST) + visible))
    return _norm(((visible + EPSILON) ** 2).mean(dim=(2, 3)) - EPSILON**2, 2.0)


def _power(values: Tensor, exponent: float) -> Tensor:
    return (values + EPSILON) ** exponent - EPSILON**exponent


def _norm(powers: Tensor, exponent: float) -> Tensor:
    return (powers + EPSILON) ** (1.0 / exponent) - EPSILON ** (1.0 / exponent)


def _sum(values: Tensor, exponent: float) -> Tensor:
    return _norm(_power(values, exponent).sum(dim=-1), exponent)


@taken_as_it_is
def _frequencies(size: tuple[int, int], pixels_per_degree: float) -> list[float]:
    return frequencies(size, pixels_per_degree)


@taken_as_it_is
def _luminances(cycles_per_degree: float) -> tuple[float, float, int]:
    """Return log10 of the first luminance of the table, the step to the next, and their number."""
    luminance, _ = sensitivity_levels(cycles_per_degree)
    return float(luminance[0]), float(luminance[1] - luminance[0]), len(luminance)


@constant
def _levels(cycles_per_degree: float) -> NDArray[np.float64]:
    return sensitivity_levels(cycles_per_degree)[1]


@constant
def _gain(band: int) -> NDArray[np.float64]:
    """Return the gain of each channel, (3, 1, 1); the package doubles all bands but the first."""
    return (GAIN * (2.0 if band else 1.0))[:, None, None]


@constant
def _base_weights() -> NDArray[np.float64]:
    return np.array(PARAMETERS["baseband_weight"][:3])


@constant
def _channel_weights() -> NDArray[np.float64]:
    return np.array([1.0, PARAMETERS["ch_chrom_w"], PARAMETERS["ch_chrom_w"]])[:, None]


@constant
def _to_dkl() -> NDArray[np.float32]:
    return TO_DKL


@constant
def _mixing() -> NDArray[np.float32]:
    return MIXING


# What halving and doubling do to planes of (height, width), as matrices on the left and on the
# right: what becomes of single rows and of single columns. They are looked at where planes begin,
# as the last rows and columns are special.


@constant
def _halving_rows(height: int, width: int) -> NDArray[np.float32]:
    return halved(_single_rows(height, width))[:, :, 0].T


@constant
def _halving_columns(height: int, width: int) -> NDArray[np.float32]:
    return halved(_single_columns(height, width))[:, 0]


@constant
def _doubling_rows(height: int, width: int) -> NDArray[np.float32]:
    coarse = _single_rows(-(-height // 2), -(-width // 2))
    return doubled(coarse, (height, width))[:, :, 0].T


@constant
def _doubling_columns(height: int, width: int) -> NDArray[np.float32]:
    coarse = _single_columns(-(-height // 2), -(-width // 2))
    return doubled(coarse, (height, width))[:, 0]


def _single_rows(height: int, width: int) -> NDArray[np.float32]:
    return np.repeat(np.eye(height, dtype=np.float32)[:, :, None], width, axis=2)


def _single_columns(height: int, width: int) -> NDArray[np.float32]:
    return np.repeat(np.eye(width, dtype=np.float32)[:, None, :], height, axis=1)


@constant
def _spreading(pixels: int) -> NDArray[np.float32]:
    """Return what each pixel of a blurred line is made of, (pixels, pixels); ends are mirrored."""
    around = SPREAD.matrix(pixels)
    inner = around[:, SPREAD_PX:-SPREAD_PX].copy()
    inner[:, 1 : 1 + SPREAD_PX] += around[:, :SPREAD_PX][:, ::-1]
    inner[:, -1 - SPREAD_PX : -1] += around[:, -SPREAD_PX:][:, ::-1]
    return inner
