"""Time halfsize and UpscalerJS 1.0.0 alternately in the same browser. This is `make bench`.

Both get the same canvas and are timed until the values of the result are available: halfsize's as
ImageData from its worker, UpscalerJS's as a tensor that was read back. Timings on a shared machine
drift, so only the ratio of medians within one run is worth quoting.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error, Page
from rich.console import Console
from rich.table import Table

from export.check.browser import open_browser
from plumbing.command import UserError, run_command
from plumbing.paths import WEB_DEMO
from tools.serving import served
from tools.timing import require_runs

# Backends of the peer, with the engines of halfsize that compute in the same place.
_ENGINES = {
    "wasm": ("wasm", "tfjs-wasm"),
    "webgl": ("webgl2", "tfjs-webgl"),
    "webgpu": ("webgpu", "tfjs-webgpu"),
    "cpu": ("tfjs-cpu",),
}
_PEER = "UpscalerJS"

_START = "(backend) => peer.start(backend, 'model/model.json', './')"

# One worker, as the peer computes in one thread.
_LOAD = """
async ([who, model, backend]) => {
  (window.ours ??= {})[who] = await Halfsize.load(model, { backend, workers: 1 });
}
"""

_TIME = """
async ([who, side]) => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  const image = context.createImageData(side, side);
  for (let i = 0; i < image.data.length; i++)
    image.data[i] = i % 4 === 3 ? 255 : 128 + 90 * Math.sin(i / 97) + 30 * Math.random();
  context.putImageData(image, 0, 0);
  const started = performance.now();
  if (who === 'UpscalerJS') await peer.run(canvas);
  else await ours[who].upscale(canvas, { output: 'imagedata' });
  return performance.now() - started;
}
"""


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """Settings of `python -m tools.bench`."""

    folder: Path = WEB_DEMO / "models"
    """Folder of export folders."""
    models: tuple[str, ...] = ("nano-web", "small-fine")
    """Names of the models to time."""
    backends: tuple[str, ...] = tuple(_ENGINES)
    """Backends of UpscalerJS; those that do not start are skipped."""
    sides: tuple[int, ...] = (256, 512)
    """Sides of the square pictures to double, in pixels."""
    repeats: int = 20
    """Timed runs of each, after one warm-up."""
    budget_seconds: float = 600.0
    """Time limit for one backend and size: if the runs would take longer, fewer are made (at least
    3), and the table shows how many."""

    def __post_init__(self) -> None:
        require_runs(self.sides, repeats=self.repeats)
        if not 0 < self.budget_seconds < math.inf:
            raise ValueError(f"budget-seconds must be more than 0, got {self.budget_seconds}")
        if not self.models or not self.backends:
            raise ValueError("models and backends must name at least one each")
        if unknown := [name for name in self.backends if name not in _ENGINES]:
            raise ValueError(f"backends are {', '.join(_ENGINES)}, got {', '.join(unknown)}")


def main(config: BenchConfig) -> None:
    """Run the command."""
    for name in config.models:
        if not (config.folder / name / "halfsize.json").is_file():
            raise UserError(f"{config.folder / name} is not an export folder")
    table = Table("backend", "size", "", "engine", "runs", "median ms", "Mpx/s", f"times {_PEER}")
    with tempfile.TemporaryDirectory() as temporary, open_browser() as browser:
        site = _build(config, Path(temporary))
        for backend in config.backends:
            with served(site) as address:
                page = browser.new_page()
                page.set_default_timeout(config.budget_seconds * 1000)
                page.goto(f"{address}dist/bench/index.html")
                if _starts(page, backend):
                    contenders = _contenders(page, config.models, backend)
                    for side in config.sides:
                        _add_rows(table, page, contenders, backend, side, config)
                else:
                    table.add_row(backend, "", "does not start here")
                page.close()
    Console(width=110).print(table)


def _build(config: BenchConfig, folder: Path) -> Path:
    out = WEB_DEMO / "dist"
    for script, *arguments in (
        ("scripts/build.mjs", "--models", str(config.folder.resolve())),
        ("bench/build.mjs",),
    ):
        subprocess.run(["node", WEB_DEMO / script, *arguments], check=True)
    scripts = "".join(
        f'<script src="{name}.js"></script>' for name in ("../models", "../halfsize", "peer")
    )
    page = f'<!doctype html><meta charset="utf-8"><body>{scripts}'
    (out / "bench" / "index.html").write_text(page, encoding="utf-8")
    (folder / "dist").symlink_to(out)
    return folder


def _starts(page: Page, backend: str) -> bool:
    try:
        return page.evaluate(_START, backend)
    except Error as error:
        Console(stderr=True).print(f"{backend}: {error.message.splitlines()[0]}")
        return False


def _contenders(page: Page, models: tuple[str, ...], backend: str) -> dict[str, tuple[str, str]]:
    """Load the models: model and engine by name in the page, the peer first."""
    loaded = {_PEER: (_PEER, f"TF.js {backend}")}
    for engine in _ENGINES[backend]:
        for model in models:
            who = f"{model} on {engine}"
            try:
                page.evaluate(_LOAD, [who, model, engine])
                loaded[who] = (model, engine)
            except Error as error:
                Console(stderr=True).print(f"{who}: {error.message.splitlines()[0]}")
    return loaded


def _add_rows(
    table: Table,
    page: Page,
    contenders: dict[str, tuple[str, str]],
    backend: str,
    side: int,
    config: BenchConfig,
) -> None:
    size = f"{side} -> {2 * side}"
    # The first run of each compiles and is not counted.
    first: dict[str, float] = {}
    for who, (model, engine) in contenders.items():
        try:
            first[who] = page.evaluate(_TIME, [who, side])
        except Error as error:
            reason = error.message.splitlines()[0].removeprefix("Page.evaluate: ")
            Console(stderr=True).print(f"{who}, {size} on {backend}: {reason}")
            table.add_row(backend, size, model, engine, "", "fails")
    affordable = int(config.budget_seconds * 1000 / max(sum(first.values()), 1))
    repeats = max(3, min(config.repeats, affordable))
    times: dict[str, list[float]] = {who: [] for who in first}
    for _ in range(repeats):
        for who, measured in times.items():
            measured.append(page.evaluate(_TIME, [who, side]))
    medians = {who: statistics.median(measured) for who, measured in times.items()}
    for who, median in medians.items():
        speed = (2 * side) ** 2 / 1000 / median
        ratio = f"{medians[_PEER] / median:.1f}" if _PEER in medians else ""
        figures = (str(repeats), f"{median:,.0f}", f"{speed:.2f}", ratio)
        table.add_row(backend, size, *contenders[who], *figures)


if __name__ == "__main__":
    run_command(BenchConfig, main)
