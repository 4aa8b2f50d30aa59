"""Convolutions that train as a product of wide factors, and run as one plain kernel.

Training adjusts the factors. Each step multiplies them into a kernel and runs the plain
convolution, so a step costs what a plain convolution costs, zero padding is the plain
convolution's, and folding only stores the kernel.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Collapsible(nn.Module):
    """A kernel that is the product of a wide kernel and a 1x1 kernel, plus the identity.

    For `torch.nn.utils.parametrize`. Neither factor has a bias: after a 1x1 convolution the first
    factor's bias would be a constant, which the convolution's bias already is.

    Source: Bhardwaj et al., "Collapsible Linear Blocks for Super-Efficient Super Resolution", 2022
    (SESR), with their collapsed training step.

    Attributes:
        width: Channels between the two factors; at least the convolution's output channels.
        identity: Whether the input is added; needs as many input as output channels.
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
        # The fastest layout for 12 to 32 feature maps, on CPUs too; the convolution follows it.
        return kernel.contiguous(memory_format=torch.channels_last)

    def right_inverse(self, kernel: Tensor) -> tuple[Tensor, Tensor]:
        """Draw random factors whose product is this kernel."""
        rest = kernel - identity_kernel(kernel) if self.identity else kernel
        wanted = rest.flatten(1)
        first = torch.randn(self.width, wanted.shape[1]) / wanted.shape[1] ** 0.5
        second = torch.randn(len(wanted), self.width) / self.width**0.5
        first += torch.linalg.pinv(second) @ (wanted - second @ first)
        return first.unflatten(1, kernel.shape[1:]), second


def identity_kernel(kernel: Tensor) -> Tensor:
    """Make the kernel that passes each feature map on, in the shape of another kernel."""
    out, into, side, _ = kernel.shape
    unit = torch.eye(out, into, dtype=kernel.dtype, device=kernel.device)[:, :, None, None]
    return F.pad(unit, (side // 2,) * 4)


def kernel_and_bias(convolution: nn.Module) -> tuple[Tensor, Tensor]:
    """Return the parameters of a convolution that has both."""
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.bias is not None
    return convolution.weight, convolution.bias
