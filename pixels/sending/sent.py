"""A reduced photo as it arrives: as it was, or after one codec at one quality.

For measuring; `pixels.sending.degrade` draws degradations at random for training.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from pixels.sending.codecs import TRAINING, Codec, round_trip

CLEAN = "clean"
_CODECS: dict[str, Codec] = {"jpeg": "JPEG", "webp": "WEBP", "avif": "AVIF"}


def read_name(name: str) -> tuple[Codec, int] | None:
    """Parse the name of an input: `clean`, or codec and quality as in `jpeg-75`.

    Returns:
        Codec and the encoder's own quality setting; None for `clean`.

    Raises:
        ValueError: The name is neither.
    """
    if name == CLEAN:
        return None
    match = re.fullmatch(r"(jpeg|webp|avif)-(\d{1,3})", name)
    if match is None or not 1 <= int(match[2]) <= 100:
        raise ValueError(
            f"input must be {CLEAN}, or codec and quality (1 to 100) as in jpeg-75, webp-75 or "
            f"avif-60, got {name!r}"
        )
    return _CODECS[match[1]], int(match[2])


def sent(picture: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """Send a reduced photo through the codec that an input names.

    Args:
        picture: (height, width, 3) sRGB, 0 to 255.
        name: As for `read_name`; chroma is 4:2:0 in every codec.

    Returns:
        What arrives, of the same shape.

    Raises:
        ValueError: There is no such input.
    """
    compression = read_name(name)
    return picture if compression is None else round_trip(picture, *compression, TRAINING)
