"""Read the bytes of a file of any origin: in order, and never past their end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plumbing.command import UserError

STORED_AXES = (2, 3, 1, 0)
"""The axes of weights in a file, of (outputs, inputs, row, column)."""
NETWORK_AXES = (3, 2, 0, 1)
"""The way back."""


class CompactReader:
    """Reads bytes in order; every method raises `UserError` where they end too soon."""

    def __init__(self, content: bytes, name: str) -> None:
        """Start at the first byte; sentences call the file `name`."""
        self._content, self._name, self._at = content, name, 0

    def take(self, count: int) -> bytes:
        """Take so many bytes."""
        self.require(count)
        self._at += count
        return self._content[self._at - count : self._at]

    def numbers(self, kind: str, count: int) -> NDArray:
        """Take numbers of a type of NumPy's, as in `<i4`."""
        return np.frombuffer(self.take(np.dtype(kind).itemsize * count), kind)

    def bytes_(self, count: int) -> NDArray[np.uint8]:
        """Take numbers of 8 bits."""
        return self.numbers("u1", count)

    def halves(self, count: int) -> NDArray[np.float32]:
        """Take floats of 16 bits; each must be a number."""
        values = self.numbers("<f2", count).astype(np.float32)
        if not np.isfinite(values).all():
            raise self.wrong("one of its values is not a number")
        return values

    def require(self, count: int) -> None:
        """Require so many more bytes."""
        if self._at + count > len(self._content):
            raise self.wrong("it is truncated")

    def require_end(self) -> None:
        """Require that no byte is left."""
        if self._at != len(self._content):
            raise self.wrong("it has bytes after the network")

    def wrong(self, what: str) -> UserError:
        """Say that the file cannot be used, and why."""
        return UserError(f"{self._name} cannot be used: {what}")
