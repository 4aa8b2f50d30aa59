"""Make the README's picture strip: python -m tools.pictures.strip (or `make strip`).

One crop of a CC0 photo, four times: the half-size file that is sent, what a browser alone makes of
it, what halfsize makes of it, and the original. Scores are of the whole photo, not of the crop.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from skimage import data

from export.delivery.enlarging import BROWSER, open_for_page
from pixels.quality.score import Original
from pixels.sending.codecs import decode, encode, reduce
from plumbing.command import run_command
from plumbing.disk import whole_file
from plumbing.paths import ROOT

_ZOOM = 3  # each pixel of the photo is a square of this many: the README shows half of it
_GAP_PX, _LABEL_PX = 36, 104
_TITLE_PX, _NOTE_PX = 34, 27
_GREY = (118, 131, 144, 255)  # readable on white and on GitHub's dark page


@dataclass(frozen=True, kw_only=True)
class StripConfig:
    """Settings of `python -m tools.pictures.strip`."""

    out: Path = ROOT / "docs" / "images" / "strip.webp"
    """The picture to write."""
    student: str = "small-fine"
    """Released weights, a run folder or an export folder."""
    quality: int = 85
    """WebP quality of the half-size file."""
    top: int = 206
    """First row of the crop."""
    left: int = 296
    """First column of the crop."""
    side: int = 156
    """Side of the crop, in pixels of the original."""


@dataclass(frozen=True)
class _Tile:
    title: str
    note: str
    pixels: NDArray[np.uint8]


def main(config: StripConfig) -> None:
    """Run the command."""
    photo = data.coffee()  # Rachel Michetti, CC0
    sent = encode(reduce(photo), "WEBP", config.quality)
    half = decode(sent)
    original = Original(photo)
    browser = open_for_page(BROWSER).enlarge(half)
    restored = open_for_page(config.student).enlarge(half)

    def crop(picture: NDArray[np.uint8], scale: int = 1) -> NDArray[np.uint8]:
        rows, columns = (
            slice(start // scale, (start + config.side) // scale)
            for start in (config.top, config.left)
        )
        return picture[rows, columns]

    def scored(picture: NDArray[np.uint8]) -> str:
        return f"SSIMULACRA2 {original.ssimulacra2(picture):.0f}"

    height, width = photo.shape[:2]
    tiles = (
        _Tile("sent", f"{len(sent) / 1000:.1f} KB WebP", crop(half, 2)),
        _Tile("the browser alone", scored(browser), crop(browser)),
        _Tile("halfsize", scored(restored), crop(restored)),
        _Tile("the original", f"{width} × {height} pixels", crop(photo)),
    )
    config.out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(config.out) as temporary:
        _strip(tiles).save(temporary, "WEBP", quality=86, method=6)
    for tile in tiles:
        Console().print(f"{tile.title}: {tile.note}")
    target = original.ssimulacra2(restored)
    files = (encode(photo, "WEBP", quality) for quality in range(1, 101))
    equal = next(file for file in files if original.ssimulacra2(decode(file)) >= target)
    Console().print(f"full size with the score of halfsize: {len(equal) / 1000:.1f} KB WebP")


def _strip(tiles: tuple[_Tile, ...]) -> Image.Image:
    """Lay tiles out in a row, on nothing, with their bottoms aligned and words below them."""
    enlarged = [
        Image.fromarray(np.ascontiguousarray(tile.pixels)).resize(
            (tile.pixels.shape[1] * _ZOOM, tile.pixels.shape[0] * _ZOOM), Image.Resampling.NEAREST
        )
        for tile in tiles
    ]
    width = sum(image.width for image in enlarged) + _GAP_PX * (len(tiles) - 1)
    bottom = max(image.height for image in enlarged)
    strip = Image.new("RGBA", (width, bottom + _LABEL_PX), (255, 255, 255, 0))
    draw = ImageDraw.Draw(strip)
    x = 0
    for tile, image in zip(tiles, enlarged, strict=True):
        strip.paste(image, (x, bottom - image.height))
        draw.text((x, bottom + 18), tile.title, _GREY, _font(_TITLE_PX, bold=True))
        draw.text((x, bottom + 62), tile.note, _GREY, _font(_NOTE_PX))
        x += image.width + _GAP_PX
    return strip


def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)


if __name__ == "__main__":
    run_command(StripConfig, main)
