"""Side-by-side crops in one picture: the original, bicubic, the networks, and their PSNR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pixels.color import studio_luma
from pixels.picture import Picture
from pixels.quality.psnr_ssim import psnr
from pixels.stills.files import write_picture

ROWS = 6
"""Photos shown at most."""

_CROP_PX = 64
_CELL_PX = 4 * _CROP_PX
_GAP_PX, _MARGIN_PX = 14, 40
_TITLE_PX, _LABEL_PX, _ROW_GAP_PX, _FOOT_PX = 34, 30, 22, 34
_INK, _QUIET, _PAPER, _MARK = (28, 28, 30), (118, 118, 124), (255, 255, 255), (255, 59, 48)
_CAPTION = (
    "Crops of {crop} × {crop} pixels at {zoom} : 1, from where the enlargements differ most."
    " dB: luma PSNR of the crop alone."
)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class _Row:
    score: float
    name: str
    overview: Image.Image
    crops: dict[str, Pixels]
    """By column; the original comes first."""


class Gallery:
    """Collect the most informative crop of each photo, and draw the most informative photos.

    A crop is informative where two enlargements differ most: bicubic and the last model, or, with
    bicubic alone, bicubic and the original. Which of them is better does not affect the choice.
    """

    def __init__(self, rows: int = ROWS) -> None:
        """Start empty; keep at most `rows` photos."""
        self._limit = rows
        self._rows: list[_Row] = []

    def offer(self, name: str, original: Pixels, enlarged: Mapping[str, Pixels]) -> None:
        """Consider a photo.

        Args:
            name: Label of the photo.
            original: (height, width, 3), 0 to 255.
            enlarged: Enlargements by model, bicubic first, of the same shape as the original.
        """
        first, *_, last = [original, *enlarged.values()]
        reference = original if len(enlarged) == 1 else next(iter(enlarged.values()))
        difference = (studio_luma(last) - studio_luma(reference)) ** 2
        score, top, left, side = densest(difference)
        area = slice(top, top + side), slice(left, left + side)
        crops = {model: pixels[area].copy() for model, pixels in enlarged.items()}
        row = _Row(
            score=score,
            name=name,
            overview=_overview(first, top, left, side),
            crops={"original": original[area].copy(), **crops},
        )
        # The sort is stable: of equals, the earlier photo stays.
        kept = sorted([*self._rows, row], key=lambda row: -row.score)[: self._limit]
        self._rows = [row for row in [*self._rows, row] if any(row is other for other in kept)]

    def write(self, path: Path) -> None:
        """Draw the photos kept.

        Raises:
            ImageError: `path` cannot be written, or its suffix is not that of a picture format.
        """
        write_picture(path, Picture(np.asarray(self._draw())))

    def _draw(self) -> Image.Image:
        columns = list(self._rows[0].crops)
        row_px = _CELL_PX + _LABEL_PX + _ROW_GAP_PX
        width = 2 * _MARGIN_PX + (len(columns) + 1) * (_CELL_PX + _GAP_PX) - _GAP_PX
        height = 2 * _MARGIN_PX + _TITLE_PX + len(self._rows) * row_px - _ROW_GAP_PX + _FOOT_PX
        sheet = Image.new("RGB", (width, height), _PAPER)
        draw = ImageDraw.Draw(sheet)
        for number, column in enumerate(["photo", *columns]):
            place = (_left(number), _MARGIN_PX)
            bold = column not in ("photo", "original")
            draw.text(place, _fitted(column, bold), _INK if bold else _QUIET, _font(bold))
        for number, row in enumerate(self._rows):
            _draw_row(sheet, row, _MARGIN_PX + _TITLE_PX + number * row_px)
        side = self._rows[0].crops["original"].shape[0]
        caption = _CAPTION.format(crop=side, zoom=_CELL_PX // side)
        place = (_MARGIN_PX, height - _MARGIN_PX)
        draw.text(place, caption, _QUIET, _font(small=True), anchor="ls")
        return sheet


def _draw_row(sheet: Image.Image, row: _Row, top: int) -> None:
    draw = ImageDraw.Draw(sheet)
    sheet.paste(row.overview, (_left(0), top))
    under = top + _CELL_PX + 8
    draw.text((_left(0), under), _fitted(row.name), _INK, _font())
    original = studio_luma(row.crops["original"])
    decibels = {
        model: psnr(studio_luma(crop), original)
        for model, crop in row.crops.items()
        if model != "original"
    }
    for number, (model, crop) in enumerate(row.crops.items(), 1):
        zoom = _CELL_PX // crop.shape[0]
        # Nearest neighbour: the reader should see these pixels without another enlargement.
        sheet.paste(Image.fromarray(crop.repeat(zoom, 0).repeat(zoom, 1)), (_left(number), top))
        if model in decibels:
            best = len(decibels) > 1 and decibels[model] == max(decibels.values())
            place = (_left(number), under)
            draw.text(place, f"{decibels[model]:.2f} dB", _INK if best else _QUIET, _font(best))


def _left(column: int) -> int:
    return _MARGIN_PX + column * (_CELL_PX + _GAP_PX)


def densest(values: NDArray[np.float64], side_px: int = _CROP_PX) -> tuple[float, int, int, int]:
    """Find the square with the largest mean; return the mean, top, left and side of the square."""
    side = min(side_px, *values.shape)
    sums = np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    totals = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(totals.argmax(), totals.shape)
    return float(totals[top, left]) / side**2, int(top), int(left), side


def _overview(photo: Pixels, top: int, left: int, side: int) -> Image.Image:
    """Draw a thumbnail of the photo with a mark around the crop."""
    image = Image.fromarray(photo)
    image.thumbnail((_CELL_PX, _CELL_PX), Image.Resampling.LANCZOS)
    across, down = image.width / photo.shape[1], image.height / photo.shape[0]
    box = [left * across, top * down, (left + side) * across - 1, (top + side) * down - 1]
    draw = ImageDraw.Draw(image)
    # A white line around the red one: it shows on any photo.
    draw.rectangle([box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1], outline=_PAPER, width=4)
    draw.rectangle(box, outline=_MARK, width=2)
    return image


def _fitted(text: str, bold: bool = False) -> str:
    """Shorten text wider than a column in the middle: names often differ at their ends."""
    font = _font(bold)
    kept = len(text)
    shown = text
    while font.getlength(shown) > _CELL_PX and kept > 2:
        kept -= 1
        shown = f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"
    return shown


@cache
def _font(bold: bool = False, *, small: bool = False) -> ImageFont.FreeTypeFont:
    """Load the DejaVu Sans that ships with matplotlib: it covers most scripts of file names."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / name), 13 if small else 16)
