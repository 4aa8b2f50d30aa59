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
from PIL import Image
from playwright.sync_api import Browser
from skimage import data

from tests.made.runs import ROOT, MadeChain
from tools.listings import listings, write_named
from tools.serving import served

pytestmark = pytest.mark.browser

_WEB_DEMO = ROOT / "web_demo"
_VITE = _WEB_DEMO / "node_modules" / "vite" / "bin" / "vite.js"


def always(markup: str) -> str:
    """Have the element work however slow the machine is on which this is tested."""
    assert "<half-size>" in markup
    return markup.replace("<half-size>", "<half-size always>")


def write_public(folder: Path, model: Path) -> None:
    """Put the model and the photo where the document says that they are."""
    shutil.copytree(model, folder / "models" / "nano")
    Image.fromarray(data.chelsea()[:60, :90]).save(folder / "photo-half.webp")


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
    write_public(tmp_path, chain.page_model)
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


@pytest.fixture
def vite_project(site: Path, chain: MadeChain, tmp_path: Path) -> Path:
    """A project as the document describes it, with the built package in its node_modules."""
    package = tmp_path / "node_modules" / "halfsize-web"
    shutil.copytree(site / "dist", package / "dist")
    shutil.copy(_WEB_DEMO / "package.json", package)
    assert write_named("Vite", tmp_path) == ["main.ts", "vite.config.ts"]
    (element, *_) = listings("Plain HTML")
    markup = always(element.partition("<script")[0])
    (tmp_path / "index.html").write_text(
        f'<!doctype html><body>{markup}<script type="module" src="/main.ts"></script></body>',
        encoding="utf-8",
    )
    (tmp_path / "public").mkdir()
    write_public(tmp_path / "public", chain.page_model)
    return tmp_path


def test_vite_builds_it(browser: Browser, vite_project: Path) -> None:
    done = subprocess.run(
        ["node", _VITE, "build"], cwd=vite_project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    copied = sorted(path.name for path in (vite_project / "dist" / "assets").glob("engine-*"))
    assert len(copied) == 10, copied  # six of the compact runtime, four of TF.js
    with served(vite_project / "dist") as address:
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


def test_vites_development_server_serves_it(browser: Browser, vite_project: Path) -> None:
    with vite_server(vite_project) as address:
        require_upscaled(browser, address)


@pytest.mark.parametrize("name", ["halfsize.mjs", "half-size.mjs"])
def test_importing_it_on_a_server_is_harmless(site: Path, name: str) -> None:
    module = (site / "dist" / name).as_uri()
    program = f"const it = await import({module!r}); it.defineHalfSize(); console.log('fine')"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")
