"""Random charts, pages of text, screenshots and drawings: pictures that are not photographs."""

from __future__ import annotations

import io
from collections.abc import Callable

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = (1000, 800)
_FONTS = f"{matplotlib.get_data_path()}/fonts/ttf/"
_WORDS = ("half", "size", "photos", "reach", "readers", "on", "slow", "lines", "early", "today")


def chart(rng: Generator) -> Image.Image:
    figure = Figure(figsize=(10, 8), dpi=100)
    axes = figure.subplots()
    kind = rng.integers(5)
    x = np.arange(30)
    if kind == 0:
        for _ in range(int(rng.integers(1, 6))):
            axes.plot(x, rng.normal(size=30).cumsum())
    elif kind == 1:
        axes.bar(x[:12], rng.uniform(1, 9, 12), color=rng.uniform(0, 1, (12, 3)))
    elif kind == 2:
        axes.scatter(*rng.normal(size=(2, 300)), s=rng.uniform(5, 90, 300), alpha=0.5)
    elif kind == 3:
        axes.pie(rng.uniform(1, 5, 6), labels=list("abcdef"))
    else:
        axes.stackplot(x, rng.uniform(1, 5, (4, 30)))
    axes.set_title(_sentence(rng))
    axes.grid(bool(rng.integers(2)))
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return Image.open(file).convert("RGB")


def page(rng: Generator) -> Image.Image:
    paper = tuple(int(level) for level in rng.integers(225, 256, 3))
    image = Image.new("RGB", SIZE, paper)
    draw = ImageDraw.Draw(image)
    size = int(rng.integers(11, 26))
    name = ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf")[rng.integers(3)]
    font = ImageFont.truetype(_FONTS + name, size)
    ink = tuple(int(level) for level in rng.integers(0, 70, 3))
    for top in range(50, SIZE[1] - 60, int(size * 1.5)):
        draw.text((60, top), _sentence(rng, 900 // (size * 3)), fill=ink, font=font)
    return image


def screenshot(rng: Generator) -> Image.Image:
    dark = bool(rng.integers(2))
    back, front = ((30, 32, 38), (225, 225, 230)) if dark else ((246, 246, 248), (25, 25, 30))
    image = Image.new("RGB", SIZE, back)
    draw = ImageDraw.Draw(image)
    accent = tuple(int(level) for level in rng.integers(40, 220, 3))
    draw.rectangle((0, 0, SIZE[0], 48), fill=accent)
    draw.rectangle((0, 48, 200, SIZE[1]), fill=tuple(level // 2 + 60 for level in back))
    font = ImageFont.truetype(_FONTS + "DejaVuSans.ttf", int(rng.integers(12, 18)))
    for row in range(12):
        draw.text((16, 70 + 40 * row), _sentence(rng, 2), fill=front, font=font)
    for row in range(int(rng.integers(3, 7))):
        top = 70 + 110 * row
        draw.rounded_rectangle((230, top, 960, top + 90), 8, outline=accent, width=2)
        draw.text((250, top + 12), _sentence(rng, 7), fill=front, font=font)
        draw.rounded_rectangle((840, top + 50, 940, top + 78), 6, fill=accent)
    return image


def drawing(rng: Generator) -> Image.Image:
    """Flat shapes with outlines, antialiased, some on a shaded background."""
    image = Image.new("RGB", (2 * SIZE[0], 2 * SIZE[1]), _colour(rng))
    if rng.integers(3) == 0:
        ends = rng.integers(0, 256, (2, 3)).astype(float)
        ramp = np.linspace(ends[0], ends[1], image.height)[:, None].repeat(image.width, axis=1)
        image = Image.fromarray(ramp.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(6, 40))):
        centre, reach = rng.uniform(0, 1, 2) * image.size, rng.uniform(40, 500)
        corners = [tuple(centre + rng.normal(0, reach, 2)) for _ in range(int(rng.integers(3, 8)))]
        if rng.integers(2):
            draw.polygon(corners, fill=_colour(rng), outline=(20, 20, 20), width=6)
        else:
            box = (*(centre - reach / 2), *(centre + reach / 2))
            draw.ellipse(box, fill=_colour(rng), outline=(20, 20, 20), width=6)
    return image.resize(SIZE, Image.Resampling.LANCZOS)


KINDS: dict[str, Callable[[Generator], Image.Image]] = {
    "chart": chart,
    "page": page,
    "screenshot": screenshot,
    "drawing": drawing,
}


def sent(image: Image.Image, rng: Generator) -> NDArray[np.uint8]:
    """Send a picture as sites do: lossless, as JPEG or WebP, sometimes slightly soft."""
    if rng.integers(4) == 0:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 0.7))))
    how = rng.integers(3)
    if how:
        file = io.BytesIO()
        image.save(file, "JPEG" if how == 1 else "WEBP", quality=int(rng.integers(70, 96)))
        image = Image.open(file)
    return np.asarray(image.convert("RGB"))


def _sentence(rng: Generator, words: int = 4) -> str:
    return " ".join(rng.choice(_WORDS, max(1, words)))


def _colour(rng: Generator) -> tuple[int, int, int]:
    red, green, blue = rng.integers(0, 256, 3).tolist()
    return red, green, blue
