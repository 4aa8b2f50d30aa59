"""SOAP: Adam in the directions in which the gradients of a layer vary independently.

A small network trained for long is held back by directions that are spread over many weights,
because Adam scales each weight separately. SOAP rotates the gradient of a layer by the eigenvectors
of its second moments, scales it there, and rotates back. For networks of a few thousand weights the
rotation takes a tenth of a step; what it saves is in docs/experiments/optimisers.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from teacher.recipes.uncompiled import Uncompiled

_BETAS = (0.95, 0.95)
"""Decay per step of the averaged gradient and of its averaged square."""
_MOMENT_DECAY = 0.95
"""Decay per step of the second moments between a matrix's rows, and between its columns."""
_EPSILON = 1e-8
_SIDES = ("rows", "columns")


class Soap(Uncompiled):
    """Shampoo with Adam in the preconditioner's eigenbasis, without weight decay.

    A kernel of shape (out, in, height, width) is treated as a matrix of `out` rows. A vector, such
    as a bias, uses Adam. The directions only change in `turn`: call it every few steps.

    Source: Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", arXiv 2409.11321,
    algorithm 3, both sides turned.
    """

    def __init__(self, weights: Iterable[nn.Parameter], *, lr: float | Tensor) -> None:
        """Optimise weights.

        Args:
            weights: All dense tensors, float32.
            lr: Step length along each direction, above 0; a tensor is read at each step.
        """
        super().__init__(weights, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Adjust every weight with a gradient. The first step only initialises the directions."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                gradient = weight.grad.flatten(1) if weight.dim() > 1 else weight.grad
                state = self.state[weight]
                if not state:
                    _begin(state, gradient)
                else:
                    change = _direction(state, gradient).mul_(group["lr"])
                    weight.sub_(change.reshape(weight.shape))
                    for side, moment in _moments(gradient).items():
                        state[side].lerp_(moment, 1.0 - _MOMENT_DECAY)

    @torch.no_grad()
    def turn(self) -> None:
        """Update the directions from the second moments, in place."""
        for state in self.state.values():
            for axis, side in enumerate(_SIDES):
                if side in state:
                    _correct(state, side, axis)


def _begin(state: dict[str, Any], gradient: Tensor) -> None:
    # Not named `step`: load_state_dict would keep that on the CPU.
    state["count"] = torch.zeros((), device=gradient.device)
    state["mean"] = torch.zeros_like(gradient)
    state["square"] = torch.zeros_like(gradient)
    for side, moment in _moments(gradient).items():
        state[side] = moment
        # A gradient that is not finite ends the training where the loss is checked, not here.
        _, basis = torch.linalg.eigh(torch.nan_to_num(moment))
        state[f"{side}_basis"] = basis.flip(1).contiguous()


def _direction(state: dict[str, Any], gradient: Tensor) -> Tensor:
    """Adam's direction, computed in the eigenbasis and rotated back."""
    mean_decay, square_decay = _BETAS
    state["count"] += 1
    state["mean"].lerp_(gradient, 1.0 - mean_decay)
    turned, mean = _turned(state, gradient), _turned(state, state["mean"])
    state["square"].lerp_(turned.square(), 1.0 - square_decay)
    scale = (state["square"] / (1.0 - square_decay ** state["count"])).sqrt_().add_(_EPSILON)
    direction = mean / (1.0 - mean_decay ** state["count"]) / scale
    if "rows" not in state:
        return direction
    return state["rows_basis"] @ direction @ state["columns_basis"].T


def _turned(state: dict[str, Any], matrix: Tensor) -> Tensor:
    if "rows" not in state:
        return matrix
    return state["rows_basis"].T @ matrix @ state["columns_basis"]


def _correct(state: dict[str, Any], side: str, axis: int) -> None:
    """Run one step of orthogonal iteration, from the largest eigenvalue down (algorithm 4)."""
    moment, basis, square = state[side], state[f"{side}_basis"], state["square"]
    powered = moment @ basis
    order = (basis * powered).sum(0).argsort(descending=True)
    # The squares belong to the directions: reorder both.
    square.copy_(square.index_select(axis, order))
    basis.copy_(torch.linalg.qr(powered[:, order])[0])


def _moments(gradient: Tensor) -> dict[str, Tensor]:
    """Second moments between rows and between columns; a vector has none."""
    if gradient.dim() < 2:
        return {}
    return dict(zip(_SIDES, (gradient @ gradient.T, gradient.T @ gradient), strict=True))
