"""The page of tools.site_bench: the same for every way, with all that a visit downloads."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.made.commands import command_here
from tests.made.photos import photo
from tools.site_bench.page import CARD_SIZES, HERO_SIZES, PagePhoto, page
from tools.site_bench.visit import Viewport, visit


def written(folder: Path) -> Path:
    """A page with two photos, in two widths each, and a script."""
    shown = []
    for name in ("hero", "card"):
        for width in (100, 300):
            Image.fromarray(photo(2 * width // 3, width)).save(folder / f"{name}-{width}.png")
        srcset = f"{name}-100.png 100w, {name}-300.png 300w"
        html = f'<img srcset="{srcset}" sizes="auto" width="300" height="200" alt="">'
        shown.append(PagePhoto(name, html))
    (folder / "own.js").write_text("document.title = 'ran';" * 100, encoding="utf-8")
    (folder / "index.html").write_text(page(shown, script="own.js"), encoding="utf-8")
    return folder


def test_every_photo_says_how_wide_it_is_shown(tmp_path: Path) -> None:
    html = (written(tmp_path) / "index.html").read_text(encoding="utf-8")
    assert html.index(f'sizes="{HERO_SIZES}"') < html.index(f'sizes="{CARD_SIZES}"')
    assert html.count("sizes=") == 2


@pytest.mark.browser
def test_a_visit_counts_what_it_downloads_and_sees_device_pixels(
    tmp_path: Path, browser: Browser
) -> None:
    folder = written(tmp_path)
    visited = visit(browser, folder, Viewport("small", 240, 200, 1, 95))
    sizes = {name: (folder / name).stat().st_size for name in ("hero-300.png", "card-300.png")}
    assert visited.bytes_["photos"] == sum(sizes.values())  # no candidate of 100 pixels is enough
    script = (folder / "own.js").read_bytes()
    assert visited.bytes_["scripts"] == len(gzip.compress(script, 9, mtime=0))
    assert [one.shape for one in visited.seen] == [(160, 240, 3), (140, 210, 3)]
    assert all(np.std(one) > 5 for one in visited.seen)
    assert visited.states == []


def test_a_page_needs_a_hero_and_a_card(tmp_path: Path) -> None:
    done = command_here("tools.site_bench", tmp_path / "a.png", "--work", tmp_path)
    assert (done.status, "at least two" in done.errors) == (2, True)
