"""Write docs/reference/commands.md from the `--help` of every command."""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import sys
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from unittest import mock

from halfsize.commands import GROUPS, Command
from plumbing.command import run_command
from plumbing.disk import whole_file
from plumbing.paths import ROOT

PAGE = ROOT / "docs" / "reference" / "commands.md"

# Below twice 65 columns, the help has one box beneath the other.
_COLUMNS = "129"
_WIDTH = 96
_FLAGS_BY_NETWORK = {"train": ("--network", "flipboard")}
_HEAD = """\
# Commands

Written by `python -m tools.command_reference` from the `--help` of every command; a test compares
the two. Each is called in three ways: `python -m MODULE`, `python -m halfsize NAME`, or
`halfsize NAME` once the package is installed. All of them exit with 0 after success, 1 after a
failure, 2 after wrong usage and 130 after Ctrl-C.
"""


@dataclass(frozen=True)
class ReferenceConfig:
    """Settings of `python -m tools.command_reference`."""


@dataclass
class _Box:
    """One box of a help text."""

    title: str
    about: str = ""
    flags: list[list[str]] = field(default_factory=list)
    """Name and explanation of each."""


def reference() -> str:
    """Write the whole page, the same in every terminal and checkout."""
    lines = [_HEAD]
    for purpose, commands in GROUPS.items():
        lines.append(f"## {purpose}\n")
        for command in commands:
            lines += _section(command)
    return "\n".join(lines)


def _section(command: Command) -> Iterator[str]:
    """Write the section of one command."""
    yield f"### halfsize {command.name}\n"
    yield f"{command.about}: `python -m {command.module}`.\n"
    yield from _block(help_of(command))
    if command.name in _FLAGS_BY_NETWORK:
        flags = _FLAGS_BY_NETWORK[command.name]
        yield f"With `{' '.join(flags)}`:\n"
        yield from _block(help_of(command, flags), options_only=True)


def _block(text: str, *, options_only: bool = False) -> Iterator[str]:
    usage, about, boxes = _parsed(text)
    yield "```text"
    if not options_only:
        yield from _wrapped(usage, "    ")
        for paragraph in about:
            yield ""
            yield from _wrapped(paragraph)
    for number, box in enumerate(boxes):
        if number or not options_only:
            yield ""
        yield f"{box.title}:"
        yield from _wrapped(box.about, "  ", first="  ") if box.about else ()
        for name, explanation in box.flags:
            yield f"  {name}"
            yield from _wrapped(explanation, "      ", first="      ")
    yield "```\n"


def help_of(command: Command, flags: Sequence[str] = ()) -> str:
    """Print a command's help in this process, without colours, at a fixed width."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")  # boxes want an encoding
    argv = ["halfsize", *command.name.split(), *flags, "--help"]
    with (
        mock.patch.object(sys, "argv", argv),
        mock.patch.dict(os.environ, COLUMNS=_COLUMNS, NO_COLOR="1"),
        contextlib.redirect_stdout(output),
        warnings.catch_warnings(),
        contextlib.suppress(SystemExit),
    ):
        # A module that was imported before is run once more, which is harmless.
        warnings.filterwarnings("ignore", ".*found in sys.modules after import", RuntimeWarning)
        runpy.run_module("halfsize", run_name="__main__", alter_sys=True)
    output.seek(0)
    # Default paths in this checkout.
    return output.read().replace(f"{ROOT}{os.sep}", "")


def _parsed(text: str) -> tuple[str, list[str], list[_Box]]:
    """Take a help text apart: usage, paragraphs of the description, boxes of flags."""
    head, *rest = re.split(r"^[╭+]─* *", text, flags=re.MULTILINE)
    usage, *paragraphs = (" ".join(part.split()) for part in head.strip().split("\n\n"))
    usage = _once(re.sub(r"\{None\}\|", "", usage))
    boxes = [_box(part.splitlines()) for part in rest]
    return usage, paragraphs, [box for box in boxes if box.flags]


def _box(lines: Sequence[str]) -> _Box:
    box = _Box(title=re.split(r" ─+╮?", lines[0])[0])
    for line in lines[1:]:
        if not line.startswith("│"):
            break
        content = line[2:].rstrip(" │")
        if content and not content.strip("─"):  # a rule: what came before was about the box
            box.about = " ".join(word for flag in box.flags for word in flag).strip()
            box.flags.clear()
        elif content.startswith(" ") and box.flags:
            box.flags[-1][1] = f"{box.flags[-1][1]} {content.strip()}".strip()
        elif content:
            name, _, explanation = content.partition("  ")
            box.flags.append([name, explanation.strip()])
    box.flags = [_readable(*flag) for flag in box.flags if flag[0] != "-h, --help"]
    return box


def _readable(name: str, explanation: str) -> list[str]:
    """Say once what a flag's default is: an explanation names it where it is nothing."""
    if explanation.endswith("(default: None)"):
        name = name.replace("{None}|", "").replace("{None,", "{")
    explanation = re.sub(r"\s*\(default: (None)?\)$", "", explanation)
    return [_once(name), explanation]


def _once(text: str) -> str:
    """Name a value once that may be given several times: `[PATH ...]`."""
    text = re.sub(r"\[(\S+) \[\1 \.\.\.\]\]", r"[\1 ...]", text)
    return re.sub(r"\[\[([^][]+)\]\]", r"[\1]", text)


def _wrapped(text: str, indent: str = "", *, first: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def main(_: ReferenceConfig) -> None:
    """Run the command."""
    with whole_file(PAGE) as temporary:
        temporary.write_text(reference(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    run_command(ReferenceConfig, main)
