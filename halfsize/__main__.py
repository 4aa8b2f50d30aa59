"""List the toolkit's commands, and run them: `halfsize publish ...` runs `export.publish`.

Imports nothing heavy: a list of commands should not wait for PyTorch.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import runpy
import sys
import tomllib

from halfsize.commands import COMMANDS, GROUPS
from plumbing.command import UsageError, plain_failures
from plumbing.paths import ROOT
from plumbing.program import called_as

_ABOUT = "halfsize: ship half-size photos; the reader's browser restores them."
_USAGE = "usage: halfsize COMMAND [FLAGS]"
_FOOTER = "`halfsize COMMAND --help` explains the flags of a command.\n"


def overview() -> str:
    """Write the list of commands, grouped by purpose."""
    width = max(map(len, COMMANDS)) + 2
    lines = [_ABOUT, "", _USAGE]
    for purpose, commands in GROUPS.items():
        lines += ["", purpose]
        lines += [f"  {command.name:<{width}}{command.about}" for command in commands]
    return "\n".join([*lines, "", _FOOTER])


def version() -> str:
    """Read the version of this checkout, or of the installed package."""
    project = ROOT / "pyproject.toml"
    if project.is_file():
        return tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    return importlib.metadata.version("halfsize")


def run(name: str, arguments: list[str]) -> None:
    """Run a command in this process, as `python -m` would.

    Raises:
        UsageError: There is no such command.
        SystemExit: With the command's own exit status.
    """
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS)
        hint = f"did you mean {' or '.join(close)}?" if close else "see `halfsize --help`"
        raise UsageError(f"{name!r} is not a command of halfsize: {hint}")
    sys.argv[1:] = arguments
    with called_as(f"halfsize {name}"):
        runpy.run_module(COMMANDS[name].module, run_name="__main__", alter_sys=True)


def main() -> None:
    """Run the command line."""
    with plain_failures():
        match sys.argv[1:]:
            case [] | ["-h" | "--help", *_]:
                sys.stdout.write(overview())
                sys.stdout.flush()  # here, where a closed pipe is noticed
            case ["--version", *_]:
                print(f"halfsize {version()}", flush=True)
            case [name, *arguments]:
                run(name, arguments)


if __name__ == "__main__":
    main()
