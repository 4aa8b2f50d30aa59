"""A still picture in memory: always 8-bit sRGB with straight alpha."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plumbing.command import UserError


class ImageError(UserError):
    """A picture cannot be read or written; the message is one plain sentence."""


class UnfitError(Exception):
    """A file cannot be read; the message does not name the file yet."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One still picture.

    Raises:
        ValueError: An array does not have the shape or type stated here, or has no pixels.
    """

    rgb: NDArray[np.uint8]
    """(height, width, 3), sRGB."""
    alpha: NDArray[np.uint8] | None = None
    """(height, width), straight; None if the picture is opaque."""

    def __post_init__(self) -> None:
        rgb, alpha = self.rgb, self.alpha
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
            raise ValueError(f"rgb must be uint8 (height, width, 3), got {rgb.dtype} {rgb.shape}")
        if alpha is not None and (alpha.dtype != np.uint8 or alpha.shape != rgb.shape[:2]):
            raise ValueError(
                f"alpha must be uint8 {rgb.shape[:2]}, got {alpha.dtype} {alpha.shape}"
            )

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]

    def with_alpha(self) -> NDArray[np.uint8]:
        """Join colours and alpha in a new array, (height, width, 4)."""
        alpha = np.full(self.size, 255, np.uint8) if self.alpha is None else self.alpha
        return np.dstack([self.rgb, alpha])


def unless_opaque(alpha: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
    """Return alpha, or None if it is opaque everywhere."""
    return None if alpha is None or alpha.min() == 255 else alpha
