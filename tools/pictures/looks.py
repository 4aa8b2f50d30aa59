"""Make the pictures of the looks in docs/publish-photos.md: python -m tools.pictures.looks.

A part of a CC0 photo as AVIF files that just reach `excellent`, `good` and `fair` leave it, beside
the original: on a desktop and on a phone. Both pictures are as wide on a page as their readers see
them. Prints the rows of the document's table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from skimage import data

from pixels.quality.colorvideovdp import ColorVideoVdp
from pixels.quality.looks import LOOKS
from pixels.quality.screens import DESKTOP, PHONE, Screen
from pixels.sending.codecs import decode, encode
from plumbing.command import run_command
from plumbing.disk import whole_file
from plumbing.paths import ROOT

_TILE_DEGREES, _GAP_DEGREES = 3.4, 0.2
_LOWEST, _HIGHEST = 1, 100


@dataclass(frozen=True, kw_only=True)
class LooksConfig:
    """Settings of `python -m tools.pictures.looks`."""

    out: Path = ROOT / "docs" / "images"
    """Folder for the pictures."""
    row: int = 238
    """Row at the middle of the crop."""
    column: int = 335
    """Column at its middle."""


def main(config: LooksConfig) -> None:
    """Run the command."""
    photo = data.coffee()  # Rachel Michetti, CC0
    console = Console()
    for screen in (DESKTOP, PHONE):
        judge = ColorVideoVdp(screen).original(photo)
        side = round(_TILE_DEGREES * screen.pixels_per_degree)
        top, left = config.row - side // 2, config.column - side // 2
        area = np.s_[top : top + side, left : left + side]
        tiles = [photo[area]]
        for look, target in LOOKS.items():
            low, high = _LOWEST, _HIGHEST
            while low < high:
                middle = (low + high) // 2
                reaches = judge.score(decode(encode(photo, "AVIF", middle))) >= target
                low, high = (low, middle) if reaches else (middle + 1, high)
            file = encode(photo, "AVIF", low)
            tiles.append(decode(file)[area])
            console.print(
                f"{screen.name}, {look}: AVIF {low}, {len(file) / 1000:.1f} KB", highlight=False
            )
        strip = _strip(tiles, screen)
        width = round(strip.width * DESKTOP.pixels_per_degree / screen.pixels_per_degree)
        path = config.out / f"looks-{screen.name}.webp"
        with whole_file(path) as temporary:
            # On a phone nobody sees what quality 95 changes.
            strip.save(temporary, "WEBP", lossless=screen == DESKTOP, quality=95, method=6)
        console.print(f'<img src="images/{path.name}" width="{width}">', highlight=False)


def _strip(tiles: list[NDArray[np.uint8]], screen: Screen) -> Image.Image:
    """Lay tiles out in a row, on nothing."""
    gap = round(_GAP_DEGREES * screen.pixels_per_degree)
    height, width = tiles[0].shape[:2]
    strip = Image.new("RGBA", (len(tiles) * (width + gap) - gap, height), (255, 255, 255, 0))
    for number, tile in enumerate(tiles):
        strip.paste(Image.fromarray(np.ascontiguousarray(tile)), (number * (width + gap), 0))
    return strip


if __name__ == "__main__":
    run_command(LooksConfig, main)
