"""List the toolkit's commands, and run them: `halfsize publish ...` runs `export.publish`.

Imports nothing heavy: a list of commands should not wait for PyTorch.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import runpy
import sys
import tomllib

from halfsize.commands import COMMANDS, GROUPS, find_command

try:
    from plumbing.command import UsageError, plain_failures, require_own_packages
    from plumbing.extras import EXTRAS, installed
    from plumbing.paths import IS_INSTALLED, ROOT
    from plumbing.program import called_as
except ModuleNotFoundError as error:
    if not (error.name or "").startswith("plumbing"):
        raise
    sys.exit("error: the package 'plumbing' that Python finds is another project's, not halfsize's")

_ABOUT = "halfsize: ship half-size photos; the reader's browser restores them."
_USAGE = "usage: halfsize COMMAND [FLAGS]"
_FOOTER = "`halfsize COMMAND --help` explains the flags of a command.\n"


def overview() -> str:
    """Write the list of commands, grouped by purpose, with the extras that some lack."""
    width = max(map(len, COMMANDS)) + 2
    lines, lacking = [_ABOUT, "", _USAGE], set[str]()
    for purpose, commands in GROUPS.items():
        lines += ["", purpose]
        for command in commands:
            line = f"  {command.name:<{width}}{command.about}"
            if command.needs and not installed(command.needs):
                _, extra = EXTRAS[command.needs]
                lacking.add(extra)
                line += f" [{extra}]"
            lines.append(line)
    how = [f"[{extra}]: pip install 'halfsize[{extra}]'" for extra in sorted(lacking)]
    return "\n".join([*lines, "", *how, _FOOTER])


def version() -> str:
    """Read the version of this checkout, or of the installed package."""
    if IS_INSTALLED:
        return importlib.metadata.version("halfsize")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(project)["project"]["version"]


def run(words: list[str]) -> None:
    """Run a command in this process, as `python -m` would.

    Args:
        words: One or two words that name it, and its flags.

    Raises:
        UsageError: There is no such command.
        SystemExit: With the command's own exit status.
    """
    command, arguments = find_command(words)
    if command is None:
        name = words[0]
        longer = [known for known in COMMANDS if known.startswith(f"{name} ")]
        close = longer or difflib.get_close_matches(name, COMMANDS)
        hint = f"did you mean {' or '.join(close)}?" if close else "see `halfsize --help`"
        raise UsageError(f"{name!r} is not a command of halfsize: {hint}")
    sys.argv[1:] = arguments
    with called_as(f"halfsize {command.name}"), plain_failures():
        runpy.run_module(command.module, run_name="__main__", alter_sys=True)


def main() -> None:
    """Run the command line."""
    with plain_failures():
        require_own_packages()
        match sys.argv[1:]:
            case [] | ["help"] | ["-h" | "--help", *_]:
                sys.stdout.write(overview())
                sys.stdout.flush()  # here, where a closed pipe is noticed
            case ["help", *words]:
                run([*words, "--help"])
            case ["--version", *_]:
                print(f"halfsize {version()}", flush=True)
            case words:
                run(words)


if __name__ == "__main__":
    main()
