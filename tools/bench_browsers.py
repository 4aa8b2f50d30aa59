"""Time the WebAssembly engine in Chromium, Firefox and WebKitGTK, in turns.

One page is open in each browser, and one of them works at a time, from pixels to pixels. Timings on
a shared machine drift, so only the ratios of medians within one run are worth quoting.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Error, Playwright, sync_playwright
from rich.console import Console
from rich.table import Table

from export.check.browser import NO_BROWSER, find_browser
from export.install_browser import NO_FIREFOX, find_firefox
from plumbing.command import UserError, run_command
from plumbing.paths import WEB_DEMO
from tools.mini_browser import open_mini_browser
from tools.serving import served
from tools.timing import require_runs

_WARM_UPS = 5
_BASE = "Chromium"

# Bodies of functions of `args`.
_START = """
  const [model, workers] = args;
  await new Promise((resolve, reject) => {
    const script = document.createElement('script');
    Object.assign(script, { src: 'dist/halfsize.js', onload: resolve, onerror: reject });
    document.head.append(script);
  });
  window.halfsize = await Halfsize.load(model, { backend: 'wasm', workers });
  return halfsize.checked;
"""

_TIME = """
  const [side] = args;
  const image = new ImageData(side, side);
  for (let i = 0; i < image.data.length; i++)
    image.data[i] = i % 4 === 3 ? 255 : 128 + 90 * Math.sin(i / 97) + 30 * Math.random();
  const started = performance.now();
  await halfsize.upscale(image, { output: 'imagedata' });
  return performance.now() - started;
"""

_Page = Callable[[str, list[Any]], Any]


@dataclass(frozen=True, kw_only=True)
class BrowsersBenchConfig:
    """Settings of `python -m tools.bench_browsers`."""

    model: str = "small-fine"
    """Folder in `web_demo/models`."""
    sides: tuple[int, ...] = (256, 512)
    """Sides of the square pictures to double, in pixels."""
    workers: int = 1
    """Workers that share a picture."""
    repeats: int = 20
    """Timed runs of each, after five to warm up."""

    def __post_init__(self) -> None:
        require_runs(self.sides, repeats=self.repeats, workers=self.workers)


def main(config: BrowsersBenchConfig) -> None:
    """Run the command."""
    if not (WEB_DEMO / "dist" / "halfsize.js").is_file():
        raise UserError("web_demo/dist is not built: run `make web` first")
    table = Table("size", "browser", "version", "runs", "median ms", f"times {_BASE}")
    with served(WEB_DEMO) as address, ExitStack() as stack:
        pages = {}
        for name, version, page in stack.enter_context(_pages(address)):
            if not page(_START, [f"models/{config.model}/", config.workers]):
                raise UserError(f"{config.model} has no golden vectors to be checked against")
            pages[name] = (version, page)
        for side in config.sides:
            times: dict[str, list[float]] = {name: [] for name in pages}
            for turn in range(_WARM_UPS + config.repeats):
                for name, (_, page) in pages.items():
                    milliseconds = page(_TIME, [side])
                    if turn >= _WARM_UPS:
                        times[name].append(milliseconds)
            base = statistics.median(times[_BASE])
            for name, (version, _) in pages.items():
                median = statistics.median(times[name])
                figures = (f"{median:.1f}", f"{median / base:.2f}")
                table.add_row(f"{side} -> {2 * side}", name, version, str(config.repeats), *figures)
    Console(width=100).print(table)


@contextmanager
def _pages(address: str) -> Iterator[list[tuple[str, str, _Page]]]:
    """Open a page of the site in each browser: name, version, and what runs a body on the page."""
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        pages = []
        for name, start in (("Chromium", _chromium), ("Firefox", _firefox)):
            try:
                browser = start(playwright)
            except Error as error:
                raise UserError(
                    f"{name} does not start: {error.message.splitlines()[0]}"
                ) from error
            stack.callback(browser.close)
            pages.append((name, browser.version, _run_by_playwright(browser, address)))
        mini = stack.enter_context(open_mini_browser())
        mini.open(f"{address}page.css")  # any document of this origin
        pages.append(("WebKitGTK", mini.version, lambda body, args: mini.run(body, *args)))
        yield pages


def _chromium(playwright: Playwright) -> Browser:
    path = find_browser(playwright.chromium)
    if path is None:
        raise UserError(NO_BROWSER)
    # As root (in containers) Chromium starts only without its sandbox.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=root)


def _firefox(playwright: Playwright) -> Browser:
    path = find_firefox()
    if path is None:
        raise UserError(NO_FIREFOX)
    # As it is distributed: playwright has builds of its own.
    return playwright.firefox.launch(channel="moz-firefox", executable_path=path)


def _run_by_playwright(browser: Browser, address: str) -> _Page:
    page = browser.new_page()
    page.goto(f"{address}page.css")
    return lambda body, args: page.evaluate(f"async (args) => {{ {body} }}", args)


if __name__ == "__main__":
    run_command(BrowsersBenchConfig, main)
