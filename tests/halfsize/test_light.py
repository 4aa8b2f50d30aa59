"""What a plain installation can do: no training, no exporting, no browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from halfsize.commands import COMMANDS
from plumbing.extras import EXTRAS
from plumbing.paths import ROOT
from tests.made.photos import write_photos
from tests.missing import require_page_library

# What only extras bring, and what came along with it.
HEAVY = (*EXTRAS, "jax", "scipy", "ssimulacra2", "torchvision")
WITHOUT_HEAVY = f"""
import runpy, sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Nothing())
"""


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command of halfsize in a Python that lacks what extras bring."""
    program = f"""{WITHOUT_HEAVY}
sys.argv = {["halfsize", *map(str, words)]!r}
runpy.run_module("halfsize", run_name="__main__", alter_sys=True)
"""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.process
def test_pictures_are_enlarged_and_exports_verified(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos", [(20, 30)])
    done = run("upscale", photos, tmp_path / "larger", "--model", "small-fine-3-2")
    assert done.returncode == 0, done.stderr
    with Image.open(next((tmp_path / "larger").iterdir())) as larger:
        assert larger.size == (45, 30)
    done = run("verify", "nano-web")
    assert done.returncode == 0, done.stderr
    assert "a check in a browser needs Playwright: pip install 'halfsize[export]'" in " ".join(
        done.stderr.split()
    )


@pytest.mark.process
def test_photos_are_published_and_reported_on(tmp_path: Path) -> None:
    require_page_library()
    photos = write_photos(tmp_path / "photos", [(48, 64)])
    flags = ("--model", "nano-web", "--quality", "40", "--jobs", "1")
    done = run("publish", photos, *flags, "--out", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "manifest.json").is_file()
    done = run(
        *("report", photos, "--out", tmp_path / "report", "--model", "nano-web", "--jobs", "1"),
        *("--codecs", "JPEG", "--qualities", "20", "50", "80", "--reduction-photos", "0"),
        *("--reduced-qualities", "40", "70", "90"),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report" / "index.html").is_file()


@pytest.mark.process
def test_the_list_says_what_needs_an_extra() -> None:
    done = run("--help")
    assert max(map(len, done.stdout.splitlines())) < 80
    lines = {line[2:].partition("  ")[0]: line for line in done.stdout.splitlines()}
    for name, command in COMMANDS.items():
        extra = f" [{EXTRAS[command.needs][1]}]" if command.needs else ""
        assert lines[name].endswith(command.about + extra)
    assert "\n[train]: pip install 'halfsize[train]'\n" in done.stdout


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train"], "`halfsize train` needs PyTorch: pip install 'halfsize[train]'"),
        (
            ["export", "tfjs"],
            "`halfsize export tfjs` needs ONNX Runtime: pip install 'halfsize[export]'",
        ),
        (
            ["upscale", "a.png", "b.png", "--model", "residual-web"],
            "residual-web, which is more than a student, needs PyTorch: "
            "pip install 'halfsize[train]'",
        ),
    ],
    ids=["train", "export", "upscale"],
)
def test_what_needs_an_extra_says_so(words: list[str], sentence: str) -> None:
    done = run(*words)
    assert (done.returncode, done.stderr) == (1, f"error: {sentence}\n")


@pytest.mark.process
def test_so_does_a_module(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_HEAVY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "distill.run"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    sentence = "`python -m distill.run` needs PyTorch: pip install 'halfsize[train]'"
    assert (done.returncode, done.stderr) == (1, f"error: {sentence}\n")
