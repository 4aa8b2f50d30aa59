"""A training that is killed, wherever, ends with the same weights as one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest
import torch
from torch import Tensor

from teacher.runs.folder import load_network, read_resume
from teacher.training.logbook import read_curves
from teacher.training.step import Step
from tests.made.commands import TINY, TINY_FLIPBOARD, command_here
from tests.made.runs import ROOT

pytestmark = pytest.mark.slow

STEPS = 12


def weights(run: Path) -> torch.Tensor:
    return torch.cat([p.flatten() for p in load_network(run)[0].state_dict().values()])


def arguments(run: Path, photos: Path, network: tuple[str, ...]) -> list[str]:
    common = ("--photos", photos, "--validation", photos, "--run", run, "--steps", STEPS)
    return [str(part) for part in ("teacher.train", *common, *network)]


@pytest.fixture(scope="module", params=[TINY, TINY_FLIPBOARD], ids=["residual", "flipboard"])
def network(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return request.param


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory, photos_folder: Path, network: tuple[str, ...]
) -> torch.Tensor:
    run = tmp_path_factory.mktemp("whole") / "run"
    finished = command_here(*arguments(run, photos_folder, network))
    assert finished.status == 0, finished.errors
    return weights(run)


class Killed(BaseException):
    """Stands for SIGKILL: what is on the disk when it is raised stays there."""


def kill_in_checkpoint(fault: pytest.MonkeyPatch, number: int, when: str) -> None:
    """Kill in a checkpoint: with half the bytes written, or with all of them but not renamed."""
    writes = 0
    real_write, real_replace = Path.write_bytes, Path.replace

    def write(path: Path, content: bytes) -> int:
        nonlocal writes
        writes += path.name.startswith(".part-state")
        if writes == number and when == "half":
            real_write(path, content[: len(content) // 2])
            kill()
        return real_write(path, content)

    def replace(path: Path, target: Path) -> Path:
        if writes == number and when == "whole":
            kill()
        return real_replace(path, target)

    def kill() -> NoReturn:
        fault.setattr(Path, "unlink", lambda path, missing_ok=False: None)
        raise Killed

    fault.setattr(Path, "write_bytes", write)
    fault.setattr(Path, "replace", replace)


@pytest.mark.parametrize("when", ["half", "whole"])
def test_killed_in_the_middle_of_a_checkpoint(
    tmp_path: Path, photos_folder: Path, network: tuple[str, ...], uninterrupted: torch.Tensor,
    when: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run = tmp_path / "run"
    again = [*arguments(run, photos_folder, network), "--checkpoint-seconds", "0"]
    with monkeypatch.context() as fault, pytest.raises(Killed):
        kill_in_checkpoint(fault, 3, when)
        command_here(*again)
    checkpoint = read_resume(run)
    assert checkpoint is not None
    assert checkpoint.step == 2
    assert list((run / "resume").glob(".part-*"))
    finished = command_here(*again)
    assert finished.status == 0, finished.errors
    assert torch.equal(weights(run), uninterrupted)
    assert not list(run.rglob(".part-*"))
    # The curves show every step once, whatever the killed training logged.
    steps, _ = read_curves(run)["loss"]
    assert steps == list(range(1, STEPS + 1))


def test_a_polite_stop_saves_first(
    tmp_path: Path, photos_folder: Path, network: tuple[str, ...], uninterrupted: torch.Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run = tmp_path / "run"
    real_step = Step.__call__

    def step(self: Step, batch: Sequence[Tensor], number: int) -> object:
        if number == 7:
            os.kill(os.getpid(), signal.SIGTERM)
        return real_step(self, batch, number)

    with monkeypatch.context() as fault:
        fault.setattr(Step, "__call__", step)
        assert command_here(*arguments(run, photos_folder, network)).status == 130
    checkpoint = read_resume(run)
    assert checkpoint is not None
    assert checkpoint.step == 8
    finished = command_here(*arguments(run, photos_folder, network))
    assert finished.status == 0, finished.errors
    assert torch.equal(weights(run), uninterrupted)


@pytest.mark.process  # tests/teacher/test_train_cli.py kills a residual network
@pytest.mark.parametrize("network", [TINY_FLIPBOARD], ids=["flipboard"], indirect=True)
def test_killed_at_any_time(
    tmp_path: Path, photos_folder: Path, network: tuple[str, ...], uninterrupted: torch.Tensor
) -> None:
    run = tmp_path / "run"
    again = [*arguments(run, photos_folder, network), "--checkpoint-seconds", "0"]
    training = subprocess.Popen([sys.executable, "-m", *again], cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_for(run, 4, training)
    training.kill()
    training.wait()
    finished = command_here(*again)
    assert finished.status == 0, finished.errors
    assert torch.equal(weights(run), uninterrupted)


def steps_done(run: Path) -> int:
    checkpoint = read_resume(run) if run.exists() else None
    return 0 if checkpoint is None else checkpoint.step


def wait_for(run: Path, steps: int, training: subprocess.Popen[bytes]) -> None:
    """Wait until a training has saved this many steps, or has ended."""
    until = time.monotonic() + 120
    while steps_done(run) < steps and training.poll() is None:
        assert time.monotonic() < until, "nothing happened for two minutes"
        time.sleep(0.01)
