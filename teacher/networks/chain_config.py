"""The shape of a plain chain: a folded student."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from pixels.scale import HALF, parse_scale
from teacher.networks.fixed import BICUBIC_RADIUS_PX

CHAIN = "chain"
"""Name of the network in a run folder."""
Colour = Literal["luma", "rgb"]
Activation = Literal["relu", "prelu"]


@dataclass(frozen=True, kw_only=True)
class ChainConfig:
    """Shape of a `Chain`."""

    body: int = 6
    """Number of convolutions between the first and the last one."""
    channels: int = 16
    """Feature maps of every convolution but the last."""
    colour: Colour = "luma"
    """`luma`: the chain works on luma, and chroma is enlarged with bicubic; `rgb`: it works on
    RGB."""
    activation: Activation = "prelu"
    """Activation function between the convolutions."""
    kernel: int = 3
    """Side of every kernel in pixels, of the first one in blocks; odd."""
    scale: Fraction = HALF
    """Scale of the output, `up/down`."""

    def __post_init__(self) -> None:
        if not 0 <= self.body <= 256 or not 1 <= self.channels <= 1024:
            raise ValueError(
                f"body must be 0 to 256 and channels 1 to 1024, got {self.body} and {self.channels}"
            )
        if self.kernel % 2 == 0 or not 3 <= self.kernel <= 15:
            raise ValueError(f"kernel must be odd and 3 to 15 pixels, got {self.kernel}")
        if self.colour not in ("luma", "rgb") or self.activation not in ("relu", "prelu"):
            raise ValueError(f"unknown colour {self.colour!r} or activation {self.activation!r}")
        parse_scale(self.scale)

    @property
    def margin_px(self) -> int:
        """Receptive-field radius in pixels of the input; a multiple of `scale.denominator`."""
        reach_px = (self.body + 2) * (self.kernel // 2) * self.scale.denominator
        return max(reach_px, BICUBIC_RADIUS_PX)

    @property
    def kernel_shapes(self) -> list[tuple[int, int, int, int]]:
        """The kernel of each convolution: (outputs, inputs, rows, columns)."""
        colours = 1 if self.colour == "luma" else 3
        up, down = self.scale.numerator, self.scale.denominator
        widths = [colours, *[self.channels] * (self.body + 1), colours * up**2]
        # The first one sees blocks of pixels, the others one value per block.
        sides = [self.kernel * down, *[self.kernel] * (self.body + 1)]
        return [
            (after, before, side, side)
            for (before, after), side in zip(pairwise(widths), sides, strict=True)
        ]
