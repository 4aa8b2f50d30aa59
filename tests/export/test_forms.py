from __future__ import annotations

from pathlib import Path

import pytest

from export.folder.form import COMPACT, FORMS, ONNX, TFJS, Form, form_among, form_of
from export.forms import export_form
from plumbing.paths import WEB_DEMO


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.command)
def test_a_folder_is_recognised_by_its_file(form: Form, tmp_path: Path) -> None:
    assert form_of(tmp_path) is None
    (tmp_path / form.file).touch()
    (tmp_path / "golden.json").touch()
    assert form_of(tmp_path) is form
    assert form_among(["golden.json", form.file]) is form


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.command)
def test_every_form_is_exported_by_its_own_program(form: Form) -> None:
    assert export_form(form).form is form


def test_released_models_are_recognised() -> None:
    assert form_of(WEB_DEMO / "models" / "nano-web") is COMPACT


def test_anything_else_is_not_an_export(tmp_path: Path) -> None:
    (tmp_path / ONNX.file).mkdir()
    assert form_of(tmp_path) is None
    assert form_of(tmp_path / "missing") is None
    assert form_among(["run.json", "model.safetensors"]) is None
    assert len({ONNX.file, COMPACT.file, TFJS.file}) == 3
