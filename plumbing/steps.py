"""Run the project's own commands as processes, each printed as a user would type it."""

from __future__ import annotations

import shlex
import subprocess
import sys

from rich.console import Console

from plumbing.command import UserError


def show(command: str) -> None:
    """Print a command on one line, so that it can be copied."""
    Console().print(f"[dim]$[/dim] {command}", highlight=False, soft_wrap=True)


def typed(module: str, *arguments: str) -> str:
    """Format a command as a user would type it."""
    return f"python -m {shlex.join([module, *arguments])}"


def run_step(module: str, *arguments: str) -> None:
    """Run one of the project's commands.

    Raises:
        UserError: It failed, after printing the reason.
    """
    show(typed(module, *arguments))
    process = subprocess.run([sys.executable, "-m", module, *arguments], check=False)
    if process.returncode != 0:
        raise UserError(f"stopped because `python -m {module}` failed")
