"""A network as a function of pictures."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from teacher.enlarging.runner import open_enlarger


class Upscaler:
    """A network that enlarges pictures; `halfsize.load` makes one.

    Attributes:
        name: Name of the network.
        scale: How many times larger the result is in width and height.
    """

    def __init__(self, model: str, *, tile_px: int) -> None:
        """Open a network: see `halfsize.load`."""
        self._enlarger = open_enlarger(model, tile_px=tile_px)
        self.name: str = self._enlarger.name
        self.scale: Fraction = self._enlarger.scale

    def upscale(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Enlarge a picture.

        Args:
            picture: (height, width, 3) sRGB, 0 to 255.

        Returns:
            (ceil(scale * height), ceil(scale * width), 3), 0 to 255.

        Raises:
            ValueError: The array has another shape or type.
        """
        picture = np.asarray(picture)
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(
                f"a picture is uint8 (height, width, 3) in RGB, got {picture.dtype} {picture.shape}"
            )
        if not picture.size:
            raise ValueError(f"a picture has at least one pixel, got {picture.shape}")
        return self._enlarger.enlarge(np.ascontiguousarray(picture))
