"""Colour formats of networks."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from pixels.resize import resize
from pixels.tensors import luma, to_float
from teacher.networks.colour import ColourTransform, bicubic_phases, enlarge_by_bicubic
from teacher.networks.residual import Residual, ResidualConfig
from tests.made.photos import photo


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_is_that_of_pixels_resize(scale: int) -> None:
    picture = photo(12, 17)
    ours = enlarge_by_bicubic(to_float(picture), bicubic_phases(Fraction(scale)), Fraction(scale))[
        0
    ]
    theirs = to_float(resize(picture, (12 * scale, 17 * scale)))[0]
    inner = slice(3 * scale, -3 * scale)  # edges are mirrored there and repeated here
    # `resize` rounds to bytes after each axis: half a byte, enlarged a little, and half a byte.
    assert (ours - theirs)[:, inner, inner].clamp(-1, 1).abs().max() <= 1.2 / 255


def test_luma_is_luma_and_colours_come_back() -> None:
    rgb = torch.rand(2, 3, 6, 5)
    assert torch.allclose(ColourTransform("luma", Fraction(2)).native(rgb), luma(rgb), atol=1e-6)
    ycbcr = ColourTransform("ycbcr", Fraction(2))
    native = ycbcr.native(rgb)
    assert native.min() >= -1e-6
    assert native.max() <= 1 + 1e-6
    assert torch.allclose(ycbcr.to_rgb(native, rgb), rgb, atol=1e-5)
    assert torch.equal(ColourTransform("rgb", Fraction(2)).native(rgb), rgb)


def test_grey_stays_grey_on_luma() -> None:
    torch.manual_seed(0)
    network = Residual(ResidualConfig(blocks=1, channels=4, colour="luma"))
    grey = torch.rand(1, 1, 8, 8).expand(-1, 3, -1, -1)
    output = network(grey)
    assert torch.allclose(output[:, 0], output[:, 1], atol=1e-5)
    assert torch.allclose(output[:, 0], output[:, 2], atol=1e-5)


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(ValueError, match="rgb, ycbcr, luma"):
        ColourTransform("grey", 2)  # pyright: ignore[reportArgumentType]
