"""Screens: how large a reader sees a pixel, and how much light it gives off."""

from __future__ import annotations

import math
from dataclasses import dataclass

_CM_PER_INCH = 2.54


@dataclass(frozen=True, kw_only=True)
class Screen:
    """A screen in a room, as one reader sees it."""

    name: str
    """`desktop`, `laptop`, `phone`, or what describes the pixels."""
    pixels_per_degree: float
    """Pixels of the photo within one degree of the reader's field of view."""
    peak_cd_m2: float = 200.0
    """Luminance of white."""
    contrast: float = 1000.0
    """Luminance of white over that of black, in a dark room."""
    ambient_lux: float = 250.0
    """Light of the room on the screen; 250 is an office."""
    reflectivity: float = 0.005
    """The part of that light which the screen reflects."""

    def __post_init__(self) -> None:
        """Check the figures.

        Raises:
            ValueError: One of them is out of range.
        """
        if not 4.0 <= self.pixels_per_degree <= 500.0:
            raise ValueError(
                f"a screen has 4 to 500 pixels per degree, got {self.pixels_per_degree:g}"
            )
        if self.peak_cd_m2 <= 0.0 or self.contrast <= 1.0:
            raise ValueError("a screen's white must be brighter than its black")
        if self.ambient_lux < 0.0 or not 0.0 <= self.reflectivity <= 1.0:
            raise ValueError("a room's light must not be negative, nor reflectivity exceed 1")

    @property
    def black_cd_m2(self) -> float:
        """Luminance of black, without reflections."""
        return self.peak_cd_m2 / self.contrast

    @property
    def reflected_cd_m2(self) -> float:
        """Luminance that the room's light adds everywhere; a matt screen spreads it evenly."""
        return self.ambient_lux * self.reflectivity / math.pi


def pixels_per_degree(pixels_per_inch: float, distance_cm: float) -> float:
    """Return how many pixels lie within a degree at the centre of a screen.

    Args:
        pixels_per_inch: Density of the screen.
        distance_cm: From the eye to the screen.
    """
    pixel_cm = _CM_PER_INCH / pixels_per_inch
    return 1.0 / (2.0 * math.degrees(math.atan(0.5 * pixel_cm / distance_cm)))


DESKTOP = Screen(name="desktop", pixels_per_degree=38.0)
"""24 inches, Full HD (92 pixels per inch), at 60 cm."""
LAPTOP = Screen(name="laptop", pixels_per_degree=77.0)
"""224 pixels per inch, at 50 cm."""
PHONE = Screen(name="phone", pixels_per_degree=95.0)
"""460 pixels per inch, at 30 cm."""

SCREENS = {screen.name: screen for screen in (DESKTOP, LAPTOP, PHONE)}
"""The screens that have a name, coarsest first."""


def screen_of(pixels_per_degree: float) -> Screen:
    """Return a screen in an office with so many pixels per degree.

    Raises:
        ValueError: There are fewer than 4 or more than 500.
    """
    name = f"{pixels_per_degree:g} pixels per degree"
    return Screen(name=name, pixels_per_degree=pixels_per_degree)
