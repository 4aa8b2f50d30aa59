"""Rounding a student's weights to int8 so that its outputs change least, rather than its weights.

Each weight may be rounded up or down. Rounded to the nearest, errors add up where a picture drives
all weights of a kernel with the signs of their errors: checkerboards do. Instead, layer by layer,
the whole numbers are sought that give, for some pictures and behind layers that are rounded
already, the outputs of the exact network: min |X_rounded w_rounded - X w|^2, by coordinate descent.

Source of the objective: Nagel et al., "Up or Down? Adaptive Rounding for Post-Training
Quantization" (2020); of the descent: Frantar et al., "Optimal Brain Compression" (2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from export.check_pictures import KINDS, Pixels, make_picture
from teacher.chain import Chain

_PICTURE_PX = 48
_MOST = 127
# Pulls towards the weights, where pictures say nothing of them: a part of the mean diagonal.
_DAMPING = 1e-3
_SWEEPS = 20


def on_int8_grid(network: Chain) -> Chain:
    """Copy a network with rounded weights that a plain quantiser rounds to themselves.

    It divides by each output's largest weight, which stays where it is, and finds the same steps.
    """
    copy = deepcopy(network)
    weights = [weight_of(each).detach() for each in copy.convolutions]
    steps = [each.abs().amax(dim=(1, 2, 3)).div(_MOST).numpy() for each in weights]
    levels = rounded(network, steps)
    for each, step, level in zip(weights, steps, levels, strict=True):
        each.copy_(torch.from_numpy(level * step[:, None, None, None]))
    return copy


def rounded(network: Chain, steps: Sequence[NDArray[np.float32]]) -> list[NDArray[np.int8]]:
    """Round every convolution's weights to whole multiples of its outputs' steps.

    The pictures to round by are a small one of each kind that exports are checked on.

    Args:
        network: In evaluation mode; it is not changed.
        steps: For each convolution, one number for each output; 0 where all weights are 0.

    Returns:
        For each convolution, multiples from -127 to 127, (outputs, inputs, row, column).
    """
    pictures = [make_picture(kind, _PICTURE_PX, _PICTURE_PX) for kind in KINDS]
    behind = deepcopy(network)
    result = []
    with torch.inference_mode():
        exact = _inputs(network, pictures)
        for index, step in enumerate(steps):
            shaped = weight_of(network.convolutions[index])
            weights, step_of = shaped.flatten(1).double(), torch.from_numpy(step).double()
            given = _inputs(behind, pictures)[index]
            levels = _descend(weights, step_of, *_normal_equations(given, exact[index], weights))
            weight_of(behind.convolutions[index]).copy_((levels * step_of[:, None]).view_as(shaped))
            result.append(levels.view_as(shaped).numpy().astype(np.int8))
    return result


def weight_of(convolution: nn.Module) -> Tensor:
    """Give a convolution's weights, (outputs, inputs, row, column)."""
    assert isinstance(convolution, nn.Conv2d)
    return convolution.weight


def _inputs(network: Chain, pictures: Sequence[Pixels]) -> list[list[Tensor]]:
    """Find what each convolution is given, for every picture."""
    seen: list[list[Tensor]] = [[] for _ in network.convolutions]
    hooks = [
        convolution.register_forward_pre_hook(partial(_keep, kept))
        for convolution, kept in zip(network.convolutions, seen, strict=True)
    ]
    try:
        for picture in pictures:
            network(torch.from_numpy(picture))
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def _keep(kept: list[Tensor], _: nn.Module, given: tuple[Tensor, ...]) -> None:
    kept.append(given[0])


def _normal_equations(
    given: Sequence[Tensor], exact: Sequence[Tensor], weights: Tensor
) -> tuple[Tensor, Tensor]:
    """Give the matrix and, for each output, the vector of the least squares."""
    size = weights.shape[1]
    gram, mixed = torch.zeros(2, size, size, dtype=torch.float64)
    for ours, theirs in zip(given, exact, strict=True):
        kernel = round((size / ours.shape[1]) ** 0.5)
        columns = F.unfold(ours, kernel, padding=kernel // 2)[0].double()
        gram += columns @ columns.T
        mixed += columns @ F.unfold(theirs, kernel, padding=kernel // 2)[0].double().T
    damping = _DAMPING * gram.diagonal().mean().clamp(min=1e-12) * torch.eye(size)
    return gram + damping, (mixed + damping) @ weights.T


def _descend(weights: Tensor, steps: Tensor, gram: Tensor, wanted: Tensor) -> Tensor:
    """Change one weight at a time, of all outputs at once, until none changes any more."""
    safe = torch.where(steps > 0, steps, 1.0)
    levels = (weights / safe[:, None]).round().clamp(-_MOST, _MOST)
    at_end = levels.abs() == _MOST  # the step comes from them, and others may find it by them
    residual = gram @ (levels * steps[:, None]).T - wanted
    for _ in range(_SWEEPS):
        before = levels.clone()
        for at in range(levels.shape[1]):
            best = levels[:, at] - residual[at] / (gram[at, at] * safe)
            changed = best.round().clamp(-_MOST, _MOST)
            changed = torch.where(at_end[:, at], levels[:, at], changed)
            residual += gram[:, at : at + 1] * ((changed - levels[:, at]) * steps)
            levels[:, at] = changed
        if torch.equal(levels, before):
            break
    return levels
