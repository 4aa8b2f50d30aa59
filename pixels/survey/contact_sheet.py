"""A sheet of thumbnails in sections, for a look at what was kept and skipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from pixels.stills.files import ImageError, Picture, read_picture, write_picture
from plumbing.names import as_text

_COLUMNS = 8
_CELL = (196, 168)
_PICTURE = (180, 120)
_GAP = 24
_HEAD = 64
_INK, _GREY, _PAPER, _NONE = (28, 30, 34), (110, 114, 120), (250, 250, 248), (226, 227, 228)


@dataclass(frozen=True, kw_only=True)
class Section:
    """Pictures under one heading."""

    title: str
    note: str
    """Grey text next to the title."""
    entries: Sequence[tuple[Path, str]]
    """Files and their captions; unreadable files are shown as an empty frame."""


def write_contact_sheet(path: Path, sections: Sequence[Section]) -> None:
    """Write sections of thumbnails as one PNG.

    Raises:
        ImageError: The file cannot be written.
    """
    rows = [-(-len(section.entries) // _COLUMNS) for section in sections]
    height = _GAP + sum(_HEAD + row * _CELL[1] for row in rows) + _GAP
    sheet = Image.new("RGB", (2 * _GAP + _COLUMNS * _CELL[0], height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    title_font, font = ImageFont.load_default(22), ImageFont.load_default(12)
    top = _GAP
    for section, row_count in zip(sections, rows, strict=True):
        draw.text((_GAP, top + 16), section.title, fill=_INK, font=title_font)
        left = _GAP + draw.textlength(section.title, font=title_font) + 14
        draw.text((left, top + 25), section.note, fill=_GREY, font=font)
        for number, (file, caption) in enumerate(section.entries):
            x = _GAP + number % _COLUMNS * _CELL[0]
            y = top + _HEAD + number // _COLUMNS * _CELL[1]
            _paste(sheet, draw, file, (x, y))
            draw.text(
                (x, y + _PICTURE[1] + 4), _short(draw, as_text(file.name), font), _INK, font=font
            )
            draw.text(
                (x, y + _PICTURE[1] + 19), _short(draw, as_text(caption), font), _GREY, font=font
            )
        top += _HEAD + row_count * _CELL[1]
    write_picture(path, Picture(np.asarray(sheet)))


def _paste(sheet: Image.Image, draw: ImageDraw.ImageDraw, file: Path, at: tuple[int, int]) -> None:
    x, y = at
    try:
        image = Image.fromarray(read_picture(file).rgb)
    except ImageError:
        draw.rectangle((x, y, x + _PICTURE[0] - 1, y + _PICTURE[1] - 1), fill=_NONE)
        draw.line((x, y, x + _PICTURE[0] - 1, y + _PICTURE[1] - 1), fill=_PAPER, width=2)
        return
    sheet.paste(ImageOps.fit(image, _PICTURE, Image.Resampling.LANCZOS), at)


def _short(
    draw: ImageDraw.ImageDraw, text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont
) -> str:
    """Shorten a line to the width of a cell."""
    if draw.textlength(text, font=font) <= _PICTURE[0]:
        return text
    while text and draw.textlength(f"{text}…", font=font) > _PICTURE[0]:
        text = text[:-1]
    return f"{text}…"
