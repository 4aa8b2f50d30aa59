"""Running the project's own commands one after the other, each shown as one would type it."""

from __future__ import annotations

import shlex
import subprocess
import sys

from rich.console import Console

from plumbing.command import UserError


def show(command: str) -> None:
    """Print a command, unbroken, so that it can be copied."""
    Console().print(f"[dim]$[/dim] {command}", highlight=False, soft_wrap=True)


def typed(module: str, *arguments: str) -> str:
    """Write a command as one would type it."""
    return f"python -m {shlex.join([module, *arguments])}"


def run_step(module: str, *arguments: str) -> None:
    """Run one of the project's commands; stop where it stops.

    Raises:
        UserError: It failed; it has said why.
    """
    show(typed(module, *arguments))
    done = subprocess.run([sys.executable, "-m", module, *arguments], check=False)
    if done.returncode != 0:
        raise UserError(f"stopped, because `python -m {module}` failed")
