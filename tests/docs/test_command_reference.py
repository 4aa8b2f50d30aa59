"""The reference of commands is what `--help` prints."""

from __future__ import annotations

import pytest

from halfsize.commands import COMMANDS
from tools.command_reference import PAGE, help_of, reference


def test_the_reference_is_what_help_prints() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == reference(), "run `python -m tools.command_reference`"
    assert "(default: )" not in written
    assert "(default: None)" not in written


def test_help_is_the_same_in_every_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = help_of(COMMANDS["students"])
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert help_of(COMMANDS["students"]) == plain
    assert "--body {None}|INT" in plain
