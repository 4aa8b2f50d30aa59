"""Several networks in every form and precision, by one command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from export.pipeline.card import CARD
from tests.made.commands import command_here
from tests.made.runs import MadeChain


def test_a_matrix_exports_all_and_goes_on_where_it_stopped(
    chain: MadeChain, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ("export.matrix", "--runs", chain.student, "--out", out, "--no-browser")
    done = command_here(*arguments, "--jobs", "2")
    folders = sorted(path for path in out.iterdir())
    refused = done.output.count("refused")
    assert done.status == 0, done.errors + done.output
    assert len(folders) + refused == 8  # ONNX and TF.js in three precisions, the small file in two
    for folder in folders:
        card = json.loads((folder / CARD).read_text())
        total = sum(file["bytes"] for file in card["files"].values())
        assert f"{total:,}" in done.output
    written = {folder: (folder / CARD).stat().st_mtime_ns for folder in folders}
    card = json.loads((folders[0] / CARD).read_text())
    (folders[0] / CARD).write_text(json.dumps(card | {"run_weights_sha256": "others"}))
    shutil.rmtree(folders[1])
    again = command_here(*arguments)
    assert again.status == 0, again.errors
    kept = [f for f in folders if (f / CARD).stat().st_mtime_ns == written[f]]
    assert kept == folders[2:]


def test_names_that_collide_and_runs_that_are_none_are_told(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "run").mkdir(parents=True)
    pair = (tmp_path / "a" / "run", tmp_path / "b" / "run")
    done = command_here("export.matrix", "--runs", *pair, "--out", tmp_path / "out")
    assert "a name of its own" in done.sentence(2)
    done = command_here("export.matrix", "--runs", tmp_path / "none", "--out", tmp_path / "out")
    assert "none" in done.sentence()
    done = command_here("export.matrix", "--runs", pair[0], "--out", tmp_path / "o", "--jobs", "0")
    assert done.status == 2
