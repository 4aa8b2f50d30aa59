"""What a browser does by itself with a picture that is shown larger than it is."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from export.delivery.enlarging import BROWSER, PLAIN_WAYS, open_for_page
from tests.made.photos import photo

pytestmark = pytest.mark.browser


def shown(page: Page, picture: NDArray[np.uint8], css: str) -> NDArray[np.int64]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    source = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    height, width = 2 * picture.shape[0], 2 * picture.shape[1]
    page.set_content(
        f'<body style="margin:0"><img src="{source}" width="{width}" height="{height}" '
        f'style="image-rendering:{css}">'
    )
    page.evaluate("() => document.images[0].decode()")
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    with Image.open(io.BytesIO(page.screenshot(clip=clip))) as image:  # pyright: ignore[reportArgumentType]
        return np.asarray(image.convert("RGB")).astype(int)


def test_chromium_enlarges_an_img_as_we_say_it_does(browser: Browser) -> None:
    picture = photo(60, 80)
    ours = {way: open_for_page(way).enlarge(picture) for way in PLAIN_WAYS}
    page = browser.new_page(viewport={"width": 300, "height": 200})
    for css in ("auto", "smooth", "high-quality"):
        seen = shown(page, picture, css)
        errors = {way: np.abs(seen - made).max() for way, made in ours.items()}
        # GPUs and Pillow round halves each in their own way.
        assert errors[BROWSER] <= 1, errors
        assert min(errors["bicubic"], errors["lanczos"]) > 8, errors
