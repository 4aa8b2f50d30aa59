"""Optimisers whose first use does not import PyTorch's compiler."""

from __future__ import annotations

import inspect

import torch

_Optimizer = torch.optim.Optimizer


class Uncompiled(_Optimizer):
    """Has the methods that PyTorch wraps to keep them out of `torch.compile`, unwrapped.

    Nothing here compiles an optimiser, and the wrapper imports the compiler: seconds of every
    training's start. Name this class before PyTorch's among the bases.
    """

    add_param_group = inspect.unwrap(_Optimizer.add_param_group)
    state_dict = inspect.unwrap(_Optimizer.state_dict)
    load_state_dict = inspect.unwrap(_Optimizer.load_state_dict)
    zero_grad = inspect.unwrap(_Optimizer.zero_grad)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Adjust every weight that has a gradient."""
        inspect.unwrap(super().step)(self, closure)


class Adam(Uncompiled, torch.optim.Adam):
    """PyTorch's, unwrapped."""


class SGD(Uncompiled, torch.optim.SGD):
    """PyTorch's, unwrapped."""
