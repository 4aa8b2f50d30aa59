"""The network of Flipboard's 2015 post: convolutions and dense layers on a sliding patch.

Source: Norman Tasfi, "Image Scaling using Deep Convolutional Neural Networks", Flipboard
Engineering, 2015. Where the post is silent, these are our choices:

- *Reprojection.* The post has two dense layers between the first convolution and the others that
  "reproject" to a higher dimension. Here dense 1 sees all maps of convolution 1, flattened, and
  dense 2 outputs `reproject_maps` new maps of the patch's size for the next convolutions: more
  values than the patch has.
- *Context.* The output patch covers the input patch except `border_px` on each side: pixels at the
  border have too little context.
- *Blending.* Windows start every `stride_px` pixels; where output patches overlap they are
  averaged under a raised cosine, which hides their seams.
- *Anchor.* In the post the last layer outputs the patch itself. With `anchor` set to `bicubic` it
  outputs the difference from bicubic, and the network sees how each pixel differs from the mean of
  its 3x3 neighbourhood: that difference depends on the finest detail, which is a hundredth of a
  photo's variance, and SGD learns it in minutes only if nothing else drowns it.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from teacher.networks.colour import ColourTransform, enlarge_by_bicubic
from teacher.networks.dropout import Dropout, MaskGenerator
from teacher.networks.flipboard_config import FlipboardConfig

FlipboardLayer = Literal["convolution", "reprojection", "dense", "output"]
# Limits the memory for a large picture; a few hundred patches keep every core busy.
_PATCHES_AT_ONCE = 512


class Flipboard(nn.Module):
    """The eight layers of the 2015 post, on patches; pictures by a sliding window.

    Attributes:
        config: The config that rebuilds it.
        scale: Scale of the output, a whole number.
        margin_px: Receptive-field radius in pixels of the input; a multiple of `align_px`.
        align_px: Tiles of a picture must start at multiples of this to have the same windows.
    """

    name = "flipboard"
    mean: Tensor
    deviation: Tensor
    output_deviation: Tensor
    window: Tensor

    def __init__(self, config: FlipboardConfig) -> None:
        super().__init__()
        self.config = config
        self.scale = config.scale
        self._factor = int(config.scale)
        self.align_px = config.stride_px
        reach = config.output_px - 1 + config.border_px
        self.margin_px = math.ceil(reach / config.stride_px) * config.stride_px
        self.colour = ColourTransform(config.colour, config.scale)
        self.masks = MaskGenerator()
        self.body = nn.Sequential(OrderedDict(self._layers()))
        self._draw_weights()
        colours = (1, self.colour.channels, 1, 1)
        # Part of the weights: a network is useless without the statistics it was trained with.
        self.register_buffer("mean", torch.zeros(colours))
        self.register_buffer("deviation", torch.ones(colours))
        self.register_buffer("output_deviation", torch.ones(colours))
        window = blending_window(config.output_px * self._factor, config.stride_px * self._factor)
        self.register_buffer("window", window, persistent=False)

    def _layers(self) -> list[tuple[str, nn.Module]]:
        config, colours = self.config, self.colour.channels
        area = config.patch_px**2
        layers: list[tuple[str, nn.Module]] = []
        channels = colours

        def convolve(number: int, maps: int, side: int, keep: float) -> None:
            nonlocal channels
            layers.append((f"conv{number}", nn.Conv2d(channels, maps, side, padding=side // 2)))
            layers.append((f"relu_conv{number}", nn.ReLU()))
            layers.append((f"dropout_conv{number}", Dropout(keep, self.masks)))
            channels = maps

        def connect(name: str, units: int, keep: float) -> None:
            nonlocal channels
            layers.append((name, nn.Linear(channels, units)))
            if name != "output":
                layers.append((f"relu_{name}", nn.ReLU()))
                layers.append((f"dropout_{name}", Dropout(keep, self.masks)))
            channels = units

        convolve(1, config.first_maps, config.first_filter_px, config.first_keep)
        layers.append(("flatten1", nn.Flatten()))
        channels *= area
        for number, units in enumerate((*config.reproject_units, config.reproject_maps * area)):
            connect(f"reproject{number + 1}", units, 1.0)
        layers.append(
            ("maps", nn.Unflatten(1, (config.reproject_maps, config.patch_px, config.patch_px)))
        )
        channels = config.reproject_maps
        for number, maps in enumerate(config.middle_maps):
            convolve(number + 2, maps, config.middle_filter_px, config.middle_keep)
        layers.append(("flatten2", nn.Flatten()))
        channels *= area
        for number, units in enumerate(config.dense_units):
            connect(f"dense{number + 1}", units, config.dense_keep)
        connect("output", colours * (config.output_px * self._factor) ** 2, 1.0)
        return layers

    def _draw_weights(self) -> None:
        for _, layer in self.layers():
            nn.init.xavier_normal_(layer.weight, gain=self.config.weight_gain)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def layers(self) -> list[tuple[FlipboardLayer, nn.Conv2d | nn.Linear]]:
        """List the layers with weights, in the order in which a patch passes them."""
        found: list[tuple[FlipboardLayer, nn.Conv2d | nn.Linear]] = []
        for name, layer in self.body.named_children():
            if isinstance(layer, nn.Conv2d):
                found.append(("convolution", layer))
            elif isinstance(layer, nn.Linear):
                reprojects = name.startswith("reproject")
                kind = "output" if name == "output" else "reprojection" if reprojects else "dense"
                found.append((kind, layer))
        return found

    def macs_per_window(self) -> int:
        """Count the multiply-accumulates of all layers for one window."""
        area = self.config.patch_px**2
        # A filter is used at every pixel of the patch, a dense layer once.
        return sum(
            layer.weight.numel() * (area if kind == "convolution" else 1)
            for kind, layer in self.layers()
        )

    def standardise(self, mean: Tensor, deviation: Tensor, output_deviation: Tensor) -> None:
        """Set the statistics that standardise inputs and outputs: (channels,) each.

        Args:
            mean: Mean of the network's input (`seen`) over the training photos.
            deviation: Its standard deviation.
            output_deviation: Standard deviation of the targets of the last layer.
        """
        for buffer, values in (
            (self.mean, mean),
            (self.deviation, deviation),
            (self.output_deviation, output_deviation),
        ):
            buffer.copy_(values.view_as(buffer))

    def native(self, rgb: Tensor) -> Tensor:
        """Extract from RGB the channels that `core` works on: (batch, 1 or 3, height, width)."""
        return self.colour.native(rgb)

    def seen(self, patches: Tensor) -> Tensor:
        """Compute the input of the first layer before it is standardised: see "Anchor" above.

        Args:
            patches: (batch, 1 or 3, patch_px, patch_px), in [0, 1].
        """
        if self.config.anchor == "none":
            return patches
        around = F.avg_pool2d(F.pad(patches, (1,) * 4, mode="replicate"), 3, stride=1)
        return patches - around

    def base(self, patches: Tensor) -> Tensor:
        """Compute the base that the output of the last layer is added to.

        Args:
            patches: (batch, 1 or 3, patch_px, patch_px), in [0, 1].

        Returns:
            The global mean, or the patches enlarged with bicubic, at the size of the output patch.
        """
        side = self._factor * self.config.output_px
        if self.config.anchor == "none":
            return self.mean.expand(len(patches), -1, side, side)
        rim = self._factor * self.config.border_px
        enlarged = enlarge_by_bicubic(patches, self.colour.phases, self.scale)
        return enlarged[:, :, rim : rim + side, rim : rim + side]

    def enlarge_patches(self, patches: Tensor) -> Tensor:
        """Enlarge patches of the network's fixed size; training uses this.

        Args:
            patches: (batch, 1 or 3, patch_px, patch_px), in [0, 1].

        Returns:
            (batch, 1 or 3, side, side) with side = scale * output_px; not clipped.
        """
        base = self.base(patches)
        detail = self.body((self.seen(patches) - self.mean) / self.deviation)
        return base + detail.float().view_as(base) * self.output_deviation

    def core(self, image: Tensor) -> Tensor:
        """Enlarge pictures of any size with a sliding window, without clipping.

        Args:
            image: (batch, 1 or 3, height, width), in [0, 1].

        Returns:
            (batch, 1 or 3, scale * height, scale * width).
        """
        config, (height, width) = self.config, image.shape[2:]
        stride, output = config.stride_px, config.output_px
        # The first pixel of the picture is in as many windows as any other.
        before = output - stride + config.border_px
        rows, columns = (
            math.ceil(length / stride) + output // stride - 1 for length in (height, width)
        )
        need = [(count - 1) * stride + config.patch_px for count in (rows, columns)]
        edges = (before, need[1] - before - width, before, need[0] - before - height)
        padded = F.pad(image, edges, mode="replicate")
        windows = F.unfold(padded, config.patch_px, stride=stride).transpose(1, 2)
        patches = windows.reshape(-1, image.shape[1], config.patch_px, config.patch_px)
        enlarged = torch.cat([self.enlarge_patches(p) for p in patches.split(_PATCHES_AT_ONCE)])
        weighed = (enlarged * self.window).flatten(1).unflatten(0, (len(image), rows * columns))
        side = self._factor * output
        full = (
            self._factor * (need[0] - 2 * config.border_px),
            self._factor * (need[1] - 2 * config.border_px),
        )
        blended = F.fold(weighed.transpose(1, 2), full, side, stride=self._factor * stride)
        start = self._factor * (output - stride)
        return blended[
            :, :, start : start + self._factor * height, start : start + self._factor * width
        ]

    def forward(self, rgb: Tensor) -> Tensor:
        """Enlarge a batch.

        Args:
            rgb: (batch, 3, height, width), sRGB in [0, 1].

        Returns:
            (batch, 3, scale * height, scale * width), in [0, 1].
        """
        return self.colour.to_rgb(self.core(self.native(rgb)), rgb).clamp(0.0, 1.0)


def blending_window(side: int, stride: int) -> Tensor:
    """Weigh an output patch so that overlapping patches add up to one everywhere.

    Args:
        side: Side of the output patch in pixels; a multiple of `stride`.
        stride: Pixels from one patch to the next.

    Returns:
        (side, side): a raised cosine, divided by the sum of all its shifts.
    """
    ramp = torch.sin(math.pi * (torch.arange(side, dtype=torch.float64) + 0.5) / side) ** 2
    total = ramp.view(-1, stride).sum(dim=0).repeat(side // stride)
    line = ramp / total
    return torch.outer(line, line).float()
