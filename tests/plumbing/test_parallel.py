from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbing.command import UserError
from plumbing.parallel import in_order
from plumbing.paths import ROOT


@pytest.mark.parametrize(
    ("workers", "processes"),
    [(1, False), (3, False), pytest.param(2, True, marks=pytest.mark.process)],
)
def test_results_come_in_order(workers: int, processes: bool) -> None:
    made = in_order(operator.neg, range(40), workers=workers, processes=processes)
    assert list(made) == [-number for number in range(40)]


def test_results_wait_for_earlier_items() -> None:
    def late(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    assert list(in_order(late, [0.1, 0.0, 0.05, 0.0], workers=4)) == [0.1, 0.0, 0.05, 0.0]


def test_only_a_few_results_wait_for_their_turn() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        while taken < 1000:
            taken += 1
            yield taken

    made = in_order(operator.neg, items(), workers=3)
    assert next(made) == -1
    assert taken < 12


def test_a_failure_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda number: 1 // number, [1, 0, 1], workers=2))


@pytest.mark.process
def test_a_killed_worker_is_reported() -> None:
    with pytest.raises(UserError, match="fewer --workers"):
        list(in_order(os._exit, [9, 9, 9], workers=2, processes=True))


@pytest.mark.process
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import operator, os, signal\n"
        "from plumbing.parallel import in_order\n"
        "if __name__ == '__main__':\n"
        "    made = in_order(os.getpgid, [0, 0, 0, 0, 0, 0], workers=2, processes=True)\n"
        "    next(made)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Workers inherit the pipe: it ends when the last of them has ended.
    parent = subprocess.run(
        [sys.executable, script], stdout=subprocess.PIPE, timeout=60, env=environment, check=False
    )
    assert parent.returncode == -signal.SIGKILL
