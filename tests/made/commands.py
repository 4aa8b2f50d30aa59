"""Run the project's commands without starting Python and PyTorch anew for each."""

from __future__ import annotations

import contextlib
import io
import runpy
import signal
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from plumbing.extras import installed
from tests.made.runs import ROOT

# For `teacher.train`: networks and batches that take no time.
TINY = ("--blocks", "1", "--channels", "4", "--batch", "2", "--crop-px", "12", "--threads", "1")
TINY_FLIPBOARD = (
    *("--network", "flipboard", "--patch-px", "8", "--first-maps", "4", "--batch", "4"),
    *("--reproject-units", "6", "--reproject-maps", "1", "--middle-maps", "2", "2"),
    *("--dense-units", "6", "6", "--threads", "1"),
)


def one_thread() -> None:
    """Have PyTorch use one thread: with more than free cores it runs several times slower.

    Some tests run in a plain installation, which has none.
    """
    if installed("torch"):
        import torch

        torch.set_num_threads(1)


@dataclass(frozen=True)
class Finished:
    """What a command left."""

    status: int
    output: str
    errors: str
    """Standard error, with each run of spaces and line ends as one space: rich wraps its lines."""

    def sentence(self, status: int = 1) -> str:
        """The one line by which a command fails, after checking that it is one."""
        assert self.status == status, self.errors
        assert "Traceback" not in self.errors
        assert self.errors.count("error: ") == 1, self.errors
        return self.errors.partition("error: ")[2].strip()


def command_here(module: str, *arguments: str | Path | float) -> Finished:
    """Run `python -m module` inside this process: the real command line, without the start-up."""
    output, errors = io.StringIO(), io.StringIO()
    old = sys.argv
    sys.argv = [module, *map(str, arguments)]
    status = 0
    try:
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
            warnings.catch_warnings(),
        ):
            # The module may have been imported before: that is no harm here.
            warnings.filterwarnings("ignore", ".*found in sys.modules after import", RuntimeWarning)
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    finally:
        sys.argv = old
        one_thread()
    return Finished(status, output.getvalue(), " ".join(errors.getvalue().split()))


def hear_interrupts() -> None:
    """For `preexec_fn`: shells let what they start in the background ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def command_on_full_disk(free_bytes: int, *arguments: str | Path) -> Finished:
    """Run `python -m ...` where no file can grow beyond so many bytes."""
    program = f"""
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({free_bytes}, {free_bytes}))
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
    done = subprocess.run(
        # -B: compiled modules would be the first files to grow.
        [sys.executable, "-B", "-c", program, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(done.returncode, done.stdout, " ".join(done.stderr.split()))
