"""The export commands as a user meets them, mistakes included."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from onnx import ModelProto, TensorProto, numpy_helper

from export.check.errors import AgreementError
from export.folder.card import CARD
from export.folder.form import COMPACT, FORMS, Form
from export.onnx import form as onnx_form
from export.pipeline.job import ExportConfig
from export.pipeline.run import run_export
from plumbing.command import UserError
from teacher.networks.registry import Network
from teacher.runs import released
from teacher.runs.folder import load_network
from tests.made.commands import command_here
from tests.made.networks import require_smallest
from tests.made.runs import ROOT, MadeChain

OTHERS = ("golden.json", "LICENSE.txt", "CREDITS.txt")


@pytest.fixture
def run_copy(chain: MadeChain, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chain.student, tmp_path / "run"))


def test_an_existing_folder_is_kept_without_force(chain: MadeChain, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    arguments = ("export.compact", "--run", chain.student, "--out", out)
    assert "--force" in command_here(*arguments).sentence()
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    replaced = command_here(*arguments, "--force", "--no-browser", "--threads", "1")
    assert replaced.status == 0, replaced.errors
    assert {path.name for path in out.iterdir()} == {COMPACT.file, CARD, *OTHERS}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("module", ["export.onnx", "export.tfjs"])
def test_altered_weights_are_refused(run_copy: Path, tmp_path: Path, module: str) -> None:
    weights = run_copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1
    weights.write_bytes(bytes(data))
    done = command_here(module, "--run", run_copy, "--out", tmp_path / "out")
    assert "altered" in done.sentence()
    assert not (tmp_path / "out").exists()


def test_a_newer_run_is_refused(run_copy: Path, tmp_path: Path) -> None:
    record = json.loads((run_copy / "run.json").read_text())
    (run_copy / "run.json").write_text(json.dumps(record | {"format": 99}))
    done = command_here("export.onnx", "--run", run_copy, "--out", tmp_path / "out")
    assert "format 99" in done.sentence()


def test_a_folder_that_is_not_a_run_is_refused(tmp_path: Path) -> None:
    done = command_here("export.onnx", "--run", tmp_path, "--out", tmp_path / "out")
    assert "not a run folder" in done.sentence()


def test_no_browser_gives_a_sentence_and_leaves_nothing(
    chain: MadeChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALFSIZE_CHROMIUM", str(tmp_path / "none"))
    done = command_here("export.compact", "--run", chain.student, "--out", tmp_path / "out")
    assert str(tmp_path / "none") in done.sentence()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.command)
def test_help_names_the_command_and_explains_every_flag(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = command_here(f"export.{form.command}", "--help")
    assert done.status == 0
    assert f"usage: python -m export.{form.command} " in done.output
    flags = ("--run", "--out", "--weights", "--photos", "--no-browser", "--force", "--licence")
    for flag in (*flags, "--credits", "--threads"):
        assert flag in done.output
    assert "float32," in done.output or form is COMPACT  # which has no such weights


def test_a_missing_flag_is_wrong_usage() -> None:
    done = command_here("export.onnx")
    assert done.status == 2
    assert "--run" in done.errors


def test_the_demo_ends_with_the_table_and_the_page(chain: MadeChain) -> None:
    for word in ("bicubic", "teacher", "student", "PSNR", "SSIM", "parameters", "bytes"):
        assert word in chain.output
    assert "web_demo/index.html" in chain.output.splitlines()[-1]


def test_no_browser_is_loud_and_in_the_card(
    chain: MadeChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr(onnx_form, "_STUDENTS_EXTREMES_PX", 48)  # calibrated in a tenth of the time
    done = command_here(
        *("export.onnx", "--run", chain.student, "--out", out, "--no-browser"),
        *("--weights", "smallest", "--threads", "1"),
        *("--licence", "CC0-1.0", "--credits", "Ann Example"),
    )
    assert done.status == 0, done.errors
    assert done.errors.count("WARNING") == 2
    card = json.loads((out / CARD).read_text())
    assert card["agreement"]["browser"] is False
    assert any("--no-browser" in line for line in card["agreement"]["not_checked"])
    require_smallest(card)
    assert "CC0-1.0" in (out / "LICENSE.txt").read_text()
    assert "Ann Example" in (out / "CREDITS.txt").read_text()


def test_a_disagreement_leaves_nothing_and_shows_the_table(
    chain: MadeChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = onnx_form.to_onnx

    def wrong(network: Network, *, licence: str = "") -> ModelProto:
        model = right(network, licence=licence)
        (mode,) = [
            a for n in model.graph.node for a in n.attribute if a.name == "mode" and a.s == b"CRD"
        ]
        mode.s = b"DCR"
        return model

    monkeypatch.setattr(onnx_form, "to_onnx", wrong)
    config = ExportConfig(run=chain.teacher, out=tmp_path / "out", browser=False, threads=1)
    with pytest.raises(AgreementError, match=r"ONNX Runtime CPU, .*: error .* at y=\d+ x=\d+"):
        run_export(config, onnx_form.ONNX)
    assert list(tmp_path.iterdir()) == []


def test_weights_that_lose_too_much_are_refused(
    chain: MadeChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = onnx_form.to_float16

    def coarse(model: ModelProto) -> ModelProto:
        result = right(model)
        for tensor in result.graph.initializer:
            if tensor.data_type == TensorProto.FLOAT16:
                tensor.CopyFrom(
                    numpy_helper.from_array(numpy_helper.to_array(tensor).round(1), tensor.name)
                )
        return result

    monkeypatch.setattr(onnx_form, "to_float16", coarse)
    config = ExportConfig(
        run=chain.student, out=tmp_path / "out", weights="float16", browser=False, threads=1
    )
    with pytest.raises(UserError, match=r"differs from PyTorch|float16 weights lose"):
        run_export(config, onnx_form.ONNX)
    assert list(tmp_path.iterdir()) == []


def test_released_weights_are_taken_by_name(
    chain: MadeChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(chain.student, tmp_path / "place" / "nano")
    monkeypatch.setattr(released, "PLACES", (tmp_path / "place",))
    assert released.find_run(Path("nano")) == tmp_path / "place" / "nano"
    assert released.find_run(chain.student) == chain.student
    assert released.find_run(Path("no such")) == Path("no such")
    assert load_network(Path("nano"))[0].name == "chain"


@pytest.mark.browser
@pytest.mark.process
def test_exports_need_no_network(chain: MadeChain, tmp_path: Path) -> None:
    without = ("unshare", "--map-root-user", "--net")
    if shutil.which("unshare") is None or subprocess.run([*without, "true"]).returncode != 0:
        pytest.skip("this system lets nobody take the network away from a process")
    command = [sys.executable, "-m", "export.onnx", "--run", str(chain.student)]
    done = subprocess.run(
        [*without, *command, "--out", str(tmp_path / "out"), "--threads", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "out" / CARD).read_text(encoding="utf-8"))
    assert "onnxruntime-web wasm" in [worst["runtime"] for worst in card["agreement"]["worst"]]
