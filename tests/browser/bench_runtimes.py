"""Time the small runtime and TF.js on WebAssembly with one student, taking turns; in `make bench`.

All run in one page, each from pixels to pixels as its reader gets them. Timings on a shared machine
drift, so only the ratio of medians within one run is worth quoting.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.table import Table

from export.browser import open_browser
from pixels.command import UserError, run_command
from teacher.checkpoint import load_network
from teacher.networks import macs_per_output_pixel
from tests.browser.bench import served

_WEB_DEMO = Path(__file__).parents[2] / "web_demo"
_OPTIONS = {
    "TF.js wasm": ("tfjs/", {"backend": "tfjs-wasm"}),
    "wasm, 1 worker": ("compact/model.halfsize", {"backend": "wasm", "workers": 1}),
    "wasm, 2 workers": ("compact/model.halfsize", {"backend": "wasm", "workers": 2}),
}

_START = """
async (options) => {
  window.ours = {};
  for (const [name, [model, settings]] of Object.entries(options))
    ours[name] = await Halfsize.load(model, settings);
}
"""

_TIME = """
async ([who, side]) => {
  const image = new ImageData(side, side);
  for (let i = 0; i < image.data.length; i++)
    image.data[i] = i % 4 === 3 ? 255 : 128 + 90 * Math.sin(i / 97) + 30 * Math.random();
  const started = performance.now();
  await ours[who].upscale(image, { output: 'imagedata' });
  return performance.now() - started;
}
"""

# The page works by itself, so that what this process takes to speak to it is not measured: from
# its `load` event on, model and engine are fetched from this machine, compiled and run.
_FIRST = """<!doctype html><meta charset="utf-8"><body><script src="dist/halfsize.js"></script>
<script>
addEventListener('load', async () => {
  const started = performance.now();
  const [model, settings] = JSON.parse(decodeURIComponent(location.search.slice(1)));
  const image = new ImageData(256, 256);
  image.data.fill(255);
  const halfsize = await Halfsize.load(model, settings);
  await halfsize.upscale(image, { output: 'imagedata' });
  window.first = performance.now() - started;
});
</script>"""


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """Settings of `python -m tests.browser.bench_runtimes`."""

    run: Path = Path("small-web")
    """Run folder of a student, or the name of released weights."""
    sides: tuple[int, ...] = (256, 512, 1024)
    """Sides of the square pictures to double, in pixels."""
    repeats: int = 20
    """Timed runs of each, after three that are not counted."""
    first_only: bool = False
    """Measure nothing but the first result after the page has loaded."""


def main(config: BenchConfig) -> None:
    """Run the command."""
    network, _ = load_network(config.run)
    macs = macs_per_output_pixel(network) * network.scale**2
    table = Table("size", "", "runs", "median ms", "Mpx/s", "GMAC/s", "times TF.js")
    with tempfile.TemporaryDirectory() as temporary, open_browser() as browser:
        site = _build(config.run, Path(temporary))
        with served(site) as address:
            if not config.first_only:
                page = browser.new_page()
                page.goto(f"{address}index.html")
                page.evaluate(_START, _OPTIONS)
                for side in config.sides:
                    _add_rows(table, page, side, macs * side**2, config.repeats)
                page.close()
            first = _first_results(browser, address, config.repeats)
    if not config.first_only:
        Console(width=100).print(table)
    slow = first["TF.js wasm"]
    for name, milliseconds in first.items():
        ratio = milliseconds / slow
        Console().print(f"first result, {name}: {milliseconds:.0f} ms, {ratio:.2f} of TF.js's")


def _build(run: Path, folder: Path) -> Path:
    for form in ("compact", "tfjs"):
        command = [sys.executable, "-m", f"export.{form}", "--run", str(run), "--no-browser"]
        done = subprocess.run(
            [*command, "--out", str(folder / form)], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise UserError(done.stderr.strip())
    subprocess.run(["node", _WEB_DEMO / "scripts/build.mjs", "--out", folder / "dist"], check=True)
    page = '<!doctype html><meta charset="utf-8"><body><script src="dist/halfsize.js"></script>'
    (folder / "index.html").write_text(page, encoding="utf-8")
    (folder / "first.html").write_text(_FIRST, encoding="utf-8")
    return folder


def _add_rows(table: Table, page: Page, side: int, macs: float, repeats: int) -> None:
    times: dict[str, list[float]] = {name: [] for name in _OPTIONS}
    for turn in range(repeats + 3):
        for name in times:
            milliseconds = page.evaluate(_TIME, [name, side])
            if turn >= 3:  # before that things compile, and helpers start
                times[name].append(milliseconds)
    peer = statistics.median(times["TF.js wasm"])
    for name, measured in times.items():
        median = statistics.median(measured)
        speed = (2 * side) ** 2 / 1000 / median
        figures = (f"{median:.1f}", f"{speed:.2f}", f"{macs / 1e6 / median:.1f}")
        table.add_row(f"{side} -> {2 * side}", name, str(repeats), *figures, f"{peer / median:.2f}")


def _first_results(browser: Browser, address: str, repeats: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in ("TF.js wasm", "wasm, 1 worker")}
    for _ in range(repeats):
        for name, measured in times.items():
            context = browser.new_context()  # with nothing cached
            page = context.new_page()
            page.goto(f"{address}first.html?{quote(json.dumps(_OPTIONS[name]))}")
            page.wait_for_function("window.first")
            measured.append(page.evaluate("window.first"))
            context.close()
    return {name: statistics.median(measured) for name, measured in times.items()}


if __name__ == "__main__":
    run_command(BenchConfig, main)
