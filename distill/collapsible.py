"""Convolutions that are wider while they are trained, and one plain kernel in every step.

Training adjusts the factors of a kernel; the kernel is computed from them anew in each step, and
the convolution is the plain one. So a step costs what a plain convolution costs, the zero padding
is the plain convolution's own, and to fold is to write the kernel down.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Collapsible(nn.Module):
    """A kernel as the product of a wide kernel and a 1x1 one, beside the identity.

    For `torch.nn.utils.parametrize`. Neither factor has a bias: through a 1x1 convolution the first
    one's is a constant, which the convolution's own bias holds already.

    Source: Bhardwaj et al., "Collapsible Linear Blocks for Super-Efficient Super Resolution", 2022
    (SESR), with their collapsed training step.

    Attributes:
        width: Channels between the two factors; at least the convolution's output channels.
        identity: Whether the input is added: for as many input as output channels.
    """

    def __init__(self, width: int, *, identity: bool) -> None:
        super().__init__()
        self.width = width
        self.identity = identity

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Multiply (width, in, side, side) and (out, width): the kernel (out, in, side, side)."""
        with torch.autocast(first.device.type, enabled=False):
            kernel = (second @ first.flatten(1)).unflatten(1, first.shape[1:])
            if self.identity:
                kernel = kernel + identity_kernel(kernel)
        # What 12 to 32 feature maps want, on CPUs too: the convolution follows its kernel.
        return kernel.contiguous(memory_format=torch.channels_last)

    def right_inverse(self, kernel: Tensor) -> tuple[Tensor, Tensor]:
        """Draw factors at random whose product is this kernel."""
        rest = kernel - identity_kernel(kernel) if self.identity else kernel
        wanted = rest.flatten(1)
        first = torch.randn(self.width, wanted.shape[1]) / wanted.shape[1] ** 0.5
        second = torch.randn(len(wanted), self.width) / self.width**0.5
        first += torch.linalg.pinv(second) @ (wanted - second @ first)
        return first.unflatten(1, kernel.shape[1:]), second


def identity_kernel(kernel: Tensor) -> Tensor:
    """Make the kernel that hands each feature map on, of the shape of another one."""
    out, into, side, _ = kernel.shape
    unit = torch.eye(out, into, dtype=kernel.dtype, device=kernel.device)[:, :, None, None]
    return F.pad(unit, (side // 2,) * 4)


def kernel_and_bias(convolution: nn.Module) -> tuple[Tensor, Tensor]:
    """Take the parameters of a convolution that has both."""
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.bias is not None
    return convolution.weight, convolution.bias
