"""How much chroma AVIF files keep: all of it where colours have edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage import data

from export.publish.choice import Settings
from export.publish.search.chroma import subsampling_for
from export.publish.source import PhotoSource
from pixels.quality.screens import PHONE

SETTINGS = Settings(target=60.0, margin=0.1, effort="fast")


def source(pixels: NDArray[np.uint8]) -> PhotoSource:
    return PhotoSource(pixels=pixels, exif=b"", original=None)


def striped() -> NDArray[np.uint8]:
    """Red and blue stripes of one luma, on a photo."""
    pixels = data.coffee()[:240, :320].copy()
    pixels[:, ::6], pixels[:, 3::6] = (200, 30, 30), (60, 70, 230)
    return pixels


def test_colour_edges_get_all_chroma() -> None:
    assert subsampling_for(source(striped()), SETTINGS) == "4:4:4"


def test_where_all_chroma_gains_nothing_half_of_it_is_kept() -> None:
    grey = np.repeat(data.coffee()[:240, :320].mean(axis=2).astype(np.uint8)[..., None], 3, axis=2)
    assert subsampling_for(source(grey), SETTINGS) == "4:2:0"
    on_a_phone = Settings(target=9.6, margin=0.1, effort="fast", screen=PHONE)
    assert subsampling_for(source(grey), on_a_phone) == "4:2:0"


def test_what_has_no_choice_is_not_looked_at() -> None:
    clear = np.dstack([striped(), np.full((240, 320), 99, np.uint8)])
    assert subsampling_for(source(clear), SETTINGS) == "4:2:0"
    webp = Settings(target=60.0, margin=0.1, codecs=("WEBP",))
    assert subsampling_for(source(striped()), webp) == "4:2:0"
