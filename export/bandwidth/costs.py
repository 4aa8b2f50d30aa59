"""What a reader downloads once, before the first photo is enlarged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.bandwidth.plan import Enlargement
from export.delivery.enlarging import PLAIN_WAYS
from export.delivery.scripts import runtime_gzip_bytes
from export.folder.card import CARD
from export.folder.form import COMPACT, ONNX, form_of
from plumbing.disk import gzip_size
from teacher.runs.record import read_weights


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Downloads that halfsize adds to a page, in gzipped bytes."""

    runtime: int | None
    """The page's scripts; None where they are not built."""
    models: dict[str, int]
    """Each student, by name."""

    def added(self, ways: Sequence[str]) -> int:
        """Return the bytes of the runtime and the models of some ways together."""
        return (self.runtime or 0) + sum(self.models.get(way, 0) for way in ways)


def costs_of(students: Sequence[Enlargement], runtime: int | None) -> Costs:
    """Count what a reader downloads.

    Args:
        students: The models to count.
        runtime: Gzipped bytes of the page's scripts; None counts those of `web_demo/dist`.
    """
    return Costs(
        runtime=runtime_gzip_bytes(COMPACT) if runtime is None else runtime,
        models={student.name: model_bytes(Path(student.model)) for student in students},
    )


def model_bytes(path: Path) -> int:
    """Count a model's gzipped bytes: an export's files, or a run's weights as float16."""
    if str(path) in PLAIN_WAYS:
        return 0
    if (path / CARD).is_file():
        card = json.loads((path / CARD).read_text(encoding="utf-8"))
        return sum(file["gzip_bytes"] for file in card["files"].values())
    if path.is_file() or form_of(path) is ONNX:
        return gzip_size((path if path.is_file() else path / ONNX.file).read_bytes())
    weights = read_weights(path).values()
    return gzip_size(b"".join(array.astype(np.float16).tobytes() for array in weights))
