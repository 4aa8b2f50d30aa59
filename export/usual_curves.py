"""How scores usually rise with quality settings: where the search begins, and nothing else.

Medians over photos, made with a `small` student trained on compressed input: docs/experiments.md.
"""

from __future__ import annotations

from export.coding import Codec
from export.smallest import Curve

_SETTINGS = (2, 8, 15, 25, 35, 45, 55, 65, 75, 85, 93, 100)
_SCORES: dict[tuple[Codec, bool], tuple[float, ...]] = {
    ("JPEG", False): (-110, -25, 22, 43, 54, 60, 65, 69, 75, 82, 88, 92),
    ("JPEG", True): (-110, -30, 15, 32, 42, 48, 52, 56, 60, 66, 70, 72),
    ("WEBP", False): (5, 30, 42, 50, 56, 60, 65, 68, 72, 78, 85, 89),
    ("WEBP", True): (0, 20, 32, 40, 46, 50, 54, 57, 60, 65, 69, 71),
    ("AVIF", False): (-40, 0, 22, 43, 56, 65, 72, 78, 83, 87, 90, 91),
    ("AVIF", True): (-50, -10, 14, 32, 44, 52, 58, 62, 66, 69, 71, 72),
}


def usual_curve(codec: Codec, *, half: bool) -> Curve:
    """Give the curve of a codec at full size, or at half size enlarged by a student."""
    return Curve(settings=_SETTINGS, scores=_SCORES[codec, half])
