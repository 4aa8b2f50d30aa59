"""What docs/use-on-a-site.md tells readers to write is written, built and opened."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.made.runs import ROOT, MadeChain
from tools.integration import write_photo
from tools.serving import served
from tools.sites.listings import listings, write_named
from tools.sites.packages import install

pytestmark = pytest.mark.browser

_WEB_DEMO = ROOT / "web_demo"
_VITE = _WEB_DEMO / "node_modules" / "vite" / "bin" / "vite.js"


def always(markup: str) -> str:
    """Have the element work however slow the machine is on which this is tested."""
    assert "<half-size>" in markup
    return markup.replace("<half-size>", "<half-size always>")


def require_upscaled(browser: Browser, address: str) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    page.wait_for_function(
        "['upscaled', 'error', 'skipped'].includes("
        "document.querySelector('half-size')?.getAttribute('state'))",
        timeout=120_000,
    )
    assert page.locator("half-size").get_attribute("state") == "upscaled", problems
    assert "blob:" in page.locator("half-size img").evaluate(
        "(img) => getComputedStyle(img).content"
    )
    assert problems == []
    page.close()


def test_plain_html(browser: Browser, site: Path, chain: MadeChain, tmp_path: Path) -> None:
    element, by_hand = listings("Plain HTML")
    shutil.copytree(site / "dist", tmp_path / "halfsize")
    shutil.copytree(chain.page_model, tmp_path / "models" / "nano")
    write_photo(tmp_path)
    (tmp_path / "element.html").write_text(f"<!doctype html>{always(element)}", encoding="utf-8")
    photo = '<img src="photo-half.webp" alt="">'
    (tmp_path / "hand.html").write_text(f"<!doctype html>{photo}{by_hand}", encoding="utf-8")
    with served(tmp_path) as address:
        require_upscaled(browser, f"{address}element.html")
        page = browser.new_page()
        page.goto(f"{address}hand.html")
        canvas = page.wait_for_selector("canvas", timeout=120_000)
        assert canvas and canvas.evaluate("(it) => [it.width, it.height]") == [180, 120]
        page.close()


@pytest.fixture(scope="module")
def project(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as the document describes it, with the packed package installed by npm."""
    project = tmp_path_factory.mktemp("project")
    install(project, tarball, offline=True)
    assert not (project / "node_modules" / "halfsize").is_symlink()
    assert write_named("Vite", project) == ["main.ts", "vite.config.ts"]
    (element, *_) = listings("Plain HTML")
    markup = always(element.partition("<script")[0])
    (project / "index.html").write_text(
        f'<!doctype html><body>{markup}<script type="module" src="/main.ts"></script></body>',
        encoding="utf-8",
    )
    write_photo(project / "public")
    return project


def test_a_page_without_a_bundler(browser: Browser, project: Path) -> None:
    (listing,) = listings("npm without a bundler")
    write_photo(project)
    (project / "plain.html").write_text(f"<!doctype html>{always(listing)}", encoding="utf-8")
    with served(project) as address:
        require_upscaled(browser, f"{address}plain.html")


def test_vite_builds_it(browser: Browser, project: Path) -> None:
    done = subprocess.run(
        ["node", _VITE, "build"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assets = sorted(path.name for path in (project / "dist" / "assets").iterdir())
    # For WebAssembly, WebGL 2 and WebGPU: floats and whole numbers, each also for transparency.
    assert sum(name.startswith("engine-") for name in assets) == 12, assets
    assert sum(name.endswith(".halfsize") for name in assets) == 1, assets
    with served(project / "dist") as address:
        require_upscaled(browser, address)


@contextmanager
def vite_server(project: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["node", _VITE, "--host", "127.0.0.1", "--port", str(port), "--strictPort"]
    server = subprocess.Popen(
        command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(600):
            assert server.poll() is None, "Vite's server has stopped"
            try:
                urllib.request.urlopen(address, timeout=60).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def test_vites_development_server_serves_it(browser: Browser, project: Path) -> None:
    with vite_server(project) as address:
        require_upscaled(browser, address)


@pytest.mark.parametrize("name", ["halfsize.mjs", "half-size.mjs"])
def test_importing_it_on_a_server_is_harmless(site: Path, name: str) -> None:
    module = (site / "dist" / name).as_uri()
    program = f"const it = await import({module!r}); it.defineHalfSize(); console.log('fine')"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")
