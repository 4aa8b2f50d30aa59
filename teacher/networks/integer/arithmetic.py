"""The constants of the arithmetic in whole numbers: docs/reference/format.md, version 3."""

from __future__ import annotations

LUMA_PARTS, LUMA_ONE = (9798, 19235, 3735), 2**15
"""Weights of R, G and B in luma, and their sum."""
SUM_LEAST, SUM_MOST = -(2**15), 2**15 - 1
"""Bounds of a shifted sum."""
MULTIPLIER_ONE = 2**15
"""A multiplier of this would change nothing."""
LAST_LEAST, LAST_MOST = -(2**14), 2**14 - 1
"""Bounds of what the network adds to its anchor, in 64ths of a byte."""
RED_OF_GREEN, BLUE_OF_GREEN, GREEN_ONE = 522, 199, 2**10
"""How much of red's and of blue's distance from luma green takes back, and the unit."""
