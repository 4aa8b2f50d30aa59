"""Time the WebAssembly engines' parts side by side, in floats and in whole numbers.

All models run in turns in one thread of one browser, with relaxed SIMD and without it. The peaks of
the machine are those of loops of registers alone, measured in the same run. Of a model three runs
are compared: all of it, without its convolutions, and without any kernel, which leaves what copies
pixels and calls kernels. Without relaxed SIMD, activations of 7 bits are computed as those of 8.
"""

from __future__ import annotations

import base64
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from export.check.browser import open_browser
from plumbing.command import UserError, run_command
from plumbing.paths import WEB_DEMO
from tools.timing import require_runs

_PARTS = ("nothing", "convolutions", "all kernels")
_OPEN = "(given) => engineBench.open(...given)"


@dataclass(frozen=True, kw_only=True)
class EngineBenchConfig:
    """Settings of `python -m tools.engine_bench`."""

    models: tuple[Path, ...] = (WEB_DEMO / "models" / "small-fine",)
    """Export folders for the compact runtime, or their `model.halfsize`."""
    sides: tuple[int, ...] = (256,)
    """Sides of the square pictures, in pixels."""
    repeats: int = 20
    """Timed runs of each."""

    def __post_init__(self) -> None:
        require_runs(self.sides, repeats=self.repeats)


def main(config: EngineBenchConfig) -> None:
    """Run the command."""
    models = {path.stem if path.is_file() else path.name: _read(path) for path in config.models}
    subprocess.run(["node", WEB_DEMO / "bench" / "engine.mjs"], check=True)
    console = Console(width=110)
    with open_browser() as browser:
        page = browser.new_page()
        page.set_default_timeout(600_000)
        page.goto("about:blank")
        page.add_script_tag(path=WEB_DEMO / "dist" / "bench" / "engine.js")
        started: dict[str, float] = {}
        for name, model in models.items():
            for relaxed in (True, False):
                for part in _PARTS:
                    key = _key(name, relaxed, part)
                    opened = page.evaluate(_OPEN, [key, model, relaxed, part])
                    if opened is not None:
                        started[key] = opened
        for side in config.sides:
            times = page.evaluate("(given) => engineBench.time(...given)", [side, config.repeats])
            console.print(_table(models, side, times, started))
        peaks = Table("instructions", "GMAC/s", "most")
        for name, found in page.evaluate("(n) => engineBench.peaks(n)", config.repeats).items():
            peaks.add_row(name, f"{statistics.median(found):.0f}", f"{max(found):.0f}")
        console.print(peaks)


def _read(path: Path) -> str:
    file = path if path.is_file() else path / "model.halfsize"
    if not file.is_file():
        raise UserError(f"--models {path}: no export folder for the compact runtime")
    return base64.b64encode(file.read_bytes()).decode()


def _key(name: str, relaxed: bool, part: str) -> str:
    return f"{name}, {'relaxed' if relaxed else 'plain'}, without {part}"


def _table(
    models: dict[str, str], side: int, times: dict[str, list[float]], started: dict[str, float]
) -> Table:
    heads = ("arithmetic", "rows", "copies and calls", "start-up")
    table = Table("median ms", "SIMD", f"{side} px", "least", *heads)
    for name in models:
        for relaxed in (True, False):
            whole, rows, rest = (_key(name, relaxed, part) for part in _PARTS)
            if whole not in times:
                continue
            median = {key: statistics.median(times[key]) for key in (whole, rows, rest)}
            figures = (
                median[whole],
                min(times[whole]),
                median[whole] - median[rows],
                median[rows] - median[rest],
                median[rest],
                started[whole],
            )
            simd = "relaxed" if relaxed else "plain"
            table.add_row(name, simd, *(f"{value:.1f}" for value in figures))
    return table


if __name__ == "__main__":
    run_command(EngineBenchConfig, main)
