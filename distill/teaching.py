"""A teacher's word on every photo of a store, asked for once and kept there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.store.layers import add_layer
from pixels.store.store import PhotoStore
from teacher.enlarging.runner import open_enlarger
from teacher.runs.folder import read_record


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """A trained network that is asked once for each photo."""

    name: str
    """For layers of stores: of its weights, and whether it is an ensemble."""
    weights_sha256: str
    """Of its weights."""
    scale: int
    """How many times larger its output is."""
    enlarge: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    """(height, width, 3) sRGB, 0 to 255, to scale times that size."""

    def taught(self, store: PhotoStore, small: str) -> str:
        """Make sure that a store holds the outputs for the pictures of a layer.

        Takes a GPU where there is one. What is there already is not asked for again.

        Returns:
            The name of the layer that holds them.
        """
        layer = f"{self.name}-of-{small}"
        if not store.has_layer(layer):
            add_layer(store, layer, self.enlarge, f"asking the teacher ({small})", source=small)
        return layer


def open_teacher(run: Path, *, ensemble: bool) -> Teacher:
    """Open a run folder as a teacher.

    Args:
        run: The run folder.
        ensemble: Whether it sees each photo in eight orientations and averages: better, and eight
            times slower.

    Raises:
        UserError: It is not a finished run.
    """
    record = read_record(run)
    enlarger = open_enlarger(str(run), ensemble=ensemble)
    return Teacher(
        name=f"teacher-{record.weights_sha256[:16]}{'-x8' if ensemble else ''}",
        weights_sha256=record.weights_sha256,
        scale=enlarger.scale,
        enlarge=enlarger.enlarge,
    )
