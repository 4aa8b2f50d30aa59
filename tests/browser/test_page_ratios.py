"""The demo page with students of two ratios."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from skimage import data

from export.compact.form import write_compact
from export.folder.card import CARD
from teacher.networks.compact_file import FILE
from tests.browser.driver import Driver
from tests.browser.stand_in import write_card
from tests.browser.test_page import change_part
from tests.made.networks import RATIO

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(demo: Driver, site: Path, tmp_path: Path) -> Driver:
    """The page with a second student, which enlarges two thirds."""
    page, folder = shutil.copytree(site, tmp_path / "page"), tmp_path / "thirds"
    folder.mkdir()
    write_compact(folder / FILE, RATIO, "float16")
    write_card(folder, margin_px=RATIO.margin_px, colour="luma", scale=RATIO.scale)
    network = base64.b64encode((folder / FILE).read_bytes()).decode()
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    more = {
        "models": {"folder": "thirds", "card": card, "files": {FILE: network}},
        "catalogue": {"folder": "thirds", "scale": "3/2"},
    }
    for part, entry in more.items():

        def add(listed: list[Any], entry: dict[str, Any] = entry) -> list[Any]:
            return [*listed, entry]

        change_part(page, part, add)
    return demo.open((page / "index.html").as_uri(), treat="full")


def test_the_ratio_is_chosen_and_files_of_both_are_compared(opened: Driver, tmp_path: Path) -> None:
    photo = data.astronaut()[:61, 200:291]
    Image.fromarray(photo).save(tmp_path / "photo.png")
    ratio = opened.page.get_by_label("Sent at")
    assert ratio.locator("option").all_inner_texts() == ["half size", "two thirds"]
    for value, small, name in (("2", "46 x 31", "photo-2x.png"), ("3/2", "62 x 42", "-1.5x.png")):
        ratio.select_option(value)
        result = opened.enlarge(tmp_path / "photo.png")
        assert result.shape == (61, 91, 4)  # the photo's own size
        assert opened.fact("from") == small
        assert opened.save("Save as PNG")[0].endswith(name)
    # What each form would take to send, beside full size.
    for scale in ("1/1", "2/1", "3/2"):
        row = opened.page.locator(f'[data-cost="WebP {scale}"]')
        expect(row).to_have_attribute("data-state", "found", timeout=60_000)
        expect(row.locator(".bytes")).to_contain_text("B")
    expect(opened.page.locator("#account")).not_to_be_empty()


def test_an_animation_becomes_half_as_large_again(opened: Driver, tmp_path: Path) -> None:
    frame = Image.fromarray(data.chelsea()[:21, :31])
    path = tmp_path / "moving.gif"
    frame.save(path, save_all=True, append_images=[frame.rotate(180)], duration=50)
    opened.page.get_by_label("Sent at").select_option("3/2")
    opened.page.get_by_role("tab", name="Animation").click()
    opened.page.set_input_files("#motion-file", path)
    status = opened.page.locator("#motion-status")
    expect(status).to_have_text("“moving.gif” is enlarged: 2 frames.", timeout=60_000)
    assert opened.pixels("motion-after").shape == (32, 47, 4)
    name, saved = opened.save("Save as GIF")
    assert name == "moving-1.5x.gif"
    (tmp_path / "saved.gif").write_bytes(saved)
    with Image.open(tmp_path / "saved.gif") as animation:
        assert (animation.size, animation.n_frames) == ((47, 32), 2)  # pyright: ignore[reportAttributeAccessIssue]
        assert np.asarray(animation.convert("RGB")).std() > 10
