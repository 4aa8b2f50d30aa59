from __future__ import annotations

from pathlib import Path

import pytest

from plumbing.command import UserError
from plumbing.paths import MODELS
from teacher.runs.models import find_model, released_models
from teacher.runs.released import DISTILL_RELEASED, TEACHER_RELEASED


def test_a_name_means_the_run_or_the_export_for_pages() -> None:
    run, export = find_model("small-fine"), find_model("small-fine", pages=True)
    assert (run.kind, run.path) == ("run", DISTILL_RELEASED / "small-fine")
    assert (export.kind, export.path) == ("compact", MODELS / "small-fine")
    assert export.file == MODELS / "small-fine" / "model.halfsize"
    teacher = find_model("residual-web", pages=True)  # which has no export
    assert (teacher.kind, teacher.path) == ("run", TEACHER_RELEASED / "residual-web")


def test_a_path_means_what_lies_there(tmp_path: Path) -> None:
    for name in ("run.json", "model.onnx", "model.halfsize", "model.json"):
        folder = tmp_path / name.replace(".", "-")
        folder.mkdir()
        (folder / name).touch()
    kinds = [find_model(folder).kind for folder in sorted(tmp_path.iterdir())]
    assert kinds == ["compact", "tfjs", "onnx", "run"]
    alone = find_model(tmp_path / "model-onnx" / "model.onnx")
    assert (alone.kind, alone.file) == ("onnx", tmp_path / "model-onnx" / "model.onnx")


def test_the_run_folder_of_a_released_student_means_its_export_where_pages_run_it() -> None:
    folder = DISTILL_RELEASED / "small-fine"
    assert find_model(folder).path == folder
    assert find_model(folder, pages=True).path == MODELS / "small-fine"


@pytest.mark.parametrize("wrong", ["small-fime", "runs/mine"])
def test_a_wrong_name_is_told_the_right_ones(wrong: str) -> None:
    with pytest.raises(UserError) as caught:
        find_model(wrong, others=("bicubic",))
    sentence = str(caught.value)
    assert sentence.startswith(f"--model {wrong}: ") and sentence.endswith("; or bicubic")
    assert "medium-web, nano-clean, nano-fine-3-2, nano-web, residual-clean" in sentence


def test_released_models_are_those_of_both_kinds() -> None:
    names = released_models()
    assert names == sorted(names)
    assert {"small-fine", "large-clean", "residual-web"} <= set(names)
    assert "CREDITS.csv" not in names


def test_what_is_no_model_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not a run folder: it has no run\.json; and it is no exp"):
        find_model(tmp_path)
    with pytest.raises(UserError, match="there is no such file"):
        find_model(tmp_path / "none.onnx")
