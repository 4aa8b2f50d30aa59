"""A built page with a really trained model in it, and a browser to open it."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from export.check.browser import open_browser
from export.check.local_runtimes import run_onnx
from export.compact.file import FILE, read_compact
from export.onnx.translate import to_onnx
from plumbing.command import UserError
from plumbing.paths import WEB_DEMO
from tests.browser.driver import Driver
from tests.made.runs import MadeChain
from tests.made.workers import made_once

Reference = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def build_site(folder: Path, models: Path) -> Path:
    """Build the page into `folder` as it is shipped, with the export folders below `models`."""
    folder.mkdir(parents=True)
    for name in ("index.html", "page.css"):
        shutil.copy(WEB_DEMO / name, folder)
    subprocess.run(
        ["node", WEB_DEMO / "scripts/build.mjs", "--models", models, "--out", folder / "dist"],
        check=True,
    )
    scripts = "".join(f'<script src="dist/{name}.js"></script>' for name in ("models", "halfsize"))
    (folder / "blank.html").write_text(f"<!doctype html><body>{scripts}</body>", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, chain: MadeChain) -> Path:
    """The folder of the built page, with the student in it; for reading only."""

    def make(folder: Path) -> None:
        build_site(folder / "some path" / "demo", chain.page_model.parent)

    return made_once(tmp_path_factory, "page", make) / "some path" / "demo"


@pytest.fixture(scope="session")
def reference(chain: MadeChain, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Enlarge RGB bytes with ONNX Runtime in float32, the whole picture at once."""
    path = tmp_path_factory.mktemp("reference") / "model.onnx"
    path.write_bytes(to_onnx(read_compact(chain.page_model / FILE).network).SerializeToString())
    run = run_onnx(path)

    def enlarge(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        batch = picture.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        result = run(batch)[0].transpose(1, 2, 0)
        return np.floor(np.clip(result, 0, 1) * 255 + 0.5).astype(np.uint8)

    return enlarge


# Not for the whole session: the exporter's own tests start a browser in this process as well, and
# playwright allows one at a time.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless browser. Where CI is set, having none is a failure."""
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(open_browser())
        except UserError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
        yield opened


@pytest.fixture(scope="session")
def http_address(site: Path) -> Iterator[str]:
    """The page served over HTTP below a path, as any static host does it."""
    handler = functools.partial(QuietHandler, directory=site.parent.parent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = quote(site.relative_to(site.parent.parent).as_posix())
    yield f"http://127.0.0.1:{server.server_port}/{path}/"
    server.shutdown()
    server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without writing each to the terminal."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def demo(browser: Browser, site: Path) -> Iterator[Driver]:
    """A fresh page on which nothing may go wrong unseen."""
    context = browser.new_context()
    driver = Driver(context.new_page())
    yield driver
    context.close()
    assert driver.problems == []
