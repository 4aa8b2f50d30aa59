from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import pytest
import tyro
from rich.console import Console

from plumbing.command import UsageError, UserError, continuing, flag_value, gathered, run_command
from plumbing.paths import ROOT
from tests.made.commands import command_here


@dataclass(frozen=True, kw_only=True)
class Oven:
    """The oven."""

    heat_c: int = 200
    """Heat of the oven, as high as the thermometer at the middle shelf shows it
    (not the knob), in degrees."""


@dataclass(frozen=True, kw_only=True)
class Bread:
    """What all breads have."""

    flour_g: int = 500
    """Flour, of a kind that the mill
    grinds coarsely, in grams."""
    oven: tyro.conf.OmitArgPrefixes[Oven] = field(default_factory=Oven)


@dataclass(frozen=True, kw_only=True)
class Rye(Bread):
    """Bread of rye."""

    salt_g: int = 10
    """Salt, in grams."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of the tests' own command."""

    size_px: int = 3
    """How large, in pixels."""

    def __post_init__(self) -> None:
        if self.size_px < 1:
            raise ValueError(f"size-px must be at least 1, got {self.size_px}")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sys, "argv", ["command"])
    return monkeypatch


def status_of(error: BaseException | None) -> int:
    def main(config: Config) -> None:
        assert config.size_px == 3
        if error is not None:
            raise error

    try:
        run_command(Config, main)
    except SystemExit as stop:
        assert isinstance(stop.code, int)
        return stop.code
    return 0


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (UserError("a.png is not a picture"), 1, "error: a.png is not a picture\n"),
        (UsageError("--out is --in"), 2, "error: --out is --in\n"),
        (OSError(errno.ENOSPC, "?", "a.bin"), 1, "error: a.bin: cannot write: no space left on "),
        (PermissionError(errno.EACCES, "?", "a.bin"), 1, "error: a.bin: cannot write: permission"),
        (OSError(errno.EFBIG, "?"), 1, "error: cannot write: file too large\n"),
        (KeyboardInterrupt(), 130, "error: interrupted; no half-written files"),
    ],
)
def test_a_failure_is_one_sentence_and_a_status(
    error: BaseException, status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(error) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(sentence)
    assert printed.err.count("\n") == 1


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize("bug", [KeyError("x"), ValueError("y"), OSError(errno.EIO, "z")])
def test_bugs_keep_their_traceback(bug: Exception) -> None:
    with pytest.raises(type(bug)) as caught:
        status_of(bug)
    assert caught.value is bug


@pytest.mark.usefixtures("typed")
def test_success_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(None) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "arguments", [["--size-px", "0"], ["--size-px", "many"], ["--colour", "red"], ["stray"]]
)
def test_wrong_usage_exits_with_2_and_names_the_flag(
    typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    typed.setattr(sys, "argv", ["command", *arguments])
    assert status_of(None) == 2
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    assert arguments[0].strip("-") in printed.err


def test_help_is_the_attribute_docstrings(
    typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed.setattr(sys, "argv", ["command", "--help"])
    assert status_of(None) == 0
    assert "How large, in pixels." in capsys.readouterr().out


def test_help_wraps_at_the_width_of_the_terminal_alone(
    typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed.setattr(sys, "argv", ["command", "--help"])
    typed.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        run_command(Rye, print)
    shown = capsys.readouterr().out
    assert "Salt, in grams." in shown
    # Of a base, and of a field that has flags of its own.
    assert "Flour, of a kind that the mill grinds coarsely, in grams." in shown
    assert "as the thermometer at the middle shelf shows it (not the knob), in degrees." in shown


@pytest.mark.usefixtures("typed")
def test_help_of_a_package_names_the_package_and_quotes_its_main_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "kitchen" / "oven"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    (package / "__init__.py").write_text('"""Of the package, not of the command."""')
    (package / "__main__.py").write_text(
        '"""Bake bread in an oven."""\n'
        "from plumbing.command import run_command\n"
        "from tests.plumbing.test_command import Config\n"
        "run_command(Config, print)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    shown = command_here("kitchen.oven", "--help")
    assert shown.status == 0
    assert "usage: python -m kitchen.oven " in shown.output
    assert "__main__" not in shown.output
    assert "Bake bread in an oven." in shown.output
    assert "Of the package" not in shown.output


@pytest.fixture
def unread() -> Iterator[TextIO]:
    """A pipe whose reader has gone away."""
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w", encoding="utf-8")
    yield stream
    stream.close()  # raises if something is left that could not be written


def more_than_a_pipe_holds(config: Config) -> None:
    for number in range(200_000):
        print(number)


def a_table(config: Config) -> None:
    Console().print("[bold]a table[/bold]")


def fails(config: Config) -> None:
    raise UserError("a.png is not a picture")


@pytest.mark.parametrize(
    ("stream", "main", "arguments", "status"),
    [
        ("stdout", print, ["--help"], 0),
        ("stdout", print, [], 0),
        ("stdout", a_table, [], 1),
        ("stdout", more_than_a_pipe_holds, [], 1),
        ("stderr", fails, [], 1),
        ("stderr", print, ["--colour", "red"], 1),
    ],
)
def test_a_reader_who_goes_away_is_no_error(
    typed: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    unread: TextIO,
    stream: str,
    main: Callable[[Config], None],
    arguments: list[str],
    status: int,
) -> None:
    typed.setattr(sys, "argv", ["command", *arguments])
    typed.setattr(sys, stream, unread)
    ended = 0
    try:
        run_command(Config, main)
    except SystemExit as stop:
        ended = stop.code
    assert ended == status
    printed = capsys.readouterr()
    assert printed.err == ""
    assert stream == "stdout" or "error" not in printed.out


def test_results_that_do_not_fit_the_disk_are_a_failure(
    typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        typed.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as stopped:
            run_command(Config, print)
        assert stopped.value.code == 1
    assert "cannot be written: No space left" in capsys.readouterr().err


def test_any_name_can_be_printed(
    typed: pytest.MonkeyPatch,
) -> None:
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    typed.setattr(sys, "stdout", output)
    run_command(Config, lambda config: print("f\udcfcr.png, für.png"))
    assert output.detach().getvalue() == b"f\\udcfcr.png, f\\xfcr.png\n"  # pyright: ignore[reportAttributeAccessIssue]


def test_an_interrupt_says_how_to_continue(
    typed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def inside(config: Config) -> None:
        with continuing(lambda: f"{config.size_px} are done"), continuing():
            raise KeyboardInterrupt

    @continuing()
    def decorated(config: Config) -> None:
        raise KeyboardInterrupt

    for main, sentence in ((inside, "3 are done"), (decorated, "the same command")):
        with pytest.raises(SystemExit) as stopped:
            run_command(Config, main)
        assert stopped.value.code == 130
        assert sentence in capsys.readouterr().err


def test_the_value_of_a_flag_is_found_before_parsing() -> None:
    words = ["--size-px", "3", "--size_px=4", "--colour"]
    assert flag_value(words, "--size-px") == "4"
    assert flag_value(words[:2], "--size-px") == "3"
    assert flag_value(words, "--colour") is None


def test_a_closed_output_pipe_gives_no_traceback() -> None:
    program = """
from dataclasses import dataclass, field
from plumbing.command import run_command
@dataclass
class Config: pass
def main(config):
    for number in range(200_000): print(number)
run_command(Config, main)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 1


@dataclass
class Several:
    model: tuple[str, ...] = ()
    sizes_px: tuple[int, ...] = ()
    out: str = ""


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("p --model a b --out x", "p --model a b --out x"),
        ("p q --model a --out x --model b c", "p q --model a b c --out x"),
        ("--model=a --out=x --model=b", "--model a b --out=x"),
        ("--sizes_px 1 --model a --sizes-px=2", "--sizes-px 1 2 --model a"),
        ("--out x --out y p", "--out x --out y p"),
    ],
)
def test_a_flag_with_several_values_may_be_given_several_times(given: str, meant: str) -> None:
    assert " ".join(gathered(given.split(), Several)) == meant
