"""The weights released with the project: their names work wherever a run folder is expected."""

from __future__ import annotations

from pathlib import Path

from plumbing.paths import ROOT

TEACHER_RELEASED = ROOT / "teacher" / "released"
DISTILL_RELEASED = ROOT / "distill" / "released"
PLACES = (TEACHER_RELEASED, DISTILL_RELEASED)
"""Folders of released run folders, with `model.safetensors` and `run.json` as in any run."""


CREDITS = "CREDITS.csv"
"""Table beside released run folders: whose photos they were trained on."""


def credits_table(named: Path) -> Path | None:
    """Find the table that credits the training photos of released weights; None for other runs."""
    table = find_run(named).resolve().parent / CREDITS
    return table if table.is_file() and table.parent in PLACES else None


def find_run(named: Path) -> Path:
    """Find the run folder that a user named: a path, or the name of released weights.

    An existing folder takes precedence over released weights of the same name.

    Returns:
        A folder; `named` itself if there is neither, so that errors quote what was typed.
    """
    if named.exists() or named.name != str(named):
        return named
    return next((place / named for place in PLACES if (place / named).is_dir()), named)
