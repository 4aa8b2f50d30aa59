"""What of a reduced photo arrives: the photo itself, or what one codec at one quality leaves of it.

For measuring, where `pixels.sending.degrade` draws ways at random for training.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from pixels.sending.degrade import Codec, compress

CLEAN = "clean"
_CODECS: dict[str, Codec] = {"jpeg": "JPEG", "webp": "WEBP", "avif": "AVIF"}


def read_name(name: str) -> tuple[Codec, int] | None:
    """Read what a user calls an input: `clean`, or codec and quality as in `jpeg-75`.

    Returns:
        Codec and the encoder's own quality setting; None for `clean`.

    Raises:
        ValueError: It is neither.
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
    """Give what arrives of a reduced photo.

    Args:
        picture: (height, width, 3) sRGB, 0 to 255.
        name: What `read_name` takes; chroma is 4:2:0 in every codec.

    Returns:
        The same shape.

    Raises:
        ValueError: There is no such input.
    """
    way = read_name(name)
    return picture if way is None else compress(picture, way[0], way[1], "4:2:0")
