"""Install the packed npm package in projects of docs/use-on-a-site.md, build and open them.

This is a part of `make integration`. Next.js and others are installed from the network, into
folders that are deleted afterwards: too slow for every run of the tests, which do the same for
pages without a bundler and for Vite.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page
from rich.console import Console
from skimage import data

from export.check.browser import open_browser
from plumbing.command import UserError, run_command
from tools.serving import served
from tools.sites.listings import listings, write_named
from tools.sites.packages import install, pack, run_in

_TYPESCRIPT = {"typescript": "5.9.3"}
NEXT = {
    "next": "16.4.6",
    "react": "19.3.1",
    "react-dom": "19.3.1",
    "@types/node": "20.19.43",
    "@types/react": "19.3.0",
    **_TYPESCRIPT,
}
_WEBPACK = {"webpack": "5.113.0", "webpack-cli": "7.3.1", "ts-loader": "9.6.2", **_TYPESCRIPT}
_FRAMEWORKS = {
    "react": "19.3.1",
    "@types/react": "19.3.0",
    "preact": "11.2.0",
    "solid-js": "1.9.20",
    "vue": "3.5.45",
    "svelte": "5.57.3",
    "vite": "8.3.8",
    "@types/node": "20.19.43",
    **_TYPESCRIPT,
}
_STARTS_WITHIN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class IntegrationConfig:
    """Settings of `python -m tools.integration`."""

    only: tuple[Literal["Next.js", "webpack", "TF.js", "types"], ...] = ()
    """Projects to make; all by default."""


def main(config: IntegrationConfig) -> None:
    """Run the command."""
    projects: dict[str, Callable[[Path, Path, Browser], None]] = {
        "Next.js": _next,
        "webpack": _webpack,
        "TF.js": _tfjs,
        "types": _types,
    }
    with tempfile.TemporaryDirectory() as temporary, open_browser() as browser:
        tarball = pack(Path(temporary) / "packed")
        for name, make in projects.items():
            if config.only and name not in config.only:
                continue
            project = Path(temporary) / name
            project.mkdir()
            make(project, tarball, browser)
            Console().print(f"{name}: done", highlight=False)


def write_photo(folder: Path) -> None:
    """Write the half-size photo of the documents' pages."""
    folder.mkdir(exist_ok=True)
    Image.fromarray(data.chelsea()[:60, :90]).save(folder / "photo-half.webp")


def _next(project: Path, tarball: Path, browser: Browser) -> None:
    names = write_named("Next.js", project)
    if names != ["app/halfsize.tsx", "app/layout.tsx", "app/page.tsx"]:
        raise UserError(f"docs/use-on-a-site.md names other files than expected: {names}")
    # The element must work however slow this machine is.
    page = project / "app" / "page.tsx"
    page.write_text(page.read_text().replace("<half-size>", "<half-size always>"))
    write_photo(project / "public")
    install(project, tarball, packages=NEXT)
    run_in(project, ["npx", "next", "build"], NEXT_TELEMETRY_DISABLED="1")
    with next_server(project) as address:
        require_upscaled(browser, address, "Next.js")


def _webpack(project: Path, tarball: Path, browser: Browser) -> None:
    write_named("Vite", project)  # webpack takes its main.ts
    (project / "vite.config.ts").unlink()
    (element, *_) = listings("Plain HTML")
    markup = element.partition("<script")[0].replace("<half-size>", "<half-size always>")
    (project / "dist").mkdir()
    (project / "dist" / "index.html").write_text(
        f'<!doctype html><body>{markup}<script src="main.js"></script></body>', encoding="utf-8"
    )
    write_photo(project / "dist")
    (project / "tsconfig.json").write_text(
        '{ "compilerOptions": { "module": "ESNext", "moduleResolution": "Bundler", "strict": true,'
        ' "lib": ["ES2022", "DOM"], "target": "ES2022" }, "include": ["main.ts"] }'
    )
    (project / "webpack.config.js").write_text(
        "export default { mode: 'production', entry: './main.ts', devtool: false,"
        " module: { rules: [{ test: /\\.ts$/, use: 'ts-loader' }] } };\n"
    )
    install(project, tarball, packages=_WEBPACK)
    run_in(project, ["npx", "webpack"])
    with served(project / "dist") as address:
        require_upscaled(browser, address, "webpack")


def _tfjs(project: Path, tarball: Path, browser: Browser) -> None:
    """A page of Vite that asks for an engine of TF.js, from its own package."""
    write_named("Vite", project)
    main = project / "main.ts"
    main.write_text(f"import 'halfsize-tfjs';\n{main.read_text()}")
    (element, *_) = listings("Plain HTML")
    markup = element.partition("<script")[0].replace(
        "<half-size>", '<half-size backend="tfjs-wasm">'
    )
    (project / "index.html").write_text(
        f'<!doctype html><body>{markup}<script type="module" src="/main.ts"></script></body>',
        encoding="utf-8",
    )
    write_photo(project / "public")
    engines = pack(tarball.parent, only="halfsize-tfjs")
    install(project, tarball, engines, packages={"vite": "8.3.8"})
    run_in(project, ["npx", "vite", "build"])
    with served(project / "dist") as address:
        require_upscaled(browser, address, "Vite with TF.js")


