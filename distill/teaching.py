"""The teacher's output for every photo of a store, computed once and stored with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.store.layers import add_layer
from pixels.store.store import PhotoStore
from teacher.enlarging.runner import open_enlarger
from teacher.runs.record import read_record


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """A trained network whose output students learn from."""

    name: str
    """Part of the names of layers: identifies the weights, and whether it is an ensemble."""
    weights_sha256: str
    """Hash of its weights."""
    scale: Fraction
    """Ratio of output to input size."""
    enlarge: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    """(height, width, 3) sRGB, 0 to 255, to `enlarged_size`."""

    def taught(self, store: PhotoStore, small: str) -> str:
        """Store the outputs for the pictures of a layer, unless the store holds them already.

        Runs on a GPU where there is one.

        Returns:
            The name of the layer with the outputs.
        """
        layer = f"{self.name}-of-{small}"
        if not store.has_layer(layer):
            add_layer(store, layer, self.enlarge, f"running the teacher ({small})", source=small)
        return layer


def open_teacher(run: Path, *, ensemble: bool) -> Teacher:
    """Open a run folder as a teacher.

    Args:
        run: The run folder.
        ensemble: Whether to average its output over all eight orientations of a photo: better, and
            eight times slower.

    Raises:
        UserError: The folder is not a finished run.
    """
    record = read_record(run)
    enlarger = open_enlarger(str(run), ensemble=ensemble)
    return Teacher(
        name=f"teacher-{record.weights_sha256[:16]}{'-x8' if ensemble else ''}",
        weights_sha256=record.weights_sha256,
        scale=enlarger.scale,
        enlarge=enlarger.enlarge,
    )
