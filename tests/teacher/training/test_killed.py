"""A training that is killed, wherever, ends with the very weights of one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from teacher.runs.folder import load_network, read_resume
from teacher.training.logbook import read_curves
from tests.made.commands import TINY, command_here
from tests.made.runs import ROOT
from tests.teacher.recipes.test_presets import TINY_FLIPBOARD

STEPS = "30"
# Runs `teacher.train` and kills itself at its third checkpoint: with half the bytes written, or
# with all of them and not renamed yet.
SUICIDE = """
import os, pathlib, runpy, signal, sys
when, writes = sys.argv.pop(1), 0
real_write, real_replace = pathlib.Path.write_bytes, pathlib.Path.replace
def write(self, content):
    global writes
    if self.name.startswith(".part-state"):
        writes += 1
        if writes == 3 and when == "half":
            real_write(self, content[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
    return real_write(self, content)
def replace(self, target):
    if writes == 3 and when == "whole":
        os.kill(os.getpid(), signal.SIGKILL)
    return real_replace(self, target)
pathlib.Path.write_bytes, pathlib.Path.replace = write, replace
runpy.run_module("teacher.train", run_name="__main__", alter_sys=True)
"""


def weights(run: Path) -> torch.Tensor:
    return torch.cat([p.flatten() for p in load_network(run)[0].state_dict().values()])


def arguments(run: Path, photos: Path, network: tuple[str, ...]) -> list[str]:
    common = ("--photos", photos, "--validation", photos, "--run", run, "--steps", STEPS)
    return [str(part) for part in (*common, *network)]


@pytest.fixture(scope="module", params=[TINY, TINY_FLIPBOARD], ids=["residual", "flipboard"])
def network(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return request.param


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory, photos_folder: Path, network: tuple[str, ...]
) -> torch.Tensor:
    run = tmp_path_factory.mktemp("whole") / "run"
    done = command_here("teacher.train", *arguments(run, photos_folder, network))
    assert done.status == 0, done.errors
    return weights(run)


@pytest.mark.parametrize("when", ["half", "whole"])
def test_killed_in_the_middle_of_a_checkpoint(
    tmp_path: Path, photos_folder: Path, network: tuple[str, ...], uninterrupted: torch.Tensor,
    when: str,
) -> None:  # fmt: skip
    run = tmp_path / "run"
    again = [*arguments(run, photos_folder, network), "--checkpoint-seconds", "0"]
    killed = subprocess.run(
        [sys.executable, "-c", SUICIDE, when, *again], cwd=ROOT, check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = read_resume(run)
    assert left is not None
    assert left.step == 2
    assert list((run / "resume").glob(".part-*"))
    done = command_here("teacher.train", *again)
    assert done.status == 0, done.errors
    assert torch.equal(weights(run), uninterrupted)
    assert not list(run.rglob(".part-*"))


def test_killed_at_any_time_again_and_again(
    tmp_path: Path, photos_folder: Path, network: tuple[str, ...], uninterrupted: torch.Tensor
) -> None:
    run = tmp_path / "run"
    again = [*arguments(run, photos_folder, network), "--checkpoint-seconds", "0"]
    for wanted in (4, 11):
        training = subprocess.Popen(
            [sys.executable, "-m", "teacher.train", *again], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        wait_for(run, wanted, training)
        training.kill()
        training.wait()
    done = command_here("teacher.train", *again)
    assert done.status == 0, done.errors
    assert torch.equal(weights(run), uninterrupted)
    # The curves show every step once, whatever was logged by those who were killed.
    steps, _ = read_curves(run)["loss"]
    assert steps == sorted(set(steps))
    assert steps[-1] == int(STEPS)


def test_a_polite_stop_saves_first(
    tmp_path: Path, photos_folder: Path, network: tuple[str, ...], uninterrupted: torch.Tensor
) -> None:
    run = tmp_path / "run"
    again = arguments(run, photos_folder, network)
    training = subprocess.Popen(
        [sys.executable, "-m", "teacher.train", *again, "--checkpoint-seconds", "0"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        env={**os.environ, "COLUMNS": "200"},
    )
    wait_for(run, 2, training)
    training.send_signal(signal.SIGTERM)
    _, errors = training.communicate(timeout=60)
    assert training.returncode in (0, 130), errors  # it may have been done already
    done = command_here("teacher.train", *again)
    assert done.status == 0, done.errors
    assert torch.equal(weights(run), uninterrupted)


def steps_done(run: Path) -> int:
    left = read_resume(run) if run.exists() else None
    return 0 if left is None else left.step


def wait_for(run: Path, steps: int, training: subprocess.Popen[bytes]) -> None:
    """Wait until a training has saved so many steps, or has ended."""
    until = time.monotonic() + 120
    while steps_done(run) < steps and training.poll() is None:
        assert time.monotonic() < until, "nothing happened for two minutes"
        time.sleep(0.01)
