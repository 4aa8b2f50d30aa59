"""The page that is measured: a hero and a grid of cards, the same for every way to send photos."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Photos are 3:2, and every box begins and ends at a whole device pixel of every viewport: only then
# can what is seen be compared with the original pixel by pixel. Files are not exactly 3:2 (800 x
# 533), and their own ratio would move all rows below by parts of a pixel.
_HERO_PX, _CARD_PX, _EDGE_PX, _BETWEEN_PX = 1200, 384, 15, 18
_GRID_PX = 3 * _CARD_PX + 2 * _BETWEEN_PX
_STYLE = f"""
body {{ margin: 0; font: 16px/25px sans-serif; }}
h1, h2, p {{ margin: 10px 0; font-size: 20px; line-height: 25px; }}
main {{ max-width: {_HERO_PX}px; margin: 0 auto; }}
img {{ display: block; width: 100%; height: auto; aspect-ratio: 3 / 2; }}
.cards {{ display: grid; gap: 20px {_BETWEEN_PX}px; max-width: {_GRID_PX}px; margin: 0 auto;
  padding: {_EDGE_PX}px; grid-template-columns: 1fr; align-items: start; }}
@media (min-width: 600px) {{ .cards {{ grid-template-columns: 1fr 1fr; }} }}
@media (min-width: 1000px) {{ .cards {{ grid-template-columns: 1fr 1fr 1fr; }} }}
"""
HERO_SIZES = f"(max-width: {_HERO_PX}px) 100vw, {_HERO_PX}px"
CARD_SIZES = (
    f"(max-width: 599px) calc(100vw - {2 * _EDGE_PX}px), "
    f"(max-width: 999px) calc((100vw - {2 * _EDGE_PX + _BETWEEN_PX}px) / 2), {_CARD_PX}px"
)


@dataclass(frozen=True)
class PagePhoto:
    """A photo of the page."""

    name: str
    """Its name."""
    html: str
    """How it is sent: an `<img>`, maybe within others; `sizes` is filled in here."""


def page(photos: Sequence[PagePhoto], *, script: str | None = None) -> str:
    """Write the page: the first photo is the hero, the others are cards.

    Args:
        photos: The photos.
        script: Address of the script that the photos need; None if they need none.
    """
    hero, *cards = photos
    figures = "\n".join(
        f"<article>{_sized(card.html, CARD_SIZES)}<h2>{card.name}</h2><p>Two lines of text.<br>"
        "They are the same everywhere.</p></article>"
        for card in cards
    )
    tag = f'<script defer src="{script}"></script>' if script else ""
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>News</title>\n<style>{_STYLE}</style>\n{tag}\n"
        f"<main>{_sized(hero.html, HERO_SIZES)}<h1>News</h1></main>\n"
        f'<div class="cards">\n{figures}\n</div>\n</html>\n'
    )


def _sized(html: str, sizes: str) -> str:
    return re.sub(r'sizes="[^"]*"', f'sizes="{sizes}"', html)
