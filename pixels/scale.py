"""The scale of an enlargement: an exact ratio of output to input size, as 2 or 3/2.

A scale `up/down` turns blocks of `down x down` pixels into blocks of `up x up`. It is a `Fraction`
everywhere in Python; JSON has the number 2 or the text "3/2".
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from tyro.constructors import PrimitiveConstructorSpec

from plumbing.command import UsageError

SCALES = (Fraction(4, 3), Fraction(3, 2), Fraction(2), Fraction(3), Fraction(4))
"""The scales that networks have."""
HALF = Fraction(2)
"""The scale of half-size photos, which is the default of every command."""


def parse_scale(value: object) -> Fraction:
    """Read a scale from a command line or from JSON, or check one.

    Args:
        value: A `Fraction`, a whole number, or text such as `2` or `3/2`.

    Raises:
        ValueError: It is not one of `SCALES`; a float never is.
    """
    known = {scale_name(scale): scale for scale in SCALES}
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        name = scale_name(Fraction(value))
    else:
        name = value if isinstance(value, str) else None
    if name not in known:
        raise ValueError(f"scale must be 2, 3, 4, 3/2 or 4/3, got {value}")
    return known[name]


def scale_name(scale: Fraction) -> str:
    """Write a scale as text: `2` or `3/2`."""
    return str(scale)


def scale_json(scale: Fraction) -> int | str:
    """Write a ratio as JSON has it: the number 2, or the text "3/2"."""
    return scale.numerator if scale.denominator == 1 else str(scale)


def enlarged_size(size: tuple[int, int], scale: Fraction) -> tuple[int, int]:
    """Give the (height, width) of a picture of any size after enlarging; sides round up."""
    up, down = scale.numerator, scale.denominator
    return -(-size[0] * up // down), -(-size[1] * up // down)


def padded_to_blocks(image: NDArray[np.uint8], scale: Fraction) -> NDArray[np.uint8]:
    """Repeat a picture's last row and column until both sides are multiples of `down`.

    Args:
        image: (height, width) or (height, width, channels).
        scale: The scale `up/down` to enlarge by.

    Returns:
        The picture itself if nothing is missing.
    """
    down = scale.denominator
    over = [(0, -side % down) for side in image.shape[:2]]
    if not any(after for _, after in over):
        return image
    return np.pad(image, [*over, *[(0, 0)] * (image.ndim - 2)], mode="edge")


def shave_px(scale: Fraction) -> int:
    """Pixels that a comparison ignores on each side: as many as the scale, rounded up."""
    return -(-scale.numerator // scale.denominator)


def _parsed(words: Sequence[str]) -> Fraction:
    try:
        return parse_scale(words[0])
    except ValueError as error:
        raise UsageError(f"--scale: {error}") from error


def _is_scale(value: object) -> bool:
    return value is None or isinstance(value, Fraction)


_FLAG = PrimitiveConstructorSpec(
    nargs=1,
    metavar="2|3|4|3/2|4/3",
    instance_from_str=_parsed,
    is_instance=_is_scale,
    str_from_instance=lambda scale: [str(scale)],
)
Scale = Annotated[Fraction, _FLAG]
"""A scale that is a flag of a command."""
OptionalScale = Annotated[Fraction | None, _FLAG]
"""The same, where the default depends on other flags."""
