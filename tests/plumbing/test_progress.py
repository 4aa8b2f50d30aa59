"""Progress where there is no terminal: a line now and then, and never a reason to stop."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from plumbing import progress
from plumbing.progress import busy, console, progress_bar, track


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.02)
    return monkeypatch


def wait_for(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    printed = ""
    for _ in range(500):
        printed += capsys.readouterr().err
        if all(word in printed for word in words):
            return printed
        time.sleep(0.01)
    raise AssertionError(printed)


@pytest.mark.usefixtures("hurried")
def test_a_bar_becomes_lines_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as bar:
        task = bar.add_task("training", total=8000, completed=100, note="")
        bar.update(task, completed=1200, note="loss 0.0312")
        printed = wait_for(capsys, "training: 1,200 of 8,000, ", "so far", ", loss 0.0312\n")
        assert "\x1b" not in printed
        bar.update(task, visible=False)  # as in all processes of a training but the first
        time.sleep(0.05)
        capsys.readouterr()
        time.sleep(0.1)
        assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("hurried")
def test_items_and_work_of_unknown_length_give_lines_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in track([1], "reading"):
        wait_for(capsys, "reading: 0 of 1, 0 s so far\n")
    with busy("drawing [all] of it"):
        wait_for(capsys, "drawing [all] of it: 0 s so far\n")
    time.sleep(0.05)
    capsys.readouterr()
    time.sleep(0.05)
    assert capsys.readouterr().err == ""


def test_short_work_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert progress.LINE_SECONDS == 30.0
    for _ in track([1, 2], "reading"):
        pass
    assert capsys.readouterr().err == ""


def test_a_log_that_nobody_reads_does_not_stop_the_work(hurried: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    errors = os.fdopen(write, "w", encoding="utf-8")
    hurried.setattr(sys, "stderr", errors)
    hurried.setattr(console, "quiet", False)
    done = []
    for item in track([1, 2, 3], "reading"):
        time.sleep(0.05)
        console.print("a warning")
        done.append(item)
    assert done == [1, 2, 3]
    hurried.setattr(console, "quiet", False)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), write)
    errors.close()