_FRAMEWORK_FILES = {
    "react": """/** @jsxImportSource react */
import type {} from 'halfsize/react';
export const page = (
  <half-size model="a 2x" backend="wasm" always frugal={false} className="photo"
    onupscaled={({ detail }) => detail.width.toFixed()}
    onskipped={({ detail }) => detail.reason === 'full-size'}>
    <img src="a.webp" alt="" />
  </half-size>
);
// @ts-expect-error there is no such backend
export const wrong = <half-size backend="abacus" />;
""",
    "preact": """/** @jsxImportSource preact */
import type {} from 'halfsize/preact';
export const page = (
  <half-size model="a" always class="photo" onupscaled={({ detail }) => detail.width.toFixed()}>
    <img src="a.webp" alt="" />
  </half-size>
);
// @ts-expect-error there is no such backend
export const wrong = <half-size backend="abacus" />;
""",
    "solid": """/** @jsxImportSource solid-js */
import type {} from 'halfsize/solid';
export const page = (
  <half-size model="a" always class="photo" on:upscaled={({ detail }) => detail.width.toFixed()}>
    <img src="a.webp" alt="" />
  </half-size>
);
// @ts-expect-error there is no such backend
export const wrong = <half-size backend="abacus" />;
""",
    "vue": """/** @jsxImportSource vue */
import type {} from 'halfsize/vue';
import type { GlobalComponents } from 'vue';
type Props = InstanceType<GlobalComponents['half-size']>['$props'];
export const props: Props = { model: 'a', always: true, class: 'photo' };
export const page = (
  <half-size model="a" always onUpscaled={({ detail }) => detail.width.toFixed()}>
    <img src="a.webp" alt="" />
  </half-size>
);
// @ts-expect-error there is no such backend
export const wrong: Props = { backend: 'abacus' };
""",
    "svelte": """import type {} from 'halfsize/svelte';
import type { SvelteHTMLElements } from 'svelte/elements';
type Attributes = SvelteHTMLElements['half-size'];
export const page: Attributes = {
  model: 'a', always: true, class: 'photo', onupscaled: ({ detail }) => detail.width.toFixed(),
};
// @ts-expect-error there is no such backend
export const wrong: Attributes = { backend: 'abacus' };
""",
    "vite": """/// <reference types="halfsize/vite-client" />
import { defineConfig } from 'vite';
import halfsize from 'halfsize/vite';
import photo, { width } from 'virtual:photo/harbour.jpg';
export const html: string = photo('A harbour', { class: 'hero' }) + width.toFixed();
export default defineConfig({ plugins: [halfsize({ manifest: 'public/media/manifest.json' })] });
""",
}


def _types(project: Path, tarball: Path, browser: Browser) -> None:
    """Check the types for each framework, as bundlers resolve modules."""
    install(project, tarball, packages=_FRAMEWORKS)
    for name, text in _FRAMEWORK_FILES.items():
        (project / f"{name}.tsx").write_text(text, encoding="utf-8")
    options = ["--noEmit", "--strict", "--jsx", "preserve", "--target", "ES2022"]
    resolution = ["--module", "ESNext", "--moduleResolution", "Bundler"]
    # Declarations of the frameworks are not ours to check.
    skipped = ["--skipLibCheck", "--lib", "ES2022,DOM,DOM.Iterable"]
    files = [f"{name}.tsx" for name in _FRAMEWORK_FILES]
    run_in(project, ["npx", "tsc", *options, *resolution, *skipped, *files])


@contextmanager
def next_server(project: Path) -> Iterator[str]:
    """Serve a built project of Next.js while the context lasts; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    next_ = project / "node_modules" / "next" / "dist" / "bin" / "next"
    command = ["node", next_, "start", "--port", str(port), "--hostname", "127.0.0.1"]
    server = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        until = time.monotonic() + _STARTS_WITHIN_SECONDS
        while not _answers(address):
            if server.poll() is not None or time.monotonic() > until:
                raise UserError("the server of Next.js does not start")
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=30).close()
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def require_upscaled(browser: Browser, address: str, whose: str) -> Page:
    """Require that the first element of a page enlarges its picture; give the page, still open."""
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # The element must work however slow this machine is.
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => {"
        "for (const each of document.querySelectorAll('half-size')) each.setAttribute('always', '')"
        "});"
        "window.said = []; for (const type of ['skipped', 'error']) addEventListener(type,"
        "({ detail, target }) => target.localName === 'half-size' &&"
        "said.push(detail?.reason ?? String(detail)), true)"
    )
    page.goto(address)
    page.wait_for_function(
        "['upscaled', 'error', 'skipped'].includes("
        "document.querySelector('half-size')?.getAttribute('state'))",
        timeout=120_000,
    )
    state = page.locator("half-size").first.get_attribute("state")
    problems += page.evaluate("said")
    if state != "upscaled" or problems:
        raise UserError(f"on the page of {whose} the element ends as {state}: {problems}")
    return page


if __name__ == "__main__":
    run_command(IntegrationConfig, main)
