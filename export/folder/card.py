"""The card of an export folder, `halfsize.json`: its name and its formats."""

from __future__ import annotations

from typing import Literal

FORMATS = (1, 2)
"""Formats of the card. The second one is that of scales that are not whole, of which older readers
know nothing: they say that they read format 1."""
CARD = "halfsize.json"
Arithmetics = Literal["float", "integer"]
"""How a network computes: in floats, or in whole numbers, of which every engine gives equal bytes.
Cards from before there were whole numbers do not say; it is `float` then."""
