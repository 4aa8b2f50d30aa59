"""Wrap every Markdown file at 100 columns: python -m tools.markdown (`--check` only reports).

Tables, code and addresses keep their lines. Files written by a command keep what it wrote.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import mdformat

from plumbing.command import UserError, run_command
from plumbing.paths import ROOT

WIDTH = 100
_CARDS = ("distill/released/", "teacher/released/")
_NOT_OURS = {".git", ".venv", "node_modules", "runs", "dist", "build"}


@dataclass(frozen=True, kw_only=True)
class MarkdownConfig:
    """Settings of `python -m tools.markdown`."""

    check: bool = False
    """Change nothing; fail where a file would change."""


def documents() -> list[Path]:
    """List the project's Markdown files, relative to the repository, in alphabetical order."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        found = {Path(name) for name in listing if name}
    except (OSError, subprocess.CalledProcessError):  # a copy without git
        found = {
            path.relative_to(ROOT)
            for path in ROOT.rglob("*.md")
            if not _NOT_OURS & set(path.relative_to(ROOT).parts)
        }
    return sorted(path for path in found if (ROOT / path).is_file())


def is_generated(document: Path) -> bool:
    """Whether a command writes this file, so that its lines are that command's."""
    return document.as_posix().startswith(_CARDS) or document.name == "commands.md"


def formatted(text: str) -> str:
    """Wrap a Markdown text at `WIDTH` columns and lay out its tables and lists."""
    return mdformat.text(text, options={"wrap": WIDTH, "number": True}, extensions={"gfm"})


def main(config: MarkdownConfig) -> None:
    """Run the command."""
    changed = []
    for document in documents():
        if is_generated(document):
            continue
        path = ROOT / document
        text = path.read_text(encoding="utf-8")
        if (new := formatted(text)) != text:
            changed.append(document.as_posix())
            if not config.check:
                path.write_text(new, encoding="utf-8")
    if config.check and changed:
        raise UserError(f"not formatted: {', '.join(changed)}: run `make format`")


if __name__ == "__main__":
    run_command(MarkdownConfig, main)
