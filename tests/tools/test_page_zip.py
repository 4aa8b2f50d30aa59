"""The zip for a page that is made without any tool: what is in it, and that it works as it lies."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from plumbing.command import UserError
from plumbing.paths import ROOT
from tests.missing import require_page_library
from tools.packing import page_zip
from tools.packing.page_zip import MOST_BYTES, STUDENTS, build_zip
from tools.serving import served

_EPOCH = 1_800_000_000


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_page_library()
    return build_zip(ROOT, tmp_path_factory.mktemp("zip"), "1.2.3", _EPOCH)


@pytest.fixture(scope="module")
def unpacked(packed: Path) -> Path:
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(packed.parent)
    return packed.with_suffix("")


def test_it_holds_what_a_page_needs_and_is_small(packed: Path, unpacked: Path) -> None:
    assert packed.name == "halfsize-1.2.3.zip"
    assert packed.stat().st_size <= MOST_BYTES == 150_000
    names = {
        path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()
    }
    engines = {
        f"engine-{kind}{end}.js" for kind in ("wasm", "webgl2", "webgpu") for end in ("", "-alpha")
    }
    scripts = {"half-size.js", "halfsize.js", "halfsize-extras.js", "models.js", *engines}
    models = {
        f"models/{name}/{file}" for name in STUDENTS for file in ("halfsize.json", "model.halfsize")
    }
    inside = {f"halfsize/{name}" for name in (*scripts, *models)}
    assert names == inside | {"README.txt", "LICENSE", "CREDITS.txt", "sample.html"}
    readme = (unpacked / "README.txt").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 20
    for name in re.findall(r'"/(halfsize/[^" ]+)', readme):
        assert name in names
    credits_ = (unpacked / "CREDITS.txt").read_text(encoding="utf-8")
    assert all(f"halfsize/models/{name}:" in credits_ for name in STUDENTS)
    assert "{" not in (unpacked / "sample.html").read_text("utf-8").partition("</style>")[2]


def test_the_same_tree_gives_the_same_bytes(packed: Path, tmp_path: Path) -> None:
    again = build_zip(ROOT, tmp_path, "1.2.3", _EPOCH)
    assert again.read_bytes() == packed.read_bytes()
    with zipfile.ZipFile(again) as archive:
        times = {described.date_time for described in archive.infolist()}
        assert times == {(2027, 1, 15, 8, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())


def test_one_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_page_library()
    monkeypatch.setattr(page_zip, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match="allowed are 1000"):
        build_zip(ROOT, tmp_path, "1.2.3", _EPOCH)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.browser
def test_its_sample_page_works_from_disk(browser: Browser, unpacked: Path) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.goto((unpacked / "sample.html").as_uri())
    for number in range(2):
        element = page.locator("half-size").nth(number)
        element.scroll_into_view_if_needed()
        page.wait_for_function(
            "(at) => ['upscaled', 'error', 'skipped'].includes("
            "document.querySelectorAll('half-size')[at].getAttribute('state'))",
            arg=number,
            timeout=120_000,
        )
        assert element.get_attribute("state") == "upscaled", problems
        restored = element.locator("img").evaluate("(img) => getComputedStyle(img).content")
        assert "blob:" in restored
    assert problems == []
    page.close()


@pytest.mark.browser
def test_what_its_readme_says_to_paste_works(browser: Browser, unpacked: Path) -> None:
    readme = (unpacked / "README.txt").read_text(encoding="utf-8")
    listing = readme[readme.index("<half-size>") : readme.rindex("</script>") + len("</script>")]
    Image.new("RGB", (600, 400), "teal").save(unpacked / "harbour-half.webp")
    page_html = listing.replace("<half-size>", "<half-size always>")
    (unpacked / "page.html").write_text(f"<!doctype html>{page_html}", encoding="utf-8")
    with served(unpacked) as address:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.removeprefix(address)))
        page.goto(f"{address}page.html")
        page.wait_for_function(
            "['upscaled', 'error', 'skipped'].includes("
            "document.querySelector('half-size').getAttribute('state'))",
            timeout=120_000,
        )
        assert page.locator("half-size").get_attribute("state") == "upscaled"
        page.close()
    assert "halfsize/models.js" not in asked
    assert any(name.startswith("halfsize/engine-") for name in asked)
