"""How each form is written and checked; a form is imported when it is asked for."""

from __future__ import annotations

from export.folder.form import COMPACT, ONNX, TFJS, Form
from export.pipeline.form import ExportForm


def export_form(form: Form) -> ExportForm:
    """Import how a form is written, opened and checked.

    Raises:
        ModuleNotFoundError: A package that the form needs is not installed.
    """
    if form is COMPACT:
        from export.compact import form as compact

        return compact.COMPACT
    if form is ONNX:
        from export.onnx import form as onnx

        return onnx.ONNX
    assert form is TFJS
    from export.tfjs import form as tfjs

    return tfjs.TFJS
