"""The export commands as a user meets them, mistakes included."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from export.card import CARD
from tests.made_runs import MadeChain, command


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
    replaced = command("export.onnx", "--run", chain.student, "--out", out, "--force")
    assert replaced.returncode == 0, replaced.stderr
    assert {path.name for path in out.iterdir()} == {"model.onnx", CARD}
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
    for flag in ("--run", "--out", "--force", "--licence", "--credits", "--threads"):
        assert flag in done.stdout


def test_a_missing_flag_is_wrong_usage() -> None:
    done = command("export.onnx")
    assert done.returncode == 2
    assert "--run" in done.stderr


def test_the_demo_ends_with_the_table_and_the_page(chain: MadeChain) -> None:
    for word in ("bicubic", "teacher", "student", "PSNR", "SSIM", "parameters", "bytes"):
        assert word in chain.output
    assert "web_demo/index.html" in chain.output.splitlines()[-1]
