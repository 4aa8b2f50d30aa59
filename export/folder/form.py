"""The forms of an export, and which of them a folder holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from export.weights.precision import PRECISIONS, Precision
from teacher.runs.models import EXPORT_FILES


@dataclass(frozen=True, kw_only=True)
class Form:
    """A file format of an export."""

    command: str
    """The form's package: `python -m export.COMMAND` writes it."""
    name: str
    """Name for progress lines."""
    file: str
    """File that only export folders of this form have."""
    precisions: tuple[Precision, ...] = PRECISIONS
    """Precisions that the form has; `smallest` chooses among them."""
    whole_numbers: Precision = "float32"
    """The one that holds a student in whole numbers exactly."""


ONNX = Form(command="onnx", name="ONNX", file=EXPORT_FILES["onnx"])
COMPACT = Form(
    command="compact",
    name="the compact runtime's file",
    file=EXPORT_FILES["compact"],
    precisions=("float16", "int8"),
    whole_numbers="int8",
)
TFJS = Form(command="tfjs", name="TensorFlow.js", file=EXPORT_FILES["tfjs"])
FORMS = (ONNX, COMPACT, TFJS)
"""Every form, in the order in which a folder is tested for them."""
PAGE_FORMS = (COMPACT, TFJS)
"""The forms that halfsize's page runs."""


def form_of(folder: Path) -> Form | None:
    """Recognise an export folder by its files; None for anything else."""
    return form_among([form.file for form in FORMS if (folder / form.file).is_file()])


def form_among(names: Collection[str]) -> Form | None:
    """Recognise the form of an export by the names of its files; None if they are not an export."""
    return next((form for form in FORMS if form.file in names), None)
