"""The sample page of published photos, opened from disk: every reduced photo is enlarged."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser
from skimage import data

from plumbing.paths import WEB_DEMO
from tests.made.commands import command_here
from tests.made.published import MANY_PHOTOS, require_page_library
from tests.made.students import write_bilinear_student

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]

RELEASED = WEB_DEMO / "models" / "small-fine"


@pytest.fixture(scope="module", params=["compact", "tfjs"])
def published(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Three photos, two of them soft, one too small to be reduced."""
    require_page_library()
    folder = tmp_path_factory.mktemp("published")
    (folder / "photos").mkdir()
    for name in ("chelsea", "rocket"):
        soft = Image.fromarray(getattr(data, name)()).resize((60, 50), Image.Resampling.BICUBIC)
        soft.resize((181, 150), Image.Resampling.BICUBIC).save(
            folder / "photos" / f"{name} <1>.png"
        )
    Image.fromarray(data.coffee()[100:130, 200:300]).save(folder / "photos" / "small.png")
    student = RELEASED if request.param == "compact" else write_bilinear_student(folder / "student")
    finished = command_here(
        *("export.publish", folder / "photos", "--model", student, "--out", folder / "a site"),
        *("--quality", "40", "--codecs", "WEBP", "JPEG", "--jobs", "1", *MANY_PHOTOS),
    )
    assert finished.status == 0, finished.errors
    return folder / "a site"


def test_every_half_size_photo_is_enlarged_from_disk(browser: Browser, published: Path) -> None:
    context = browser.new_context(viewport={"width": 900, "height": 3000})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.add_init_script(
        """window.failed = [];
        for (const kind of ['error', 'skipped']) {
            addEventListener(kind, (event) => failed.push(String(event.detail?.reason
                ?? event.detail)), true);
        }"""
    )
    page.goto((published / "sample.html").as_uri())
    page.wait_for_function(
        "failed.length || !document.querySelector('half-size:not([state=upscaled])')",
        timeout=120_000,
    )
    assert page.evaluate("failed") == []
    shown = page.evaluate(
        """() => [...document.querySelectorAll('img')].map((img) => ({
            half: img.closest('half-size') !== null,
            file: img.naturalWidth, width: img.width, height: img.height, alt: img.alt,
            painted: getComputedStyle(img).content.startsWith('image-set'),
        }))"""
    )
    context.close()
    assert problems == []
    halves = [entry for entry in shown if entry["half"]]
    assert [entry["alt"] for entry in halves] == ["chelsea <1>.png", "rocket <1>.png"]
    for entry in halves:
        assert entry["painted"]
        # The file has one column more than the photo, which is shown in its own size.
        assert (entry["file"], entry["width"], entry["height"]) == (91, 181, 150)
    # Beside each: full size, and the file as the browser enlarges it. The last one is sent whole.
    beside = [(181, 181), (91, 181)]
    others = [(entry["file"], entry["width"]) for entry in shown if not entry["half"]]
    assert others == [*beside, *beside, (100, 100)]
