"""Amounts as people read them."""

from __future__ import annotations


def in_words(seconds: float) -> str:
    """Format a duration: seconds, minutes or hours, whichever is short."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def in_bytes(count: float) -> str:
    """Format a number of bytes; a kilobyte is 1000 bytes."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if abs(count) >= size:
            return f"{count / size:.{0 if abs(count) >= 100 * size else 1}f} {unit}"
    return f"{count:.0f} bytes"
