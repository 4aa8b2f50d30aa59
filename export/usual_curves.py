"""How scores usually rise with quality settings: where the search begins, and nothing else.

Medians over six photos of 1200 pixels, with a `small` student trained on compressed input.
"""

from __future__ import annotations

from export.publish.search import Curve
from pixels.sending.codecs import Codec

_SETTINGS = (2, 10, 25, 40, 55, 70, 85, 95)
_SCORES: dict[tuple[Codec, bool], tuple[float, ...]] = {
    ("JPEG", False): (-64, -9, 41, 58, 65, 73, 82, 90),
    ("JPEG", True): (-67, -41, 5, 24, 34, 43, 54, 59),
    ("WEBP", False): (5, 26, 47, 57, 64, 70, 81, 89),
    ("WEBP", True): (-40, -17, 2, 17, 27, 35, 51, 58),
    ("AVIF", False): (-19, 0, 25, 50, 69, 81, 87, 91),
    ("AVIF", True): (-57, -45, -20, 13, 38, 52, 57, 59),
}


def usual_curve(codec: Codec, *, half: bool) -> Curve:
    """Give the curve of a codec at full size, or at half size enlarged by a student."""
    return Curve(settings=_SETTINGS, scores=_SCORES[codec, half])
