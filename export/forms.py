"""The forms of an export, and which of them a folder holds."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from export.compact.form import COMPACT
from export.onnx.form import ONNX
from export.pipeline.job import ExportForm
from export.tfjs.form import TFJS

FORMS = (ONNX, COMPACT, TFJS)
"""Every form, in the order in which a folder is tested for them."""
PAGE_FORMS = (COMPACT, TFJS)
"""The forms that halfsize's page runs."""


def form_of(folder: Path) -> ExportForm | None:
    """Recognise an export folder by its files; None for anything else."""
    return form_among([form.file for form in FORMS if (folder / form.file).is_file()])


def form_among(names: Collection[str]) -> ExportForm | None:
    """Recognise the form of an export by the names of its files; None if they are not an export."""
    return next((form for form in FORMS if form.file in names), None)
