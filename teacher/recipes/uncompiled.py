"""Optimisers whose first use does not import PyTorch's compiler."""

from __future__ import annotations

import inspect

import torch

_Optimizer = torch.optim.Optimizer


class Uncompiled(_Optimizer):
    """Unwrap the methods that PyTorch wraps to exclude them from `torch.compile`.

    Nothing here compiles an optimiser, and the wrapper imports the compiler, which adds seconds to
    the start of every training. List this class before PyTorch's among the bases.
    """

    add_param_group = inspect.unwrap(_Optimizer.add_param_group)
    state_dict = inspect.unwrap(_Optimizer.state_dict)
    load_state_dict = inspect.unwrap(_Optimizer.load_state_dict)
    zero_grad = inspect.unwrap(_Optimizer.zero_grad)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Adjust every weight with a gradient."""
        inspect.unwrap(super().step)(self, closure)


class Adam(Uncompiled, torch.optim.Adam):
    """PyTorch's optimiser, unwrapped."""


class SGD(Uncompiled, torch.optim.SGD):
    """PyTorch's optimiser, unwrapped."""
