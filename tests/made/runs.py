"""Runs and exports that the tests make with the commands that a user types."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from plumbing.paths import ROOT


def command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ...` as a user would, and capture its output."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class MadeChain:
    """The files and the output of a two-step `python -m export.demo`."""

    folder: Path
    page_model: Path
    output: str

    @property
    def teacher(self) -> Path:
        return self.folder / "teacher"

    @property
    def student_tfjs(self) -> Path:
        return self.folder / "student-tfjs"

    @property
    def student(self) -> Path:
        return self.folder / "student"


def make_chain(folder: Path) -> None:
    """Run every stage with two steps of training."""
    page_model = folder / "page" / "demo"
    done = command(
        *("export.demo", "--runs", folder / "runs", "--page-model", page_model),
        *("--teacher-steps", "2", "--student-steps", "2"),
        # Small: software renderers stand in for GPUs, and need minutes for more.
        *("--teacher-blocks", "1", "--teacher-channels", "8", "--teacher-colour", "rgb"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "output.txt").write_text(done.stdout, encoding="utf-8")


def read_chain(folder: Path) -> MadeChain:
    """Describe the files that `make_chain` made."""
    output = (folder / "output.txt").read_text(encoding="utf-8")
    return MadeChain(folder=folder / "runs", page_model=folder / "page" / "demo", output=output)
