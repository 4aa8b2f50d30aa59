"""A built page with a really trained model in it, and a browser to open it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from export.check.local_runtimes import run_onnx
from export.onnx.translate import to_onnx
from plumbing.paths import WEB_DEMO
from teacher.networks.chain import Chain
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.compact_file import FILE, read_compact
from tests.browser.driver import Driver
from tests.made.runs import MadeChain
from tests.made.workers import made_once
from tests.missing import require_page_library
from tools.serving import served
from tools.sites.packages import pack

Reference = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, chain: MadeChain) -> Path:
    """The built page as it is shipped, with the student in it; for reading only.

    It is built once for all tests of all workers. A test that changes a file copies the folder.
    """
    place = Path("some path", "demo")  # spaces are part of real paths

    def make(folder: Path) -> None:
        page = folder / place
        page.mkdir(parents=True)
        for name in ("index.html", "page.css"):
            shutil.copy(WEB_DEMO / name, page)
        models = chain.page_model.parent
        build = ["node", WEB_DEMO / "scripts/build.mjs", "--models", models, "--out", page / "dist"]
        subprocess.run(build, check=True)
        scripts = [f'<script src="dist/{name}.js"></script>' for name in ("models", "halfsize")]
        blank = f"<!doctype html><body>{''.join(scripts)}</body>"
        (page / "blank.html").write_text(blank, encoding="utf-8")

    return made_once(tmp_path_factory, "page", make) / place


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory, chain: MadeChain) -> Path:
    """The npm package `halfsize`, packed from what `make web` built.

    After the chain, which builds the page anew.
    """
    require_page_library()

    def make(folder: Path) -> None:
        pack(folder)

    (packed,) = made_once(tmp_path_factory, "package", make).glob("*.tgz")
    return packed


@pytest.fixture(scope="session")
def reference(chain: MadeChain, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Enlarge RGB bytes with ONNX Runtime in float32, the whole picture at once."""
    path = tmp_path_factory.mktemp("reference") / "model.onnx"
    weights = read_compact(chain.page_model / FILE).weights
    assert isinstance(weights, ChainWeights)
    path.write_bytes(to_onnx(Chain.of(weights)).SerializeToString())
    run = run_onnx(path)

    def enlarge(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        batch = picture.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        result = run(batch)[0].transpose(1, 2, 0)
        return np.floor(np.clip(result, 0, 1) * 255 + 0.5).astype(np.uint8)

    return enlarge


@pytest.fixture(scope="session")
def http_address(site: Path) -> Iterator[str]:
    """The page served over HTTP below a path, as any static host does it."""
    with served(site.parent.parent) as address:
        yield f"{address}{quote(site.relative_to(site.parent.parent).as_posix())}/"


@pytest.fixture
def demo(browser: Browser, site: Path) -> Iterator[Driver]:
    """A fresh page on which nothing may go wrong unseen."""
    context = browser.new_context()
    driver = Driver(context.new_page())
    yield driver
    context.close()
    assert driver.problems == []
