"""The card of an export folder, `halfsize.json`: its name and its formats."""

from __future__ import annotations

FORMATS = (1, 2)
"""Formats of the card. The second one is that of scales that are not whole, of which older readers
know nothing: they say that they read format 1."""
CARD = "halfsize.json"
