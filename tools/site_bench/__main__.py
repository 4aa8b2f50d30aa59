"""Measure a whole page: python -m tools.site_bench PHOTO... --work DIR.

A page with a hero and a grid of cards is built in three ways: by eleventy-img (AVIF 50), with the
smallest AVIF that reaches `--quality` or `--look` in each width, and by halfsize with the same
target. Each is opened in Chromium at five viewports, scrolled to its end and left until all is
restored. Printed are the bytes by kind, and the mean look of the photos as they are seen: device
pixels of the screen against the original, reduced to the same pixels with Lanczos. The row of the
originals says what the browser's own resizing costs.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from numpy.typing import NDArray
from PIL import Image, ImageOps
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from export.check.browser import NO_BROWSER, find_browser
from pixels.quality.judge import Judge
from pixels.quality.judges import judge_for
from pixels.quality.looks import Look
from pixels.quality.screens import screen_of
from pixels.sending.codecs import Effort
from pixels.stills.files import read_picture
from plumbing.amounts import in_bytes
from plumbing.command import UserError, run_command
from plumbing.progress import console
from tools.site_bench.visit import VIEWPORTS, Viewport, Visit, visit
from tools.site_bench.ways import WAYS, Bench


@dataclass(frozen=True, kw_only=True)
class SiteBenchConfig:
    """Settings of `python -m tools.site_bench`."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """The photos of the page; the first one is the hero."""
    work: Path
    """Folder for what is built; what is in it already is used again."""
    model: tuple[str, ...] = ("small-fine", "small-fine-3-2")
    """Students to choose among."""
    quality: float = 60.0
    """SSIMULACRA2 score that plain AVIF and halfsize aim at."""
    look: Look | None = None
    """Aim at this look on a phone instead, by ColorVideoVDP."""
    effort: Effort = "normal"
    """How hard encoders try for both of them."""
    max_side_px: int = 1599
    """Width of a photo: larger ones are reduced before anything else."""
    jobs: int = 1
    """Photos to publish at a time."""
    screens: bool = True
    """Judge by ColorVideoVDP as well."""

    def __post_init__(self) -> None:
        if len(self.photos) < 2:
            raise ValueError("photos must be at least two: a hero and a card")

    @property
    def aim(self) -> Mapping[str, Any]:
        """What plain AVIF and halfsize aim at, as arguments of `halfsize.publish`."""
        if self.look is None:
            return {"quality": self.quality}
        return {"screen": "phone", "look": self.look}


def main(config: SiteBenchConfig) -> None:
    """Build every page, visit each at every viewport, and print the table."""
    bench = Bench(
        photos=_prepared(config),
        work=config.work,
        models=config.model,
        aim=config.aim,
        effort=config.effort,
        jobs=config.jobs,
    )
    folders = {}
    for name, build in WAYS.items():
        console.print(f"building: {name}")
        folders[name] = build(bench)
    table = Table(
        "viewport", "way", "photos", "scripts", "student", "all", "less", "S2", "JOD", box=None
    )
    with sync_playwright() as playwright:
        path = find_browser(playwright.chromium)
        if path is None:
            raise UserError(NO_BROWSER)
        browser = playwright.chromium.launch(executable_path=path)
        for viewport in VIEWPORTS:
            plain: int | None = None
            for name, folder in folders.items():
                visited = visit(browser, folder, viewport)
                total = sum(visited.bytes_.values())
                plain = total if name == "plain AVIF" else plain
                looks = list(_looks(bench.photos, visited, viewport, screens=config.screens))
                less = "" if plain is None else f"{1 - total / plain:.1%}"
                sizes = [visited.bytes_.get(kind, 0) for kind in ("photos", "scripts", "students")]
                table.add_row(viewport.name, name, *map(in_bytes, [*sizes, total]), less, *looks)
                failed = visited.states.count("error")
                if failed:
                    console.print(f"{name}, {viewport.name}: {failed} photos were not restored")
    Console().print(table)


def _prepared(config: SiteBenchConfig) -> list[Path]:
    """Cut the photos to 3:2, reduce them, and write them without loss."""
    folder = config.work / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    prepared = []
    for number, path in enumerate(config.photos, start=1):
        image = Image.fromarray(read_picture(path).rgb)
        unit = min(config.max_side_px // 3, image.width // 3, image.height // 2)
        image = ImageOps.fit(image, (3 * unit, 2 * unit), Image.Resampling.LANCZOS)
        prepared.append(folder / f"photo-{number:02}.png")
        if not prepared[-1].is_file():
            image.save(prepared[-1])
    return prepared


def _looks(
    photos: Sequence[Path], visited: Visit, viewport: Viewport, *, screens: bool
) -> Iterator[str]:
    """Return the mean SSIMULACRA2 and, if wanted, ColorVideoVDP of what is seen."""
    originals = [_original(path, seen) for path, seen in zip(photos, visited.seen, strict=True)]
    yield f"{_mean(judge_for(None), originals, visited.seen):.1f}"
    if screens:
        judge = judge_for(screen_of(viewport.pixels_per_degree))
        yield f"{_mean(judge, originals, visited.seen):.2f}"


def _original(path: Path, seen: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize an original to the device pixels in which it is seen."""
    with Image.open(path) as image:
        size = (seen.shape[1], seen.shape[0])
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))


def _mean(
    judge: Judge, originals: Sequence[NDArray[np.uint8]], seen: Sequence[NDArray[np.uint8]]
) -> float:
    pairs = zip(originals, seen, strict=True)
    return statistics.fmean(judge.original(original).score(shown) for original, shown in pairs)


if __name__ == "__main__":
    run_command(SiteBenchConfig, main)
