"""Round a student's weights to 8 bits so that its outputs change least, rather than its weights.

Each weight may be rounded up or down. With rounding to the nearest, errors add up where a picture
drives all weights of a kernel with the signs of their errors, as checkerboards do. Instead, layer
by layer, this searches the integers with which some pictures, behind layers that are already
rounded, give the outputs of the exact network: min |X_rounded w_rounded - X w|^2, by coordinate
descent.

Source of the objective: Nagel et al., "Up or Down? Adaptive Rounding for Post-Training
Quantization" (2020); of the descent: Frantar et al., "Optimal Brain Compression" (2022).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from export.check.pictures import KINDS, Pixels, make_picture
from teacher.networks.chain import Chain

_PICTURE_PX = 48
_MOST = 127
_UINT8_STEPS = 255
# Pulls towards the weights where the pictures do not determine them: a part of the mean diagonal.
_DAMPING = 1e-3
_SWEEPS = 20


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The values that a convolution's weights may have: multiples of a step, within bounds."""

    steps: NDArray[np.float32]
    """One step for each output; 0 where all weights are 0."""
    lowest: int = -_MOST
    highest: int = _MOST


def on_int8_grid(network: Chain) -> Chain:
    """Copy a network with rounded weights that ONNX Runtime's quantiser leaves unchanged.

    The quantiser divides by each output's largest weight. That weight is kept, so it finds the same
    steps.
    """

    def grid(weights: Tensor) -> Grid:
        return Grid(steps=weights.abs().amax(dim=(1, 2, 3)).div(_MOST).numpy())

    return _on(network, grid)


def on_uint8_grid(network: Chain) -> Chain:
    """Copy a network with rounded weights that TensorFlow.js's converter leaves unchanged.

    The converter divides the range of a kernel's weights into 255 steps, and moves zero to one of
    them. The smallest and the largest weight are kept, so it finds the same steps.
    """

    def grid(weights: Tensor) -> Grid:
        smallest, largest = weights.min().item(), weights.max().item()
        step = (largest - smallest) / _UINT8_STEPS or abs(largest)
        lowest = round(smallest / step) if step else 0
        return Grid(
            steps=np.full(len(weights), step, np.float32),
            lowest=lowest,
            highest=lowest + _UINT8_STEPS,
        )

    return _on(network, grid)


def _on(network: Chain, grid: Callable[[Tensor], Grid]) -> Chain:
    copy = deepcopy(network)
    kernels = [weight_of(convolution).detach() for convolution in copy.convolutions]
    grids = [grid(kernel) for kernel in kernels]
    for kernel, of_kernel, levels in zip(kernels, grids, rounded(network, grids), strict=True):
        kernel.copy_(torch.from_numpy(levels * of_kernel.steps[:, None, None, None]))
    return copy


def rounded(network: Chain, grids: Sequence[Grid]) -> list[NDArray[np.int16]]:
    """Round every convolution's weights to its grid.

    The pictures that determine the rounding are a small one of each kind of check picture.

    Args:
        network: In evaluation mode; it is not changed.
        grids: A grid for each convolution.

    Returns:
        For each convolution, multiples of its steps, (outputs, inputs, row, column).
    """
    pictures = [make_picture(kind, _PICTURE_PX, _PICTURE_PX) for kind in KINDS]
    partly_rounded = deepcopy(network)
    result = []
    with torch.inference_mode():
        exact = _inputs(network, pictures)
        for index, grid in enumerate(grids):
            convolution = network.convolutions[index]
            shaped = weight_of(convolution)
            weights = shaped.flatten(1).double()
            inputs = _inputs(partly_rounded, pictures)[index]
            columns = partial(columns_of, convolution)
            equations = _normal_equations(map(columns, inputs), map(columns, exact[index]), weights)
            levels = _descend(weights, grid, *equations)
            result.append(levels.view_as(shaped).numpy().astype(np.int16))
            steps = torch.from_numpy(grid.steps).double()
            target = weight_of(partly_rounded.convolutions[index])
            target.copy_((levels * steps[:, None]).view_as(shaped))
    return result


def weight_of(convolution: nn.Module) -> Tensor:
    """Return a convolution's weights, (outputs, inputs, row, column)."""
    assert isinstance(convolution, nn.Conv2d)
    return convolution.weight


def _inputs(network: Chain, pictures: Sequence[Pixels]) -> list[list[Tensor]]:
    """Record the input of each convolution, for every picture."""
    recorded: list[list[Tensor]] = [[] for _ in network.convolutions]
    hooks = [
        convolution.register_forward_pre_hook(partial(_keep, kept))
        for convolution, kept in zip(network.convolutions, recorded, strict=True)
    ]
    try:
        for picture in pictures:
            network(torch.from_numpy(picture))
    finally:
        for hook in hooks:
            hook.remove()
    return recorded


def _keep(kept: list[Tensor], _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    kept.append(inputs[0])


def columns_of(convolution: nn.Module, image: Tensor) -> Tensor:
    """List what a kernel sees at each of its places.

    Args:
        convolution: With any side, stride and zero padding.
        image: (1, inputs, height, width).

    Returns:
        float64 (inputs * side^2, places): times the weights, (outputs, inputs * side^2), they are
        the convolution's outputs without its bias.
    """
    assert isinstance(convolution, nn.Conv2d)
    side, stride, padding = convolution.kernel_size, convolution.stride, convolution.padding
    assert not isinstance(padding, str)
    return F.unfold(image, side, padding=padding, stride=stride)[0].double()


def _normal_equations(
    inputs: Iterable[Tensor], exact: Iterable[Tensor], weights: Tensor
) -> tuple[Tensor, Tensor]:
    """Compute the matrix and, for each output, the vector of the least-squares problem.

    Args:
        inputs: For each picture, what the kernel sees behind rounded layers: (size, places).
        exact: The same behind exact layers.
        weights: (outputs, size).
    """
    size = weights.shape[1]
    gram, mixed = torch.zeros(2, size, size, dtype=torch.float64)
    for rounded_columns, exact_columns in zip(inputs, exact, strict=True):
        gram += rounded_columns @ rounded_columns.T
        mixed += rounded_columns @ exact_columns.T
    damping = _DAMPING * gram.diagonal().mean().clamp(min=1e-12) * torch.eye(size)
    return gram + damping, (mixed + damping) @ weights.T


def _descend(weights: Tensor, grid: Grid, gram: Tensor, wanted: Tensor) -> Tensor:
    """Change one weight at a time, for all outputs at once, until none changes any more."""
    steps, bounds = torch.from_numpy(grid.steps).double(), (grid.lowest, grid.highest)
    safe = torch.where(steps > 0, steps, 1.0)
    levels = (weights / safe[:, None]).round().clamp(*bounds)
    # The steps were derived from these weights, and quantisers derive them again.
    at_end = (levels == grid.lowest) | (levels == grid.highest)
    residual = gram @ (levels * steps[:, None]).T - wanted
    for _ in range(_SWEEPS):
        before = levels.clone()
        for at in range(levels.shape[1]):
            best = levels[:, at] - residual[at] / (gram[at, at] * safe)
            changed = torch.where(at_end[:, at], levels[:, at], best.round().clamp(*bounds))
            residual += gram[:, at : at + 1] * ((changed - levels[:, at]) * steps)
            levels[:, at] = changed
        if torch.equal(levels, before):
            break
    return levels
