"""Several networks in every form and precision, with one command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from export import matrix
from export.folder.card import CARD
from export.matrix import MatrixConfig
from plumbing.command import UserError
from tests.made.commands import command_here
from tests.made.runs import MadeChain


def exported(chain: MadeChain, out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Export the student in all forms; return what was printed."""
    matrix.main(MatrixConfig(runs=(chain.student,), out=out, browser=False, jobs=2))
    return capsys.readouterr().out


@pytest.mark.process
def test_existing_exports_of_the_same_weights_are_kept(
    chain: MadeChain,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(matrix, "_FORMS", {"onnx": ("float32",), "compact": ("float16", "int8")})
    printed = exported(chain, tmp_path, capsys)
    folders = sorted(tmp_path.iterdir())
    assert [folder.name for folder in folders] == [
        *("student-compact-float16", "student-compact-int8", "student-onnx-float32"),
    ]
    for folder in folders:
        card = json.loads((folder / CARD).read_text())
        assert f"{sum(file['bytes'] for file in card['files'].values()):,}" in printed
    written = {folder: (folder / CARD).stat().st_mtime_ns for folder in folders}
    card = json.loads((folders[0] / CARD).read_text())
    (folders[0] / CARD).write_text(json.dumps(card | {"run_weights_sha256": "others"}))
    shutil.rmtree(folders[1])
    exported(chain, tmp_path, capsys)
    kept = [folder for folder in folders if (folder / CARD).stat().st_mtime_ns == written[folder]]
    assert kept == folders[2:]


@pytest.mark.process
@pytest.mark.parametrize("refused", [True, False])
def test_a_refused_precision_is_shown_and_another_failure_ends_the_command(
    chain: MadeChain,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    refused: bool,
) -> None:
    monkeypatch.setattr(matrix, "_FORMS", {"compact": ("float32",)})  # which it cannot write
    if refused:
        monkeypatch.setattr(matrix, "_REFUSED", "float32")
        assert "refused" in exported(chain, tmp_path, capsys)
    else:
        with pytest.raises(UserError, match="1 of 1 exports failed"):
            exported(chain, tmp_path, capsys)
        assert "FAILED" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.heavy
def test_every_form_is_exported_in_every_precision(
    chain: MadeChain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = exported(chain, tmp_path, capsys)
    # ONNX and TF.js in three precisions, the compact file in two
    assert len(list(tmp_path.iterdir())) + printed.count("refused") == 8


def test_runs_with_one_name_or_none_are_reported(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "run").mkdir(parents=True)
    pair = (tmp_path / "a" / "run", tmp_path / "b" / "run")
    done = command_here("export.matrix", "--runs", *pair, "--out", tmp_path / "out")
    assert "different names" in done.sentence(2)
    done = command_here("export.matrix", "--runs", tmp_path / "none", "--out", tmp_path / "out")
    assert "none" in done.sentence()
    done = command_here("export.matrix", "--runs", pair[0], "--out", tmp_path / "o", "--jobs", "0")
    assert done.status == 2
