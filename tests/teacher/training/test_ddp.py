"""Several processes: the same result as one process, and clean ends."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from teacher.runs.folder import load_network
from teacher.runs.record import read_record
from teacher.training.processes import joined_processes
from tests.made.commands import TINY, TINY_FLIPBOARD, command_here
from tests.made.runs import ROOT

pytestmark = pytest.mark.process


def torchrun(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run two processes of a program on this machine, over gloo."""
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    return subprocess.run(
        [sys.executable, *launcher, *map(str, arguments)],
        cwd=ROOT,
        env={
            **os.environ,
            "COLUMNS": "200",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def train(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return torchrun("-m", "--", "teacher.train", *arguments)


def weights(run: Path) -> torch.Tensor:
    return torch.cat([p.flatten() for p in load_network(run)[0].parameters()])


@pytest.mark.parametrize("network", [(*TINY, "--batch", "4"), TINY_FLIPBOARD])
def test_two_processes_end_with_the_weights_of_one(
    tmp_path: Path, photos_folder: Path, network: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    common = ("--photos", photos_folder, "--validation", photos_folder, *network, "--steps", "12")
    with monkeypatch.context() as alone:
        be_a_single_process_of_torchrun(alone)
        one = command_here("teacher.train", *common, "--run", tmp_path / "one")
    assert one.status == 0, one.errors
    two = train(*common, "--run", tmp_path / "two")
    assert two.returncode == 0, two.stderr
    assert (weights(tmp_path / "one") - weights(tmp_path / "two")).abs().max() <= 1e-5
    assert "Warning" not in two.stderr.replace("WARNING", "")  # ours is about so short a training
    # One of them wrote, once.
    assert two.stderr.count("wrote ") == 1
    assert len(list((tmp_path / "two").glob("events.*"))) == 1
    assert not list(tmp_path.rglob(".part-*"))
    first, second = (read_record(tmp_path / name) for name in ("one", "two"))
    assert first.settings == second.settings
    assert second.metrics["validation/psnr"] > 10
    if network is TINY_FLIPBOARD:
        again = train(*common, "--run", tmp_path / "two")
        assert again.returncode == 0, again.stderr
        assert again.stderr.count("finished already") == 1


def be_a_single_process_of_torchrun(environment: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = {"RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    for name, value in names.items():
        environment.setenv(name, str(value))


def test_whoever_uses_one_of_several_gpus_reads_how_to_use_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the words that `train` above passes on; without the hyphens torchrun refuses `--run`."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    with joined_processes() as processes:
        assert processes.count == 1
    assert "torchrun --nproc-per-node 4 -m -- " in " ".join(capsys.readouterr().err.split())
    for document in ("README.md", "docs/train-your-own.md"):
        told = " ".join((ROOT / document).read_text(encoding="utf-8").split())
        assert re.search(r"torchrun --nproc-per-node \w+ -m -- teacher\.train", told), document


def test_an_error_of_the_first_process_ends_all(tmp_path: Path) -> None:
    failed = train("--photos", tmp_path / "nowhere", "--run", tmp_path / "r", *TINY)
    assert failed.returncode != 0
    assert "error: " in failed.stderr
    assert str(tmp_path / "nowhere") in failed.stderr
    assert failed.stderr.count("error: ") == 1
    # torchrun has a traceback of its own; none is ours, and nobody waits.
    assert f'File "{ROOT}/teacher' not in failed.stderr


FAILING = """
import os, runpy, signal, sys
from teacher.training.step import Step
real = Step.__call__
def step(self, batch, number):
    if number == 3 and os.environ["RANK"] == "1":
        {fault}
    return real(self, batch, number)
Step.__call__ = step
sys.argv[0] = "teacher.train"
runpy.run_module("teacher.train", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    "fault",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        pytest.param("raise OSError(28, 'full', 'disk')", marks=pytest.mark.heavy),
    ],
)
def test_a_process_that_fails_in_the_middle_ends_all(
    tmp_path: Path, photos_folder: Path, fault: str
) -> None:
    program = tmp_path / "failing.py"
    program.write_text(FAILING.replace("{fault}", fault))
    arguments = ("--photos", photos_folder, "--run", tmp_path / "r", *TINY, "--steps", "50")
    failed = torchrun("--", program, *arguments)
    assert failed.returncode != 0
    assert not (tmp_path / "r" / "run.json").exists()
    assert "another process of this training failed or vanished" in failed.stderr
    assert f'File "{ROOT}/teacher' not in failed.stderr
