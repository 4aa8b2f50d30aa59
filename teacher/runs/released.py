"""The weights released with the project: their names work wherever a run folder is expected."""

from __future__ import annotations

from pathlib import Path

from plumbing.paths import ROOT

TEACHER_RELEASED = ROOT / "teacher" / "released"
DISTILL_RELEASED = ROOT / "distill" / "released"
PLACES = (TEACHER_RELEASED, DISTILL_RELEASED)
"""Folders of released run folders, with `model.safetensors` and `run.json` as in any run."""


def find_run(named: Path) -> Path:
    """Find the run folder that a user named: a path, or the name of released weights.

    An existing folder takes precedence over released weights of the same name.

    Returns:
        A folder; `named` itself if there is neither, so that errors quote what was typed.
    """
    if named.exists() or named.name != str(named):
        return named
    return next((place / named for place in PLACES if (place / named).is_dir()), named)
