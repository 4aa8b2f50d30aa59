"""A model that is newer than the library: its page says so, and shows the plain pictures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page
from skimage import data

from export.compact.form import write_compact
from export.folder.card import CARD
from teacher.networks.compact_file import FILE
from tests.browser.library.pages import Opener
from tests.browser.stand_in import write_card
from tests.made.networks import RATIO

pytestmark = pytest.mark.browser

OLD = Path(__file__).parent / "before_ratios"
"""Scripts of the library as it was before there were scales that are not whole."""

_PAGE = """
<!doctype html><meta charset=utf-8>
<script>
  window.errors = {};
  document.addEventListener('error', ({ target, detail }) => {
    if (detail) window.errors[target.title] = [detail.code, detail.message];
  }, true);
</script>
<script src="SCRIPTS/half-size.js"></script>
"""
_ELEMENT = """
<half-size backend="wasm" always title="NAME" model="NAME/model.halfsize">
  <img src="thirds.png" width="100" height="61" alt="A cat"></half-size>
"""
_SHOWN = """
() => [...document.images].map((img) =>
  [img.complete, img.naturalWidth, img.naturalHeight, getComputedStyle(img).content])
"""


def write_model(folder: Path) -> None:
    folder.mkdir()
    write_compact(folder / FILE, RATIO, "float16")
    write_card(folder, margin_px=6, colour="luma", scale=RATIO.scale)


def errors(page: Page, site: Path, scripts: str, *models: str) -> dict[str, list[str]]:
    """Show a picture with each model; return what went wrong, once nothing else will."""
    Image.fromarray(data.chelsea()[:42, :68]).save(site / "thirds.png")
    elements = "".join(_ELEMENT.replace("NAME", name) for name in models)
    text = _PAGE.replace("SCRIPTS", scripts) + elements
    (site / f"{scripts}.html").write_text(text, encoding="utf-8")
    page.goto(page.url.replace("blank.html", f"{scripts}.html"))
    page.wait_for_function(f"Object.keys(window.errors).length === {len(models)}")
    assert page.evaluate(_SHOWN) == [[True, 68, 42, "normal"]] * len(models)
    return page.evaluate("window.errors")


def test_a_library_from_before_there_were_ratios(opener: Opener, library_site: Path) -> None:
    shutil.copytree(OLD, library_site / "old")
    write_model(library_site / "new")
    code, message = errors(opener(), library_site, "old", "new")["new"]
    assert code == "ModelMismatch"
    assert message == (
        "The model card halfsize.json cannot be used: format is 2, this page reads format 1."
    )
    # If only the file is newer, its number is named.
    card = library_site / "new" / CARD
    changed = json.loads(card.read_text(encoding="utf-8")) | {"format": 1, "scale": 2}
    card.write_text(json.dumps(changed), encoding="utf-8")
    code, message = errors(opener(), library_site, "old", "new")["new"]
    assert code == "ModelMismatch"
    assert "the number at byte 4 is 2, it must be from 1 to 1" in message


def test_this_library_and_what_comes_after_it(opener: Opener, library_site: Path) -> None:
    file, card = library_site / "file", library_site / "card"
    write_model(card)
    content = json.loads((card / CARD).read_text(encoding="utf-8"))
    (card / CARD).write_text(json.dumps(content | {"format": 3}), encoding="utf-8")
    write_model(file)
    newer = bytearray((file / FILE).read_bytes())
    newer[4] = 3
    (file / FILE).write_bytes(newer)
    (file / CARD).unlink()
    write_card(file, margin_px=6, colour="luma", scale=RATIO.scale)
    found = errors(opener(), library_site, "dist", "file", "card")
    assert [code for code, _ in found.values()] == ["ModelMismatch"] * 2
    assert "cannot be used: it is of a newer version. Update halfsize." in found["file"][1]
    assert "cannot be used: it is of a newer format, 3: update halfsize." in found["card"][1]
