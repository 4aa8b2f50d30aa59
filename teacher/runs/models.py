"""What `--model` names, in every command: a network that was released, trained or exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from plumbing.command import UserError
from plumbing.paths import MODELS
from teacher.networks.compact_file import FILE as COMPACT_FILE
from teacher.reducing.weights import released_reducers
from teacher.runs.record import RESUME, RUN
from teacher.runs.released import PLACES

ModelKind = Literal["run", "onnx", "compact", "tfjs"]

EXPORT_FILES: dict[Literal["onnx", "compact", "tfjs"], str] = {
    "onnx": "model.onnx",
    "compact": COMPACT_FILE,
    "tfjs": "model.json",
}
"""The file by which an export folder of each form is known, in the order of looking."""


@dataclass(frozen=True, kw_only=True)
class NamedModel:
    """What a name stands for."""

    path: Path
    """The run folder, the export folder, or the .onnx file."""
    kind: ModelKind
    """`run`, or the form of the export; `onnx` also for a file alone."""

    @property
    def file(self) -> Path:
        """The file of an export."""
        assert self.kind != "run"
        return self.path if self.path.is_file() else self.path / EXPORT_FILES[self.kind]


def find_model(
    named: str | Path, *, pages: bool = False, others: Sequence[str] = (), flag: str = "--model"
) -> NamedModel:
    """Find the model that a user named: a path, or the name of a released model.

    What exists takes precedence over a released model of the same name.

    Args:
        named: A run folder, an export folder of any form, an .onnx file, or a name.
        pages: Whether a name, or the folder of a released run, means the export for pages, with the
            weights as readers download them; otherwise it means the run, if there is one.
        others: Other words that the command takes.
        flag: How it was named, for the sentence; empty for a positional argument.

    Raises:
        UserError: It is none of these; the sentence lists the released models.
    """
    path, given = Path(named), f"{flag} {named}".strip()
    if path.exists():
        found = _at(path)
        if found is None:
            files = ", ".join(EXPORT_FILES.values())
            raise UserError(
                f"{given} is not a run folder: it has no {RUN}; and it is no export: it has "
                f"none of {files}"
            )
        return _for_pages(found) if pages else found
    if path.suffix == ".onnx":
        raise UserError(f"{given}: there is no such file")
    if path.name == str(path):
        places = (MODELS, *PLACES) if pages else (*PLACES, MODELS)
        for place in places:
            found = _at(place / path)
            if found is not None:
                return found
    words = f"; or {', '.join(others)}" if others else ""
    raise UserError(
        f"{given}: there is no such run folder, export folder or .onnx file; released "
        f"models are {', '.join(released_models())}{words}"
    )


def released_models() -> list[str]:
    """List the names of all released models; reducers, which enlarge nothing, are none."""
    places = [place for place in (MODELS, *PLACES) if place.is_dir()]
    folders = [folder for place in places for folder in place.iterdir() if _at(folder)]
    return sorted({folder.name for folder in folders} - {*released_reducers()})


def _at(path: Path) -> NamedModel | None:
    """See what a path is; None if it is no model."""
    if path.is_file():
        return NamedModel(path=path, kind="onnx") if path.suffix == ".onnx" else None
    if (path / RUN).is_file() or (path / RESUME).is_file():
        return NamedModel(path=path, kind="run")
    for kind, file in EXPORT_FILES.items():
        if (path / file).is_file():
            return NamedModel(path=path, kind=kind)
    return None


def _for_pages(found: NamedModel) -> NamedModel:
    """Take the export of a released run, if it is at hand."""
    path = found.path.resolve()
    if found.kind == "run" and path.parent in PLACES:
        return _at(MODELS / path.name) or found
    return found
