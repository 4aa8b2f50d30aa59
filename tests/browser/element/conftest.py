"""A site with the element, a model that can be written down by hand, and pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from skimage import data

from tests.browser.element.pages import LISTEN
from tests.browser.stand_in import write_stand_in
from tests.made.runs import MadeChain
from tools.serving import served


@pytest.fixture(scope="session")
def element_site(site: Path, chain: MadeChain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("element") / "site"
    shutil.copytree(site, folder)
    write_stand_in(folder / "stand-in")
    photo = Image.fromarray(data.chelsea()[:60, :90])
    photo.save(folder / "photo.png")
    photo.save(folder / "moving.gif")
    frames = {"save_all": True, "append_images": [photo.rotate(180)], "duration": 100}
    photo.save(folder / "moving.webp", **frames)
    photo.save(folder / "moving.png", **frames)
    photo.resize((180, 120)).save(folder / "wide.png")
    shutil.copytree(chain.page_model, folder / "real")
    Image.fromarray(np.full((60, 90, 3), 200, np.uint8)).save(folder / "grey.png")
    return folder


@pytest.fixture
def page(browser: Browser, element_site: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 800, "height": 600})
    with served(element_site) as address:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.add_init_script(LISTEN)
        page.goto(f"{address}photo.png")  # any document of this origin
        yield page
    context.close()
