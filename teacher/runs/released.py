"""Weights that come with the project, by name, wherever a run folder is taken."""

from __future__ import annotations

from pathlib import Path

from plumbing.paths import ROOT

TEACHER_RELEASED = ROOT / "teacher" / "released"
DISTILL_RELEASED = ROOT / "distill" / "released"
PLACES = (TEACHER_RELEASED, DISTILL_RELEASED)
"""Folders of run folders; each holds `model.safetensors` and `run.json` as any run does."""


def find_run(named: Path) -> Path:
    """Find the run folder that a user names: a path, or the name of released weights.

    A folder that is there is always taken before released weights of the same name.

    Returns:
        A folder; `named` itself where there is neither, so that errors name what was typed.
    """
    if named.exists() or named.name != str(named):
        return named
    return next((place / named for place in PLACES if (place / named).is_dir()), named)
