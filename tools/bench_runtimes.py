"""Time the compact runtime and TF.js on one backend with one student, alternately.

All run in one page, each from pixels to pixels as readers get them. Timings on a shared machine
drift, so only the ratio of medians within one run is worth quoting.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.table import Table

from export.check.browser import open_browser
from plumbing.command import UserError, run_command
from plumbing.paths import WEB_DEMO
from teacher.networks.registry import macs_per_output_pixel
from teacher.runs.folder import load_network
from tools.serving import served

Backend = Literal["wasm", "webgl2", "webgpu"]
_PEERS = {"wasm": "tfjs-wasm", "webgl2": "tfjs-webgl", "webgpu": "tfjs-webgpu"}
_PEER, _ONE_WORKER = "TF.js", "1 worker"
_REST_SECONDS = 0.6  # the page before is still being torn down otherwise
_Options = dict[str, tuple[str, dict[str, Any]]]

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

# The page works by itself, so that communication with this process is not measured: from its
# `load` event on, model and engine are fetched from this machine, compiled and run.
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
class RuntimesBenchConfig:
    """Settings of `python -m tools.bench_runtimes`."""

    run: Path = Path("small-web")
    """Run folder of a student, or the name of released weights."""
    backend: Backend = "wasm"
    """Backend of both."""
    sides: tuple[int, ...] = (256, 512, 1024)
    """Sides of the square pictures to double, in pixels."""
    repeats: int = 20
    """Timed runs of each, after three warm-ups."""
    first_only: bool = False
    """Measure only the first result after the page has loaded; for WebAssembly."""

    @property
    def options(self) -> _Options:
        """Model and settings of each contender."""
        ours = "compact/model.halfsize"
        options: _Options = {
            _PEER: ("tfjs/", {"backend": _PEERS[self.backend]}),
            _ONE_WORKER: (ours, {"backend": self.backend, "workers": 1}),
        }
        if self.backend == "wasm":
            options["2 workers"] = (ours, {"backend": "wasm", "workers": 2})
        return options


def main(config: RuntimesBenchConfig) -> None:
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
                page.evaluate(_START, config.options)
                for side in config.sides:
                    _add_rows(table, page, side, macs * side**2, config)
                page.close()
                Console(width=100).print(table)
            if config.backend == "wasm":
                _print_first_results(browser, address, config)


def _build(run: Path, folder: Path) -> Path:
    for form in ("compact", "tfjs"):
        command = [sys.executable, "-m", f"export.{form}", "--run", str(run), "--no-browser"]
        done = subprocess.run(
            [*command, "--out", str(folder / form)], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise UserError(done.stderr.strip())
    subprocess.run(["node", WEB_DEMO / "scripts/build.mjs", "--out", folder / "dist"], check=True)
    page = '<!doctype html><meta charset="utf-8"><body><script src="dist/halfsize.js"></script>'
    (folder / "index.html").write_text(page, encoding="utf-8")
    (folder / "first.html").write_text(_FIRST, encoding="utf-8")
    return folder


def _add_rows(
    table: Table, page: Page, side: int, macs: float, config: RuntimesBenchConfig
) -> None:
    times: dict[str, list[float]] = {name: [] for name in config.options}
    for turn in range(config.repeats + 3):
        for name in times:
            milliseconds = page.evaluate(_TIME, [name, side])
            if turn >= 3:  # before that things compile, and helpers start
                times[name].append(milliseconds)
    peer = statistics.median(times[_PEER])
    for name, measured in times.items():
        median = statistics.median(measured)
        speed = (2 * side) ** 2 / 1000 / median
        figures = (f"{median:.1f}", f"{speed:.2f}", f"{macs / 1e6 / median:.1f}")
        runs = str(config.repeats)
        table.add_row(f"{side} -> {2 * side}", name, runs, *figures, f"{peer / median:.2f}")


def _print_first_results(browser: Browser, address: str, config: RuntimesBenchConfig) -> None:
    model, settings = config.options[_ONE_WORKER]
    options = {
        **{name: config.options[name] for name in (_PEER, _ONE_WORKER)},
        "on the page's own thread": (model, {**settings, "place": "page"}),
    }
    times: dict[str, list[float]] = {name: [] for name in options}
    for _ in range(config.repeats):
        for name, measured in times.items():
            context = browser.new_context()  # with nothing cached
            page = context.new_page()
            page.goto(f"{address}first.html?{quote(json.dumps(options[name]))}")
            page.wait_for_function("window.first")
            measured.append(page.evaluate("window.first"))
            context.close()
            time.sleep(_REST_SECONDS)
    slow = statistics.median(times[_PEER])
    for name, measured in times.items():
        median = statistics.median(measured)
        Console().print(f"first result, {name}: {median:.0f} ms, {median / slow:.2f} of TF.js's")


if __name__ == "__main__":
    run_command(RuntimesBenchConfig, main)
