"""Choose the grids of a student in whole numbers: by what a float chain computes for photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import torch
from torch import Tensor, nn

from teacher.networks.chain import Chain
from teacher.networks.integer.arithmetic import MULTIPLIER_ONE
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.quantised import MOST_WEIGHT, LayerGrid, QuantisedChain
from teacher.networks.integer.weights import (
    EIGHTHS_MOST,
    FIRST_BEYOND,
    LAST_MULTIPLIERS,
    MOST_MULTIPLIER,
    MOST_SHIFT,
)

# Other photos have larger values: where they were cut off, letters on a slide lost 0.4 dB.
_BEYOND = 1.2
# An output's largest weight may be cut to these parts of it, in favour of finer steps.
_WEIGHT_CUTS = torch.linspace(0.6, 1.0, 41)
_MOST_VALUES = 50_000
# Of 255, that is one 64th of a byte: the unit of what the network adds to its anchor.
_OUTPUT_STEP = 1 / (64 * 255)
_LEAST_STEP = 1e-6
# The multiplier of the widest range, at least. 16 bits before it then hold 64 values to each one
# after it.
_LEAST_MULTIPLIER = 512
_LAST_PARTS = MOST_MULTIPLIER // LAST_MULTIPLIERS
# Of 2^24: what training adds to the weights must not pass it.
_ROOM = 0.9


@torch.no_grad()
def calibrated(chain: Chain, pictures: Sequence[Tensor], bits: int) -> QuantisedChain:
    """Put a chain behind the grids that change its features for some pictures least.

    Args:
        chain: A plain chain of 3x3 kernels; it becomes a part of the result.
        pictures: (batch, 3, height, width), sRGB in [0, 1]; sides are multiples of `down`.
        bits: Of the activations, 7 or 8.

    Raises:
        ValueError: The chain has larger kernels, or `bits` is neither.
    """
    config = IntegerChainConfig(**asdict(chain.config), bits=bits)
    features = [chain.native(picture) for picture in pictures]
    steps = torch.full((features[0].shape[1],), 1 / EIGHTHS_MOST)
    largest = torch.full_like(steps, EIGHTHS_MOST)
    grids = []
    for at, convolution in enumerate(chain.convolutions):
        assert isinstance(convolution, nn.Conv2d)
        moments = _mean_squares(features) / steps**2
        weights = convolution.weight * steps[:, None, None]
        sums = _best_steps(weights, moments).maximum(_least_steps(weights, largest))
        if at > config.body:
            shift, sums, multipliers = _last_rescale(sums)
            grid = LayerGrid(
                shift=shift,
                steps=sums,
                multipliers=multipliers,
                ranges=torch.zeros_like(sums),
            )
            return QuantisedChain(chain, config, [*grids, grid])
        features = [chain.activations[at](convolution(picture)) for picture in features]
        after, ranges = _ranges(features, config.most)
        shift, multipliers = _rescale(sums / after)
        grids.append(
            LayerGrid(
                shift=shift,
                steps=sums,
                multipliers=multipliers,
                ranges=ranges,
            )
        )
        # The rounded multiplier's own step: nothing is lost by its rounding.
        steps = sums * 2.0**shift * MULTIPLIER_ONE / multipliers
        largest = torch.maximum(ranges, config.most - ranges)
    raise ValueError("a chain has a last convolution")


def _sampled(features: Sequence[Tensor]) -> Tensor:
    """Take some values of each channel: (channels, values)."""
    values = torch.cat([picture.transpose(0, 1).flatten(1) for picture in features], dim=1)
    return values[:, :: max(1, values.shape[1] // _MOST_VALUES)]


def _mean_squares(features: Sequence[Tensor]) -> Tensor:
    return _sampled(features).square().mean(dim=1)


def _ranges(features: Sequence[Tensor], most: int) -> tuple[Tensor, Tensor]:
    """Choose each channel's step and range below zero so that all its values have room.

    Args:
        features: (batch, channels, height, width) of each picture.
        most: The number of steps.

    Returns:
        The steps, and whole numbers: how many of them lie below zero.
    """
    least = torch.stack([picture.amin(dim=(0, 2, 3)) for picture in features]).amin(dim=0)
    top = torch.stack([picture.amax(dim=(0, 2, 3)) for picture in features]).amax(dim=0)
    least, top = _BEYOND * least.clamp(max=0.0), _BEYOND * top.clamp(min=0.0)
    steps = ((top - least) / most).clamp(min=_LEAST_STEP)
    ranges = (-least / steps).round().clamp(0, most)
    return _as_others(steps, dead=top - least < _LEAST_STEP * most), ranges


def _as_others(steps: Tensor, *, dead: Tensor) -> Tensor:
    """Give channels that are always zero a step as others have it."""
    alive = steps[~dead]
    return torch.where(dead, alive.median() if len(alive) else torch.ones(()), steps)


def _best_steps(weights: Tensor, moments: Tensor) -> Tensor:
    """Choose each output's step of the weights by the least error of its sum.

    Args:
        weights: (outputs, inputs, row, column).
        moments: (inputs): mean square of each input.
    """
    largest = weights.abs().amax(dim=(1, 2, 3))
    largest = _as_others(largest, dead=largest < _LEAST_STEP**2)
    best, steps = torch.full_like(largest, torch.inf), largest / MOST_WEIGHT
    for cut in _WEIGHT_CUTS:
        step = largest * cut / MOST_WEIGHT
        wide = step[:, None, None, None]
        levels = (weights / wide).round().clamp(-MOST_WEIGHT, MOST_WEIGHT)
        errors = (levels * wide - weights).square() * moments[:, None, None]
        error = errors.sum(dim=(1, 2, 3))
        steps = torch.where(error < best, step, steps)
        best = torch.minimum(best, error)
    return steps


def _least_steps(weights: Tensor, largest: Tensor) -> Tensor:
    """Compute the steps with which sums stay below 2^24, with some room."""
    amounts = (weights.abs().sum(dim=(2, 3)) * largest).sum(dim=1)
    return amounts / (_ROOM * FIRST_BEYOND)


def _rescale(ratios: Tensor) -> tuple[int, Tensor]:
    """Choose a shift and multipliers for what 1 of each sum becomes."""
    shift, multipliers = 0, ratios * MULTIPLIER_ONE
    while (
        shift < MOST_SHIFT
        and multipliers.min() < _LEAST_MULTIPLIER
        and 2 * multipliers.max() <= MOST_MULTIPLIER
    ):
        shift, multipliers = shift + 1, 2 * multipliers
    return shift, multipliers.round().clamp(1, MOST_MULTIPLIER)


def _last_rescale(steps: Tensor) -> tuple[int, Tensor, Tensor]:
    """Choose a shift, and the steps for which the multipliers are multiples of 256."""
    shift, parts = 0, steps / _OUTPUT_STEP * (MULTIPLIER_ONE // LAST_MULTIPLIERS)
    while shift < MOST_SHIFT and 2 * parts.max() <= _LAST_PARTS:
        shift, parts = shift + 1, 2 * parts
    parts = parts.round().clamp(1, _LAST_PARTS)
    multipliers = parts * LAST_MULTIPLIERS
    return shift, multipliers / MULTIPLIER_ONE * 2.0**-shift * _OUTPUT_STEP, multipliers
