"""Time the compact runtime and TF.js on one backend with one student, alternately.

All run in one browser, each from pixels to pixels as readers get them. Timings on a shared machine
drift, so only the ratio of medians within one run is worth quoting. Speeds are of pixels of the
result, so that students of several scales can be compared.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.table import Table

from export.check.browser import open_browser
from pixels.scale import enlarged_size
from plumbing.command import UserError, run_command
from plumbing.paths import WEB_DEMO
from teacher.networks.registry import Network, macs_per_output_pixel
from teacher.runs.folder import load_network
from tools.serving import served
from tools.timing import require_runs

Backend = Literal["wasm", "webgl2", "webgpu"]
_PEERS = {"wasm": "tfjs-wasm", "webgl2": "tfjs-webgl", "webgpu": "tfjs-webgpu"}
_PEER, _ONE_WORKER = "TF.js", "1 worker"
_REST_SECONDS = 0.6  # the page before is still being torn down otherwise
_NOW, _BEFORE = "index.html", "before.html"
"""Pages with today's scripts, and with those of an earlier build."""

_START = """
async ([name, model, settings]) => {
  window.ours ??= {};
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

    run: Path = Path("small-fine")
    """Run folder of a student, or the name of released weights."""
    backend: Backend = "wasm"
    """Backend of both."""
    sides: tuple[int, ...] = (256, 512, 1024)
    """Sides of the square pictures to enlarge, in pixels."""
    repeats: int = 20
    """Timed runs of each, after three warm-ups."""
    also: tuple[Path, ...] = ()
    """Further students to time in the compact runtime, of any scale."""
    before: Path | None = None
    """`web_demo/dist` of an earlier state, to time its compact runtime with the same student."""
    first_only: bool = False
    """Measure only the first result after the page has loaded; for WebAssembly."""

    def __post_init__(self) -> None:
        require_runs(self.sides, repeats=self.repeats)
        if self.first_only and self.backend != "wasm":
            raise ValueError(f"first-only is for the backend wasm, got {self.backend}")
        if self.before is not None and not (self.before / "halfsize.js").is_file():
            raise ValueError(f"--before {self.before} has no halfsize.js: build it there first")

    def contenders(self, networks: Sequence[Network]) -> list[_Contender]:
        """List all that is timed, given the networks of `run` and `also`."""
        network, *others = networks
        one = {"backend": self.backend, "workers": 1}
        ours = _Contender(_ONE_WORKER, "compact/model.halfsize", one, network)
        listed = [_Contender(_PEER, "tfjs/", {"backend": _PEERS[self.backend]}, network), ours]
        if self.backend == "wasm":
            listed.append(replace(ours, name="2 workers", settings={**one, "workers": 2}))
        if self.before is not None:
            listed.append(replace(ours, name="1 worker, before", page=_BEFORE))
        for number, (run, other) in enumerate(zip(self.also, others, strict=True)):
            model = f"also-{number}/model.halfsize"
            listed.append(_Contender(f"{run.name}, 1 worker", model, one, other))
        return listed


@dataclass(frozen=True)
class _Contender:
    name: str
    model: str
    settings: dict[str, Any]
    network: Network
    page: str = _NOW


def main(config: RuntimesBenchConfig) -> None:
    """Run the command."""
    networks = [load_network(run)[0] for run in (config.run, *config.also)]
    contenders = config.contenders(networks)
    title = f"{config.repeats} runs of each, in turns"
    table = Table("size", "", "median ms", "Mpx/s", "GMAC/s", "times TF.js", title=title)
    with tempfile.TemporaryDirectory() as temporary, open_browser() as browser:
        site = _build(config, Path(temporary))
        with served(site) as address:
            if not config.first_only:
                _print_turns(table, browser, address, contenders, config)
            if config.backend == "wasm":
                _print_first_results(browser, address, contenders, config.repeats)


def _build(config: RuntimesBenchConfig, folder: Path) -> Path:
    forms = [("compact", config.run, "compact"), ("tfjs", config.run, "tfjs")]
    forms += [("compact", run, f"also-{number}") for number, run in enumerate(config.also)]
    for form, run, name in forms:
        command = [sys.executable, "-m", f"export.{form}", "--run", str(run), "--no-browser"]
        done = subprocess.run(
            [*command, "--out", str(folder / name)], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise UserError(done.stderr.strip())
    subprocess.run(["node", WEB_DEMO / "scripts/build.mjs", "--out", folder / "dist"], check=True)
    page = '<!doctype html><meta charset="utf-8"><body><script src="dist/halfsize.js"></script>'
    (folder / _NOW).write_text(page, encoding="utf-8")
    if config.before is not None:
        shutil.copytree(config.before, folder / "before")
        (folder / _BEFORE).write_text(page.replace("dist/", "before/"), encoding="utf-8")
    (folder / "first.html").write_text(_FIRST, encoding="utf-8")
    return folder


def _print_turns(
    table: Table,
    browser: Browser,
    address: str,
    contenders: Sequence[_Contender],
    config: RuntimesBenchConfig,
) -> None:
    pages: dict[str, Page] = {}
    for one in contenders:
        if one.page not in pages:
            pages[one.page] = browser.new_page()
            pages[one.page].goto(f"{address}{one.page}")
        pages[one.page].evaluate(_START, [one.name, one.model, one.settings])
    for side in config.sides:
        times: list[list[float]] = [[] for _ in contenders]
        for turn in range(config.repeats + 3):
            for one, measured in zip(contenders, times, strict=True):
                milliseconds = pages[one.page].evaluate(_TIME, [one.name, side])
                if turn >= 3:  # before that things compile, and helpers start
                    measured.append(milliseconds)
        _add_rows(table, side, contenders, [statistics.median(measured) for measured in times])
    for page in pages.values():
        page.close()
    Console(width=100).print(table)


def _add_rows(
    table: Table, side: int, contenders: Sequence[_Contender], medians: Sequence[float]
) -> None:
    """Add a row for each; the first one is TF.js."""
    made = [_enlarged(side, one.network.scale) ** 2 for one in contenders]
    peer = made[0] / medians[0]
    for one, pixels, median in zip(contenders, made, medians, strict=True):
        speed = pixels / median
        macs = macs_per_output_pixel(one.network) * speed
        figures = (f"{median:.1f}", f"{speed / 1e3:.2f}", f"{macs / 1e6:.1f}")
        sizes = f"{side} -> {_enlarged(side, one.network.scale)}"
        table.add_row(sizes, one.name, *figures, f"{speed / peer:.2f}")


def _enlarged(side: int, scale: Fraction) -> int:
    return enlarged_size((side, side), scale)[0]


def _print_first_results(
    browser: Browser, address: str, contenders: Sequence[_Contender], repeats: int
) -> None:
    options: dict[str, tuple[str, dict[str, Any]]] = {
        one.name: (one.model, one.settings)
        for one in contenders
        if one.name in (_PEER, _ONE_WORKER)
    }
    model, settings = options[_ONE_WORKER]
    options["on the page's own thread"] = (model, {**settings, "place": "page"})
    times: dict[str, list[float]] = {name: [] for name in options}
    for _ in range(repeats):
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
