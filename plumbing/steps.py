"""Run the project's own commands as processes, each printed as a user would type it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence

from rich.console import Console

from plumbing.command import UserError
from plumbing.parallel import in_order
from plumbing.progress import progress_bar


def show(command: str) -> None:
    """Print a command on one line, so that it can be copied."""
    Console().print(f"[dim]$[/dim] {command}", highlight=False, soft_wrap=True)


def typed(module: str, *arguments: str) -> str:
    """Format a command as a user would type it."""
    return f"python -m {shlex.join([module, *arguments])}"


def run_step(module: str, *arguments: str) -> None:
    """Run one of the project's commands.

    Raises:
        UserError: The command failed, after printing the reason.
    """
    show(typed(module, *arguments))
    process = subprocess.run([sys.executable, "-m", module, *arguments], check=False)
    _require_success(module, process)


def run_steps(steps: Sequence[Sequence[str]], *, at_once: int, doing: str) -> None:
    """Run commands that do not need each other, several at a time.

    Command lines and their output are printed at the end, in the given order.

    Args:
        steps: Module and arguments of each command.
        at_once: How many run at a time.
        doing: For the progress bar.

    Raises:
        UserError: A command failed, after printing the reason.
    """
    environment = {**os.environ, "COLUMNS": str(Console().width)}

    def run(step: Sequence[str]) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", *step]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    ended = []
    with progress_bar() as progress:
        task = progress.add_task(doing, total=len(steps), note="")
        for process in in_order(run, steps, workers=at_once):
            progress.advance(task)
            ended.append(process)
            if process.returncode != 0:
                break
    # Only now: while it is shown, the bar redirects standard output.
    for step, process in zip(steps, ended, strict=False):
        show(typed(*step))
        sys.stdout.write(process.stdout)
        sys.stdout.flush()
        sys.stderr.write(process.stderr)
        _require_success(step[0], process)


def _require_success(module: str, process: subprocess.CompletedProcess) -> None:
    if process.returncode != 0:
        raise UserError(f"stopped because `python -m {module}` failed")
