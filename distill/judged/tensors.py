"""What judges with a gradient have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, where

_Settings = ParamSpec("_Settings")
_Function = TypeVar("_Function", bound=Callable[..., Any])


def clipped(rgb: Tensor) -> Tensor:
    """Clip colours to [0, 1] as a screen does, but let gradients pass as if it did not.

    A student must learn to leave a colour that is out of range.
    """
    return rgb + (rgb.clamp(0.0, 1.0) - rgb).detach()


def in_linear_light(rgb: Tensor) -> Tensor:
    """Convert sRGB in [0, 1] to light, in [0, 1] too."""
    above = ((rgb.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4
    return where(rgb <= 0.04045, rgb / 12.92, above)


def taken_as_it_is(make: _Function) -> _Function:
    """Have a compiler take what a function returns as a constant.

    What `torch.compiler.assume_constant_result` does, but that imports the compiler: seconds, for
    commands that compile nothing too.
    """
    make._dynamo_marked_constant = True  # pyright: ignore[reportFunctionMemberAccess]
    return make


def constant(
    make: Callable[_Settings, NDArray[np.floating]],
) -> Callable[Concatenate[torch.device, _Settings], Tensor]:
    """Keep what a function makes of numbers as float32 on each device.

    A recorded step must not copy anything to its device, and a compiled one takes it as it is
    instead of compiling NumPy.

    Args:
        make: Depends on its arguments alone, which are numbers.
    """

    @cache
    def kept(device: torch.device, *settings: _Settings.args, **named: _Settings.kwargs) -> Tensor:
        array = np.ascontiguousarray(make(*settings, **named), dtype=np.float32)
        return torch.tensor(array).to(device)

    @taken_as_it_is
    def looked_up(
        device: torch.device, *settings: _Settings.args, **named: _Settings.kwargs
    ) -> Tensor:
        return kept(device, *settings, **named)

    return looked_up
