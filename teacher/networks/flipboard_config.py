"""The shape of the 2015 network, with the post's values as defaults.

Where the post gives no value, the default is our choice: see `teacher.networks.flipboard`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pixels.scale import HALF, Scale, parse_scale
from teacher.networks.colour import ColourFormat


@dataclass(frozen=True, kw_only=True)
class FlipboardConfig:
    """Shape of a `Flipboard` network."""

    patch_px: int = 12
    """Side of the input patch."""
    border_px: int = 2
    """Border of the input patch that the output patch does not cover, on each side."""
    stride_px: int = 4
    """Step of the sliding window; must divide patch-px minus twice border-px."""
    first_maps: int = 64
    """Feature maps of convolution 1: more than any other (the post's next step: hundreds)."""
    first_filter_px: int = 5
    """Side of the filters of convolution 1, odd (the post's next step: larger ones)."""
    reproject_units: tuple[int, ...] = (512,)
    """Units of dense 1; several numbers make several layers."""
    reproject_maps: int = 8
    """Number of patch-sized maps that dense 2 outputs."""
    middle_maps: tuple[int, ...] = (32, 32)
    """Feature maps of convolutions 2 and 3; more numbers make more layers."""
    middle_filter_px: int = 3
    """Side of the filters of the other convolutions, odd."""
    dense_units: tuple[int, ...] = (512, 512)
    """Units of dense 3 and 4; more numbers make more layers."""
    first_keep: float = 0.98
    """Probability that dropout keeps a map of convolution 1 (the post: near 1)."""
    middle_keep: float = 0.98
    """Probability that dropout keeps a map of the other convolutions (the post: near 1)."""
    dense_keep: float = 0.5
    """Probability that dropout keeps a unit of dense 3 and 4 (the post: about a half)."""
    weight_gain: float = 1.0
    """Factor on the Glorot normal initial weights (the post: then slightly tuned)."""
    anchor: Literal["none", "bicubic"] = "none"
    """`none`: the last layer outputs the patch; `bicubic`: its difference from bicubic."""
    colour: ColourFormat = "rgb"
    """Channels the network works on; with `luma`, chroma is enlarged with bicubic."""
    scale: Scale = HALF
    """Ratio of output to input size: 2, 3 or 4."""

    def __post_init__(self) -> None:
        counts = (self.first_maps, *self.reproject_units, self.reproject_maps)
        counts += (*self.middle_maps, *self.dense_units)
        if not all(1 <= count <= 65536 for count in counts):
            raise ValueError("maps and units must be 1 to 65536")
        for name in ("first_filter_px", "middle_filter_px"):
            side = getattr(self, name)
            if side % 2 == 0 or not 1 <= side <= 2 * self.patch_px + 1:
                raise ValueError(
                    f"{_flag(name)} must be odd and at most 2 * patch-px + 1, got {side}"
                )
        for name in ("first_keep", "middle_keep", "dense_keep"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise ValueError(f"{_flag(name)} must lie in (0, 1], got {getattr(self, name)}")
        if self.border_px < 0 or not 1 <= self.output_px <= 128:
            raise ValueError(
                f"patch-px minus twice border-px must be 1 to 128 pixels and border-px at least "
                f"0, got {self.patch_px} and {self.border_px}"
            )
        if self.stride_px < 1 or self.output_px % self.stride_px:
            raise ValueError(
                f"stride-px must divide patch-px minus twice border-px, {self.output_px}, "
                f"got {self.stride_px}"
            )
        if not 0.0 < self.weight_gain < 100.0:
            raise ValueError(f"weight-gain must lie between 0 and 100, got {self.weight_gain}")
        if self.anchor not in ("none", "bicubic"):
            raise ValueError(f"anchor must be none or bicubic, got {self.anchor!r}")
        if self.colour not in get_args(ColourFormat):
            raise ValueError(f"colour must be rgb, ycbcr or luma, got {self.colour!r}")
        if parse_scale(self.scale).denominator > 1:
            raise ValueError(
                f"scale must be 2, 3 or 4 for the flipboard network, got {self.scale}: "
                "its patches have whole numbers of pixels"
            )

    @property
    def output_px(self) -> int:
        """Side of the part of the input patch that the output patch covers."""
        return self.patch_px - 2 * self.border_px


def _flag(field: str) -> str:
    return field.replace("_", "-")
