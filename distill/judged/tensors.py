"""What judges with a gradient have in common."""

from __future__ import annotations

from torch import Tensor, where


def clipped(rgb: Tensor) -> Tensor:
    """Clip colours to [0, 1] as a screen does, but let gradients pass as if it did not.

    A student must learn to leave a colour that is out of range.
    """
    return rgb + (rgb.clamp(0.0, 1.0) - rgb).detach()


def in_linear_light(rgb: Tensor) -> Tensor:
    """Convert sRGB in [0, 1] to light, in [0, 1] too."""
    above = ((rgb.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4
    return where(rgb <= 0.04045, rgb / 12.92, above)
