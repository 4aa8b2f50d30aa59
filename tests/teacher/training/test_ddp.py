"""Several processes: the result of one, and clean ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from teacher.runs.folder import load_network, read_record
from tests.made.commands import TINY
from tests.made.runs import ROOT
from tests.teacher.recipes.test_presets import TINY_FLIPBOARD


def torchrun(*arguments: str | Path, processes: int = 2) -> subprocess.CompletedProcess[str]:
    """Run `torchrun -m teacher.train` on this machine, over gloo."""
    launcher = ("-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}")
    return subprocess.run(
        [sys.executable, *launcher, "-m", "--", "teacher.train", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def weights(run: Path) -> torch.Tensor:
    return torch.cat([p.flatten() for p in load_network(run)[0].parameters()])


@pytest.mark.parametrize("network", [(*TINY, "--batch", "4"), TINY_FLIPBOARD])
def test_two_processes_end_with_the_weights_of_one(
    tmp_path: Path, photos_folder: Path, network: tuple[str, ...]
) -> None:
    common = ("--photos", photos_folder, "--validation", photos_folder, *network, "--steps", "12")
    one = torchrun(*common, "--run", tmp_path / "one", processes=1)
    assert one.returncode == 0, one.stderr
    two = torchrun(*common, "--run", tmp_path / "two")
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
    again = torchrun(*common, "--run", tmp_path / "two")
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("finished already") == 1


def test_a_batch_that_cannot_be_shared_is_told(tmp_path: Path, photos_folder: Path) -> None:
    done = torchrun("--photos", photos_folder, "--run", tmp_path / "r", *TINY, "--batch", "3")
    assert done.returncode != 0
    assert "a batch of 3 crops cannot be shared equally by 2 processes" in done.stderr
    assert not (tmp_path / "r" / "run.json").exists()


def test_an_error_of_the_first_process_ends_all(tmp_path: Path) -> None:
    done = torchrun("--photos", tmp_path / "nowhere", "--run", tmp_path / "r", *TINY)
    assert done.returncode != 0
    assert "error: " in done.stderr
    assert str(tmp_path / "nowhere") in done.stderr
    assert done.stderr.count("error: ") == 1
    # torchrun has a traceback of its own; none is ours, and nobody waits.
    assert f'File "{ROOT}/teacher' not in done.stderr


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
    ["os.kill(os.getpid(), signal.SIGKILL)", "raise OSError(28, 'full', 'disk')"],
)
def test_a_process_that_fails_in_the_middle_ends_all(
    tmp_path: Path, photos_folder: Path, fault: str
) -> None:
    program = tmp_path / "failing.py"
    program.write_text(FAILING.replace("{fault}", fault))
    arguments = ("--photos", photos_folder, "--run", tmp_path / "r", *TINY, "--steps", "50")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node=2", "--", str(program), *map(str, arguments)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode != 0
    assert not (tmp_path / "r" / "run.json").exists()
    assert "another process of this training failed or vanished" in done.stderr
    assert f'File "{ROOT}/teacher' not in done.stderr
