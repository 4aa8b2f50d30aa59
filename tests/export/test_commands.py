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
from export.onnx import form as onnx_form
from export.pipeline.card import CARD
from export.pipeline.job import ExportConfig
from export.pipeline.run import run_export
from plumbing.command import UserError
from teacher.networks.registry import Network
from teacher.runs import released
from teacher.runs.folder import load_network
from tests.made.commands import command_here
from tests.made.runs import ROOT, MadeChain, command

OTHERS = ("golden.json", "LICENSE.txt", "CREDITS.txt")


def sentence(stderr: str) -> str:
    """The one line that a failed command prints."""
    assert "Traceback" not in stderr
    (line,) = [line for line in stderr.splitlines() if line.startswith("error: ")]
    return line


@pytest.fixture
def run_copy(chain: MadeChain, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chain.student, tmp_path / "run"))


def test_an_existing_folder_is_kept_without_force(chain: MadeChain, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    refused = command("export.onnx", "--run", chain.student, "--out", out)
    assert refused.returncode == 1
    assert "--force" in sentence(refused.stderr)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    replaced = command(
        *("export.onnx", "--run", chain.student, "--out", out, "--force", "--no-browser")
    )
    assert replaced.returncode == 0, replaced.stderr
    assert {path.name for path in out.iterdir()} == {"model.onnx", CARD, *OTHERS}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("module", ["export.onnx", "export.tfjs"])
def test_altered_weights_are_refused(run_copy: Path, tmp_path: Path, module: str) -> None:
    weights = run_copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1
    weights.write_bytes(bytes(data))
    done = command(module, "--run", run_copy, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "altered" in sentence(done.stderr)
    assert not (tmp_path / "out").exists()


def test_a_newer_run_is_refused(run_copy: Path, tmp_path: Path) -> None:
    record = json.loads((run_copy / "run.json").read_text())
    (run_copy / "run.json").write_text(json.dumps(record | {"format": 99}))
    done = command("export.onnx", "--run", run_copy, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "format 99" in sentence(done.stderr)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    done = command("export.onnx", "--run", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "not a run folder" in sentence(done.stderr)


def test_no_browser_gives_a_sentence_and_leaves_nothing(chain: MadeChain, tmp_path: Path) -> None:
    done = command(
        *("export.tfjs", "--run", chain.student, "--out", tmp_path / "out"),
        HALFSIZE_CHROMIUM=str(tmp_path / "none"),
    )
    assert done.returncode == 1
    assert str(tmp_path / "none") in sentence(done.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["export.onnx", "export.tfjs"])
def test_help_explains_every_flag(module: str) -> None:
    done = command(module, "--help")
    assert done.returncode == 0
    flags = ("--run", "--out", "--weights", "--photos", "--no-browser", "--force", "--licence")
    for flag in (*flags, "--credits", "--threads"):
        assert flag in done.stdout


def test_a_missing_flag_is_wrong_usage() -> None:
    done = command("export.onnx")
    assert done.returncode == 2
    assert "--run" in done.stderr


def test_the_demo_ends_with_the_table_and_the_page(chain: MadeChain) -> None:
    for word in ("bicubic", "teacher", "student", "PSNR", "SSIM", "parameters", "bytes"):
        assert word in chain.output
    assert "web_demo/index.html" in chain.output.splitlines()[-1]


@pytest.mark.parametrize("module", ["export.onnx", "export.tfjs"])
def test_no_browser_is_loud_and_in_the_card(chain: MadeChain, tmp_path: Path, module: str) -> None:
    out = tmp_path / "out"
    done = command_here(
        *(module, "--run", chain.student, "--out", out, "--no-browser", "--weights", "smallest"),
        *("--licence", "CC0-1.0", "--credits", "Ann Example", "--threads", "1"),
    )
    assert done.status == 0, done.errors
    assert done.errors.count("WARNING") == 2
    card = json.loads((out / CARD).read_text())
    assert card["agreement"]["browser"] is False
    assert any("--no-browser" in line for line in card["agreement"]["not_checked"])
    tried = {entry["precision"]: entry for entry in card["weights"]["tried"]}
    assert set(tried) == {"float32", "float16", "int8"}
    within = [e for e in tried.values() if e["loss_db"] <= e["allowed_db"] + 1e-9]
    assert tried[card["weights"]["precision"]]["bytes"] == min(e["bytes"] for e in within)
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
    assert "onnxruntime-web wasm" in [each["runtime"] for each in card["agreement"]["worst"]]
