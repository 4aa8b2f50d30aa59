"""The flipboard network's sliding window, in operators that every runtime has.

PyTorch cuts windows by `unfold` and blends them by `fold`, which neither TF.js nor most other
runtimes know. Here both are convolutions, so that the graph holds only convolutions, dense layers,
and changes of shape:

- *Cutting* is a convolution with one 1 in each filter, stepping by the stride: its channels are
  the pixels of a window. Windows then lie along the batch, as patches.
- *Blending* is part of the output layer. Each block of `stride_px` pixels is a weighted sum over
  the windows that see it: a convolution over the windows, whose kernel is the output layer's
  weights times the blending window. It has as many weights as the layer itself.
- The anchor needs no blending: the weights add up to one, and the enlargement is the same.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from plumbing.command import UserError
from teacher.networks.fixed import BICUBIC_RADIUS_PX
from teacher.networks.flipboard import Flipboard


class FlipboardGraph(nn.Module):
    """Computes the same pixels as the network it is made from; for exporting only.

    Attributes:
        scale: Factor by which the output is larger, whole.
    """

    cut: Tensor
    difference: Tensor
    difference_bias: Tensor
    blend: Tensor
    blend_bias: Tensor

    def __init__(self, network: Flipboard) -> None:
        """Take the weights of a network.

        Raises:
            UserError: Its windows see too little beyond their output for the anchor to be the same
                in all of them.
        """
        super().__init__()
        config = network.config
        if config.anchor == "bicubic" and config.border_px < BICUBIC_RADIUS_PX:
            raise UserError(
                f"exporting a flipboard network with anchor bicubic needs border-px of at least "
                f"{BICUBIC_RADIUS_PX}, this one has {config.border_px}: train it with more"
            )
        self.config, self.scale = config, int(network.scale)
        self.colour = network.colour
        colours, side = self.colour.channels, config.patch_px
        pixels = torch.eye(colours * side**2).view(-1, colours, side, side)
        self.register_buffer("cut", pixels)
        self.register_buffer("difference", _difference_kernel(network))
        self.register_buffer("difference_bias", (-network.mean / network.deviation).flatten())
        kernel, bias = _blending_convolution(network)
        self.register_buffer("blend", kernel)
        self.register_buffer("blend_bias", bias)
        children = list(network.body.children())
        # Everything before the output layer; dropout does nothing in an export.
        self.body = nn.Sequential(
            *(layer for layer in children[:-1] if hasattr(layer, "weight") or _keeps(layer))
        )

    def forward(self, rgb: Tensor) -> Tensor:
        """Enlarge a batch: the contract of every network's `forward`."""
        image = self.colour.native(rgb)
        config, (height, width) = self.config, image.shape[2:]
        before = config.output_px - config.stride_px + config.border_px
        # One stride more at the far end instead of exactly filling the last window: a convolution
        # ignores what is too little for one more step.
        after = before + config.stride_px - 1
        padded = F.pad(image, (before, after, before, after), mode="replicate")
        windows = F.conv2d(padded, self.cut, stride=config.stride_px).permute(0, 2, 3, 1)
        patches = windows.reshape(-1, image.shape[1], config.patch_px, config.patch_px)
        features = self.body(self._seen(patches))
        grid = features.reshape(*windows.shape[:3], features.shape[-1]).permute(0, 3, 1, 2)
        blocks = F.conv2d(grid, self.blend, self.blend_bias)
        full = F.pixel_shuffle(blocks, self.scale * config.stride_px)
        enlarged = full[:, :, : self.scale * height, : self.scale * width]
        if config.anchor == "bicubic":
            enlarged = enlarged + self._bicubic(image)
        return self.colour.to_rgb(enlarged, rgb).clamp(0.0, 1.0)

    def _seen(self, patches: Tensor) -> Tensor:
        """Standardise, and with an anchor subtract the 3x3 mean: one convolution."""
        if self.config.anchor == "bicubic":
            patches = F.pad(patches, (1,) * 4, mode="replicate")
        return F.conv2d(patches, self.difference, self.difference_bias)

    def _bicubic(self, image: Tensor) -> Tensor:
        edges = (BICUBIC_RADIUS_PX,) * 4
        kernel = torch.block_diag(*[self.colour.phases.flatten(1)] * image.shape[1])
        kernel = kernel.view(len(kernel), image.shape[1], *self.colour.phases.shape[1:])
        planes = F.conv2d(F.pad(image, edges, mode="replicate"), kernel)
        return F.pixel_shuffle(planes, self.scale)


def _keeps(layer: nn.Module) -> bool:
    return isinstance(layer, nn.ReLU | nn.Flatten | nn.Unflatten)


def _difference_kernel(network: Flipboard) -> Tensor:
    """Make the convolution of `Flipboard.seen` and the division by the deviation."""
    colours = network.colour.channels
    if network.config.anchor == "bicubic":
        line = -torch.ones(1, 1, 3, 3) / 9
        line[0, 0, 1, 1] += 1
    else:
        line = torch.ones(1, 1, 1, 1)
    return torch.eye(colours).view(colours, colours, 1, 1) * line / network.deviation


def _blending_convolution(network: Flipboard) -> tuple[Tensor, Tensor]:
    """Make one convolution over windows of the output layer and the blending of its patches.

    Returns:
        Kernel (colours * block^2, features, k, k) and bias (colours * block^2), where a block is
        what one stride covers, and k windows see it along each axis.
    """
    config, colours = network.config, network.colour.channels
    block = int(network.scale) * config.stride_px
    k = config.output_px // config.stride_px
    output = network.body.get_submodule("output")
    assert isinstance(output, nn.Linear)
    weigh = network.output_deviation.view(-1, 1, 1) * network.window  # (colours, side, side)
    weight = output.weight.detach().view(colours, *network.window.shape, -1) * weigh.unsqueeze(-1)
    bias = output.bias.detach().view(weigh.shape) * weigh
    # (colours, k, block, k, block, features); the window k - 1 steps before sees a block last.
    kernel = weight.view(colours, k, block, k, block, -1).flip(1, 3).permute(0, 2, 4, 5, 1, 3)
    total = bias.view(colours, k, block, k, block).sum(dim=(1, 3))
    if config.anchor == "none":
        total = total + network.mean.view(-1, 1, 1)
    return kernel.reshape(colours * block**2, -1, k, k).contiguous(), total.flatten()
