"""Export several networks in every form and precision, and print one table of what agreed.

Every export is made by the same commands that you would type. A precision that loses too much is
refused by them, and shown so here; that is no failure. A disagreement is one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from export.card import CARD
from export.precision import PRECISIONS
from pixels.command import UsageError, UserError, run_command
from pixels.progress import track
from teacher.released import find_run

_FORMS = ("onnx", "tfjs")
_REFUSED = "are allowed: use more bits"


@dataclass(frozen=True, kw_only=True)
class MatrixConfig:
    """Settings of `python -m export.matrix`."""

    runs: tuple[Path, ...]
    """Run folders, or names of released weights."""
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """Folder for the export folders, RUN-FORM-PRECISION."""
    browser: bool = True
    """Whether the files are checked in headless Chromium."""

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("--runs needs one run folder or more")


def main(config: MatrixConfig) -> None:
    """Run the command."""
    names = [run.resolve().name for run in config.runs]
    if len({*names}) < len(names):
        raise UsageError("--runs: each needs a name of its own, the exports are named by them")
    for run in config.runs:
        if not find_run(run).is_dir():
            raise UserError(f"--runs {run}: there is no such run folder or released weights")
    table = Table("network", "form", "weights", "bytes", "gzipped", "dB lost", "checks", "worst")
    cases = [(r, f, p) for r in config.runs for f in _FORMS for p in PRECISIONS]
    failures = []
    for run, form, precision in track(cases, "exporting"):
        name = run.resolve().name
        out = config.out / f"{name}-{form}-{precision}"
        arguments = ["--run", str(run), "--out", str(out), "--weights", precision, "--force"]
        arguments += [] if config.browser else ["--no-browser"]
        done = subprocess.run(
            [sys.executable, "-m", f"export.{form}", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            card = json.loads((out / CARD).read_text(encoding="utf-8"))
            table.add_row(name, form, precision, *_cells(card))
            continue
        error = " ".join(done.stderr.split()).rpartition("error: ")[2]
        refused = _REFUSED in error
        table.add_row(name, form, precision, "", "", "refused" if refused else "FAILED", "", error)
        failures += [] if refused else [f"{out.name}: {error}"]
    Console(width=max(140, Console().width)).print(table)
    if failures:
        raise UserError(f"{len(failures)} of {len(cases)} exports failed; first: {failures[0]}")


def _cells(card: dict[str, Any]) -> list[str]:
    files = card["files"].values()
    loss = [tried["loss_db"] for tried in card["weights"]["tried"]]
    agreement = card["agreement"]
    worst = [
        f"{entry['runtime'].removeprefix('TF.js ')} {entry['max_error']:.0e}"
        for entry in agreement["worst"]
    ]
    return [
        f"{sum(file['bytes'] for file in files):,}",
        f"{sum(file['gzip_bytes'] for file in files):,}",
        f"{loss[0]:+.4f}" if loss else "",
        str(agreement["checks"]),
        ", ".join(worst),
    ]


if __name__ == "__main__":
    run_command(MatrixConfig, main)
