from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from export.bandwidth.picture_class import picture_class
from tests.made.photos import noise


def test_a_sky_is_smooth_and_grass_is_textured() -> None:
    y, x = np.mgrid[0:160, 0:200]
    sky = np.stack([x // 2 + 60, y // 2 + 80, 200 - y // 3], axis=-1)
    grained = sky + np.random.default_rng(0).normal(0, 2, sky.shape)
    assert picture_class(grained.clip(0, 255).astype(np.uint8)) == "smooth"
    assert picture_class((noise(160, 200) // 3 + 80).astype(np.uint8)) == "textured"
    assert picture_class(data.coffee()) == "smooth"
    assert picture_class(data.chelsea()) == "textured"


def test_a_page_of_text_is_text_like() -> None:
    image = Image.new("RGB", (300, 200), "white")
    draw = ImageDraw.Draw(image)
    for line in range(12):
        draw.text((8, 6 + 16 * line), "Ship half-size photos to the reader.", "black",
                  ImageFont.load_default(14))  # fmt: skip
    assert picture_class(np.asarray(image)) == "text-like"


def test_tiny_pictures_have_a_class_too() -> None:
    assert picture_class(noise(1, 1)) in ("smooth", "textured", "text-like")
