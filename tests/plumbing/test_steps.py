"""Running several of the project's commands at once."""

from __future__ import annotations

import pytest

from plumbing.command import UserError
from plumbing.steps import run_steps


@pytest.mark.parametrize("at_once", [1, 2])
def test_several_commands_are_printed_in_order_up_to_the_first_failure(
    at_once: int, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = [["halfsize", "--version"], ["halfsize", "nothing"], ["halfsize", "--help"]]
    with pytest.raises(UserError, match="`python -m halfsize` failed"):
        run_steps(steps, at_once=at_once, doing="trying")
    printed = capfd.readouterr()
    first, version, second = printed.out.splitlines()
    assert (first, second) == ("$ python -m halfsize --version", "$ python -m halfsize nothing")
    assert version.startswith("halfsize ")
    assert printed.err.startswith("error: 'nothing' is not a command")
