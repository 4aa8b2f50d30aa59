"""Run the whole chain on sample photos: train, distil, export, compare. This is `make demo`.

It runs the commands that you would type yourself, and prints each of them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from export.folder.card import CARD
from pixels.stills.listing import list_pictures
from plumbing.command import UserError, run_command
from plumbing.parallel import core_count
from plumbing.paths import WEB_DEMO
from plumbing.steps import run_step, run_steps, show
from plumbing.threads import Threads, use_threads
from teacher.enlarging.runner import open_enlarger
from teacher.evaluating.evaluation import Evaluation, means
from teacher.networks.colour import ColourFormat

_PAGE = WEB_DEMO / "index.html"


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """Settings of `python -m export.demo`."""

    runs: Path = Path("runs/demo")
    """Folder for everything that the demo makes; a stopped demo continues there."""
    page_model: Path = WEB_DEMO / "models" / "demo"
    """Folder where the page looks for its model."""
    teacher_blocks: int = 4
    """Residual blocks of the teacher."""
    teacher_channels: int = 16
    """Feature maps of the teacher; a small teacher is quick to train and to check."""
    teacher_colour: ColourFormat = "luma"
    """Channels that the teacher sees."""
    teacher_steps: int = 700
    """Training steps of the teacher."""
    student_steps: int = 500
    """Training steps of the student."""
    threads: Threads = 1
    """CPU threads of each command. One is nearly as fast for networks this small, and several times
    faster than two where another program keeps a core busy."""


def main(config: DemoConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    runs = config.runs
    threads = [] if config.threads is None else ["--threads", f"{config.threads}"]
    photos = ["--photos", f"{runs}/photos/train", "--validation", f"{runs}/photos/held-out"]
    teacher, student = runs / "teacher", runs / "student"
    run_step("pixels.samples", "--out", f"{runs}/photos")
    run_step(
        *("teacher.train", *photos, *threads, "--run", f"{teacher}"),
        *("--blocks", f"{config.teacher_blocks}", "--channels", f"{config.teacher_channels}"),
        *("--colour", config.teacher_colour, "--batch", "4"),
        *("--optimizer", "soap", "--learning-rate", "1e-2"),
        *("--steps", f"{config.teacher_steps}"),
    )
    run_step(
        *("distill.run", "--teacher", f"{teacher}", *photos, *threads, "--run", f"{student}"),
        *("--student", "nano", "--stage1.batch", "8", "--steps", f"{config.student_steps}"),
    )
    Console().print("Browsers run students alone: the teacher's exports are checked outside them.")
    exports = [
        # Longest first.
        ("export.tfjs", "--run", f"{student}", "--out", f"{student}-tfjs"),
        ("export.compact", "--run", f"{student}", "--out", f"{config.page_model}"),
        ("export.onnx", "--run", f"{student}", "--out", f"{student}-onnx"),
        ("export.tfjs", "--run", f"{teacher}", "--out", f"{teacher}-tfjs", "--no-browser"),
        ("export.onnx", "--run", f"{teacher}", "--out", f"{teacher}-onnx", "--no-browser"),
    ]
    run_steps(
        [[*export, "--force", *threads] for export in exports],
        at_once=min(2, core_count()),
        doing="exporting and checking",
    )
    _build_page()
    Console().print(_comparison(config))
    Console().print(f"\nNow open [bold]{_PAGE.as_uri()}[/bold] and drop a photo on it.")


def _build_page() -> None:
    show("npm --prefix web_demo run build")
    command = [shutil.which("npm") or "npm", "--prefix", str(WEB_DEMO), "run", "build", "--silent"]
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(
            "the page could not be built: run `make web` to install what it needs "
            "(Node.js 20.19 or newer)"
        ) from error


def _comparison(config: DemoConfig) -> Table:
    """Measure bicubic enlargement, teacher and student on the held-out photo."""
    held_out = list_pictures(config.runs / "photos" / "held-out")
    runs = {name: config.runs / name for name in ("teacher", "student")}
    enlargers = [open_enlarger("bicubic"), *(open_enlarger(str(run)) for run in runs.values())]
    cards = {
        "teacher": config.runs / "teacher-tfjs" / CARD,
        "student": config.page_model / CARD,
    }
    table = Table(
        *("", "PSNR dB", "SSIM", "parameters", "bytes", "gzipped"),
        title=f"{held_out[0].stem}, never trained on: halved, then doubled",
    )
    rows = means(Evaluation(enlargers=enlargers, photos=held_out).measure())
    for enlarger, row in zip(enlargers, rows, strict=True):
        figures = [f"{row.quality.psnr:.2f}", f"{row.quality.ssim:.4f}"]
        if enlarger.name in cards:
            card = json.loads(cards[enlarger.name].read_text(encoding="utf-8"))
            files = card["files"].values()
            figures.append(f"{card['parameters']:,}")
            figures.append(f"{sum(file['bytes'] for file in files):,}")
            figures.append(f"{sum(file['gzip_bytes'] for file in files):,}")
        table.add_row(row.model, *figures)
    return table


if __name__ == "__main__":
    run_command(DemoConfig, main)
