"""Published photos in a browser: the sample page, opened from disk, and a page with widths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser
from skimage import data

from plumbing.paths import WEB_DEMO
from tests.made.commands import command_here
from tests.made.published import MANY_PHOTOS
from tests.made.students import write_bilinear_student
from tests.missing import require_page_library
from tools.serving import served

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


@pytest.fixture(scope="module")
def in_widths(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a page of two photos: one is reduced in each width, one in none."""
    require_page_library()
    folder = tmp_path_factory.mktemp("widths")
    (folder / "photos").mkdir()
    grey = Image.fromarray(data.chelsea()).convert("L").convert("RGB").resize((300, 200))
    grey.save(folder / "photos" / "grey.png")
    rocket = Image.fromarray(data.rocket()).resize((300, 200))
    rocket.save(folder / "photos" / "rocket.png")
    finished = command_here(
        *("export.publish", folder / "photos", "--model", RELEASED, "--out", folder / "site"),
        *("--quality", "50", "--codecs", "WEBP", "JPEG", "--jobs", "1", *MANY_PHOTOS),
        *("--widths", "96", "150", "own", "--sizes", "100vw"),
    )
    assert finished.status == 0, finished.errors
    manifest = json.loads((folder / "site" / "manifest.json").read_text())
    photos = "".join(
        photo["html"].replace("{alt}", name).replace("<half-size", "<half-size always")
        for name, photo in manifest["photos"].items()
    )
    (folder / "site" / "page.html").write_text(
        "<!doctype html><style>body { margin: 0 } img { width: 100%; height: auto }</style>"
        f'{photos}<script defer src="{manifest["script"]}"></script>'
    )
    return folder / "site"


@pytest.mark.parametrize(("viewport", "density"), [(96, 1), (150, 2)])
def test_of_each_width_exactly_what_is_reduced_is_restored(
    browser: Browser, in_widths: Path, viewport: int, density: int
) -> None:
    manifest = json.loads((in_widths / "manifest.json").read_text())
    context = browser.new_context(
        viewport={"width": viewport, "height": 600}, device_scale_factor=density
    )
    page = context.new_page()
    page.add_init_script(
        """window.told = {};
        for (const type of ['upscaled', 'skipped', 'error']) {
            addEventListener(type, ({ target, detail }) => {
                told[target.querySelector('img').alt] =
                    detail?.reason ?? detail?.message ?? [detail.width, detail.height];
            }, true);
        }"""
    )
    restored: list[object] = []
    with served(in_widths) as address:
        page.goto(f"{address}page.html")
        for name, photo in manifest["photos"].items():
            img = page.get_by_alt_text(name)
            img.scroll_into_view_if_needed()
            img.evaluate("(img) => img.decode()")
            source = str(img.evaluate("(img) => img.currentSrc"))
            (width,) = (one for one in photo["widths"] if source.endswith(one["file"]))
            wanted = viewport * density
            if wanted in [one["width"] for one in photo["widths"]]:  # otherwise, one that is near
                assert width["width"] == wanted
            if "<half-size" in photo["html"]:
                page.wait_for_function("(name) => name in told", arg=name)
                size = [width["width"], width["height"]]
                expected = size if width["form"] == "reduced" else "full-size"
                assert page.evaluate("(name) => told[name]", name) == expected
                restored += [size] if width["form"] == "reduced" else []
            box = img.bounding_box()
            assert box and (box["width"], round(box["height"])) == (viewport, viewport * 2 // 3)
    context.close()
    assert restored
