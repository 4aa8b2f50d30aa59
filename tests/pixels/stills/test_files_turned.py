"""The EXIF turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from pixels.stills.files import read_picture, write_picture
from tests.made.files import (
    ALL_SUFFIXES,
    save,
)

# EXIF 2.3, tag 0x0112: the visual sides at which row 0 and column 0 of the file lie. So pixel
# (0, 0) is in the corner of both, and the other end of row 0 is across from column 0.
TURNS = {
    1: ("top left", "top right"),
    2: ("top right", "top left"),
    3: ("bottom right", "bottom left"),
    4: ("bottom left", "bottom right"),
    5: ("top left", "bottom left"),
    6: ("top right", "bottom right"),
    7: ("bottom right", "top right"),
    8: ("bottom left", "top left"),
}
CORNERS = {
    "top left": (4, 4),
    "top right": (4, -4),
    "bottom left": (-4, 4),
    "bottom right": (-4, -4),
}


def corner_colours() -> Image.Image:
    """Red at the start of the first row, green at its end, black elsewhere."""
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:16, :16, 0] = 255
    pixels[:16, -16:, 1] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("suffix", ALL_SUFFIXES[:-1])
@pytest.mark.parametrize("orientation", TURNS)
def test_exif_turn_is_applied_once(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_picture(save(tmp_path / f"a{suffix}", corner_colours(), exif=exif))
    write_picture(tmp_path / f"again{suffix}", picture)
    for upright in (picture, read_picture(tmp_path / f"again{suffix}")):
        assert upright.size == ((32, 48) if orientation < 5 else (48, 32))
        red, green = (upright.rgb[CORNERS[corner]].astype(int) for corner in TURNS[orientation])
        assert np.abs(red - (255, 0, 0)).max() < 40
        assert np.abs(green - (0, 255, 0)).max() < 40


@pytest.mark.parametrize("order", "<>")
def test_grey_deep_grey_and_alpha_turn_as_well(tmp_path: Path, order: Any) -> None:  # noqa: ANN401
    turned = [(274, "H", 1, 6, True)]
    for dtype in (np.uint8, np.uint16):
        grey = np.array([[0, 1, 1]], dtype) * np.iinfo(dtype).max
        tifffile.imwrite(tmp_path / "a.tif", grey, byteorder=order, extratags=turned)
        assert read_picture(tmp_path / "a.tif").rgb[:, :, 0].tolist() == [[0], [255], [255]]
    exif = Image.Exif()
    exif[0x0112] = 8
    alpha = Image.fromarray(np.array([[[9, 9, 9, 1], [9, 9, 9, 2]]], np.uint8))
    picture = read_picture(save(tmp_path / "a.png", alpha, exif=exif))
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [[2], [1]]


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0II*\0", b"Exif\0\0nonsense", b"Exif\0\0MM\0*\xff\xff\xff\xff"]
)
def test_damaged_exif_is_ignored(tmp_path: Path, exif: bytes) -> None:
    path = save(tmp_path / "a.jpg", corner_colours(), exif=exif)
    assert read_picture(path).size == (32, 48)
