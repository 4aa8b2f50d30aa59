"""A page with the library, and models beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route
from skimage import data

from tests.browser.library.pages import Opener
from tests.browser.stand_in import golden_of, write_stand_in
from tests.made.runs import MadeChain
from tools.serving import served


@pytest.fixture(scope="module")
def library_site(site: Path, chain: MadeChain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built files with the stand-in model, models of golden vectors, a student and a photo."""
    folder = tmp_path_factory.mktemp("library") / "site"
    shutil.copytree(site, folder)
    shutil.copytree(chain.page_model, folder / "student")
    write_stand_in(folder / "stand-in")
    write_stand_in(folder / "golden", golden=golden_of([0, 255, 51]))
    write_stand_in(folder / "lying", golden=golden_of([0, 255, 51], error=0.25))
    Image.fromarray(data.chelsea()[:60, :90]).save(folder / "photo.png")
    return folder


@pytest.fixture
def opener(browser: Browser, library_site: Path) -> Iterator[Opener]:
    """Opens the page with the library; `hook` is put before every worker's script."""
    contexts = []
    servers = []

    def open_page(*, hook: str = "", **headers: str) -> Page:
        server = served(library_site, **headers)
        address = server.__enter__()
        servers.append(server)
        context = browser.new_context()
        contexts.append(context)
        if hook:

            def hooked(route: Route) -> None:
                script = library_site / "dist" / Path(urlsplit(route.request.url).path).name
                body = hook + script.read_text(encoding="utf-8")
                route.fulfill(content_type="text/javascript", body=body)

            context.route("**/engine-*.js*", hooked)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{address}blank.html")
        return page

    yield open_page
    for context in contexts:
        context.close()
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture
def page(opener: Opener) -> Page:
    return opener()
