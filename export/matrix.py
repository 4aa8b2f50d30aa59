"""Export several networks in every form and precision, and print a table of the checks.

Every export is made by the command that you would type yourself. A precision that loses too much is
shown as refused, which is not a failure; a disagreement with PyTorch is. The command can be stopped
and given again: exports of the same weights that exist already are kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from export.folder.card import CARD
from export.folder.form import COMPACT, FORMS
from export.weights.precision import Precision
from plumbing.command import UsageError, UserError, run_command
from plumbing.parallel import in_order
from plumbing.progress import progress_bar
from teacher.networks.chain_config import CHAIN
from teacher.runs.record import read_record
from teacher.runs.released import find_run

_FORMS: dict[str, tuple[Precision, ...]] = {form.command: form.precisions for form in FORMS}
_REFUSED = "are allowed: use more bits"


@dataclass(frozen=True, kw_only=True)
class MatrixConfig:
    """Settings of `python -m export.matrix`."""

    runs: tuple[Path, ...]
    """Run folders or names of released weights."""
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """Folder for the export folders, which are named RUN-FORM-PRECISION."""
    browser: bool = True
    """Check the files in headless Chromium."""
    jobs: int = 1
    """Exports to run at a time; each takes one core, and two for part of the time."""

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("--runs needs at least one run folder")
        if self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, got {self.jobs}")


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One export."""

    run: Path
    form: str
    precision: str

    @property
    def name(self) -> str:
        return self.run.resolve().name


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """Result of an export: its card, or the error."""

    case: _Case
    card: dict[str, Any] | None = None
    error: str = ""

    @property
    def refused(self) -> bool:
        return _REFUSED in self.error


def main(config: MatrixConfig) -> None:
    """Run the command."""
    names = [run.resolve().name for run in config.runs]
    if len({*names}) < len(names):
        raise UsageError("--runs must have different names: the exports are named after them")
    for run in config.runs:
        if not find_run(run).is_dir():
            raise UserError(
                f"--runs {run} is neither a run folder nor the name of released weights"
            )
    table = Table("network", "form", "weights", "bytes", "gzipped", "dB lost", "checks", "worst")
    cases = [
        _Case(run=run, form=form, precision=precision)
        for run in config.runs
        for form, precisions in _FORMS.items()
        for precision in precisions
        if form != COMPACT.command or read_record(run).network == CHAIN  # it has students only
    ]
    failures = []
    with progress_bar() as progress:
        task = progress.add_task("exporting", total=len(cases), note="")
        for outcome in in_order(partial(_export, config), cases, workers=config.jobs):
            progress.advance(task)
            case, card = outcome.case, outcome.card
            cells = [case.name, case.form, case.precision]
            if card is not None:
                table.add_row(*cells, *_cells(card))
                continue
            status = "refused" if outcome.refused else "FAILED"
            table.add_row(*cells, "", "", status, "", outcome.error)
            if not outcome.refused:
                failures.append(f"{case.name}-{case.form}-{case.precision}: {outcome.error}")
    Console(width=max(140, Console().width)).print(table)
    if failures:
        raise UserError(f"{len(failures)} of {len(cases)} exports failed; first: {failures[0]}")


def _export(config: MatrixConfig, case: _Case) -> _Outcome:
    out = config.out / f"{case.name}-{case.form}-{case.precision}"
    card = _existing(out, case, config.browser)
    if card is not None:
        return _Outcome(case=case, card=card)
    arguments = ["--run", str(case.run), "--out", str(out), "--weights", case.precision, "--force"]
    arguments += [] if config.browser else ["--no-browser"]
    arguments += [] if config.jobs == 1 else ["--threads", "1"]
    process = subprocess.run(
        [sys.executable, "-m", f"export.{case.form}", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode != 0:
        return _Outcome(case=case, error=" ".join(process.stderr.split()).rpartition("error: ")[2])
    return _Outcome(case=case, card=json.loads((out / CARD).read_text(encoding="utf-8")))


def _existing(out: Path, case: _Case, browser: bool) -> dict[str, Any] | None:
    """Read the card of an existing export, if it has the same weights and was checked as well."""
    try:
        card = json.loads((out / CARD).read_text(encoding="utf-8"))
        same = card["run_weights_sha256"] == read_record(case.run).weights_sha256
        checked = card["agreement"]["browser"] or not browser
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return card if same and checked else None


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
