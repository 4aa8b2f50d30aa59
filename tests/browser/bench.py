"""Time halfsize and UpscalerJS 1.0.0 in the same browser, taking turns. This is `make bench`.

Both get the same canvas and are timed until the values of the result are there: ours as ImageData
from its worker, UpscalerJS's as a tensor that was read back. Timings on a shared machine drift, so
only the ratio of medians within one run is worth quoting.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Error, Page
from rich.console import Console
from rich.table import Table

from export.browser import open_browser
from pixels.command import UserError, run_command

_WEB_DEMO = Path(__file__).parents[2] / "web_demo"

_START = """
async ([models, backend]) => {
  if (!await peer.start(backend, 'model/model.json', './')) return false;
  window.ours = {};
  for (const model of models) ours[model] = await Halfsize.load(model, { backend });
  return true;
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
    """Settings of `python -m tests.browser.bench`."""

    models: Path = _WEB_DEMO / "models"
    """Folder of export folders: each is timed."""
    backends: tuple[str, ...] = ("wasm", "webgl", "webgpu", "cpu")
    """TF.js backends; those that do not start are passed over."""
    sides: tuple[int, ...] = (256, 512)
    """Sides of the square pictures to double, in pixels."""
    repeats: int = 20
    """Timed runs of each, after one that is not counted."""
    budget_seconds: float = 600.0
    """When the runs of one backend and size would take longer, there are fewer of them (at least
    3); the table says how many."""


def main(config: BenchConfig) -> None:
    """Run the command."""
    models = sorted(path.parent.name for path in config.models.glob("*/halfsize.json"))
    if not models:
        raise UserError(f"{config.models} holds no export folders: run `make demo` first")
    table = Table("backend", "size", "", "runs", "median ms", "Mpx/s", "times UpscalerJS")
    with tempfile.TemporaryDirectory() as temporary, open_browser() as browser:
        site = _build(config, Path(temporary))
        for backend in config.backends:
            with served(site) as address:
                page = browser.new_page()
                page.set_default_timeout(config.budget_seconds * 1000)
                page.goto(f"{address}dist/bench/index.html")
                if _starts(page, models, backend):
                    for side in config.sides:
                        _add_rows(table, page, ["UpscalerJS", *models], backend, side, config)
                else:
                    table.add_row(backend, "", "does not start here")
                page.close()
    Console(width=100).print(table)


def _build(config: BenchConfig, folder: Path) -> Path:
    out = _WEB_DEMO / "dist"
    for script, *arguments in (
        ("scripts/build.mjs", "--models", str(config.models.resolve())),
        ("bench/build.mjs",),
    ):
        subprocess.run(["node", _WEB_DEMO / script, *arguments], check=True)
    scripts = "".join(
        f'<script src="{name}.js"></script>' for name in ("../models", "../halfsize", "peer")
    )
    (out / "bench" / "index.html").write_text(f"<!doctype html><body>{scripts}", encoding="utf-8")
    (folder / "dist").symlink_to(out)
    return folder


def _starts(page: Page, models: list[str], backend: str) -> bool:
    try:
        return page.evaluate(_START, [models, backend])
    except Error as error:
        Console(stderr=True).print(f"{backend}: {error.message.splitlines()[0]}")
        return False


def _add_rows(
    table: Table, page: Page, who: list[str], backend: str, side: int, config: BenchConfig
) -> None:
    first = [page.evaluate(_TIME, [name, side]) for name in who]  # compiles: not counted
    affordable = int(config.budget_seconds * 1000 / sum(first))
    repeats = max(3, min(config.repeats, affordable))
    times: dict[str, list[float]] = {name: [] for name in who}
    for _ in range(repeats):
        for name in who:
            times[name].append(page.evaluate(_TIME, [name, side]))
    peer = statistics.median(times["UpscalerJS"])
    for name in who:
        median = statistics.median(times[name])
        speed = (2 * side) ** 2 / 1000 / median
        figures = (str(repeats), f"{median:,.0f}", f"{speed:.2f}", f"{peer / median:.1f}")
        table.add_row(backend, f"{side} -> {2 * side}", name, *figures)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    run_command(BenchConfig, main)
