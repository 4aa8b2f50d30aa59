"""The ways to send the photos of a page, each built into a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

import halfsize
from pixels.sending.codecs import Effort
from tools.site_bench.page import PagePhoto, page
from tools.sites.packages import install, run_in

WIDTHS = (480, 800, 1200)
"""Widths of every way, beside the photo's own."""
_NPM = {"@11ty/eleventy-img": "6.0.4"}
_ELEVENTY = """
import Image from '@11ty/eleventy-img';
const [out, widths, ...photos] = process.argv.slice(2);
const all = [];
for (const photo of photos) {
  const { avif } = await Image(photo, {
    widths: [...JSON.parse(widths), 'auto'],
    formats: ['avif'],
    sharpAvifOptions: { quality: 50 },
    outputDir: out + '/img',
    urlPath: 'img/',
  });
  all.push(avif.map(({ url, width, height }) => ({ url, width, height })));
}
console.log(JSON.stringify(all));
"""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What all ways have in common."""

    photos: Sequence[Path]
    """The photos, as files without loss; the first one is the hero."""
    work: Path
    """Folder for everything that is built."""
    models: Sequence[str]
    """The students to choose among."""
    aim: Mapping[str, Any]
    """What plain AVIF and halfsize aim at, as arguments of `halfsize.publish`."""
    effort: Effort
    """How hard encoders try for both of them."""
    jobs: int
    """Photos that are published at a time."""


def originals(bench: Bench) -> Path:
    """Build the page with the photos themselves: what the others are compared with."""
    out = bench.work / "originals"
    (out / "img").mkdir(parents=True, exist_ok=True)
    shown = []
    for path in bench.photos:
        (out / "img" / path.name).write_bytes(path.read_bytes())
        with Image.open(path) as image:
            shown.append(PagePhoto(path.stem, _img(f"img/{path.name}", image.size)))
    return _written(out, page(shown))


def eleventy(bench: Bench) -> Path:
    """Build the page with eleventy-img: AVIF at quality 50, as sharp encodes it by default."""
    out, project = bench.work / "eleventy", bench.work / "npm"
    project.mkdir(parents=True, exist_ok=True)
    if not (project / "node_modules").is_dir():
        install(project, packages=_NPM)
    (project / "build.mjs").write_text(_ELEVENTY, encoding="utf-8")
    photos = [str(path.resolve()) for path in bench.photos]
    command = ["node", "build.mjs", str(out.resolve()), json.dumps(WIDTHS), *photos]
    shown = []
    for path, files in zip(bench.photos, json.loads(run_in(project, command)), strict=True):
        srcset = ", ".join(f"{file['url']} {file['width']}w" for file in files)
        last = files[-1]
        html = _img(last["url"], (last["width"], last["height"]), f'srcset="{srcset}" sizes="auto"')
        shown.append(PagePhoto(path.stem, html))
    return _written(out, page(shown))


def plain_avif(bench: Bench) -> Path:
    """Build the page with the smallest AVIF of each width that reaches what is aimed at."""
    # No reduced file is as much smaller as this.
    return _published(bench, "plain", margin=0.999, codecs=("AVIF",), fallback=None)


def by_halfsize(bench: Bench) -> Path:
    """Build the page as docs/publish-photos.md has it: the first screen at full size."""
    return _published(bench, "halfsize", first=(bench.photos[0].name,))


WAYS: dict[str, Callable[[Bench], Path]] = {
    "originals": originals,
    "eleventy-img, AVIF 50": eleventy,
    "plain AVIF": plain_avif,
    "halfsize": by_halfsize,
}
"""The ways, in the order of the table."""


def _published(bench: Bench, name: str, **settings: Any) -> Path:  # noqa: ANN401
    out = bench.work / name
    manifest = halfsize.publish(
        list(bench.photos),
        out,
        model=list(bench.models),
        **bench.aim,
        widths=(*WIDTHS, "own"),
        effort=bench.effort,
        jobs=bench.jobs,
        **settings,
    )
    shown = []
    for path in bench.photos:
        # Slow machines measure too: what is seen here is what a reader's device shows.
        html = manifest["photos"][path.name]["html"].replace("<half-size ", "<half-size always ")
        shown.append(PagePhoto(path.stem, html))
    return _written(out, page(shown, script=manifest["script"]))


def _img(address: str, size: tuple[int, int], more: str = "") -> str:
    return (
        f'<img src="{escape(address)}" {more} width="{size[0]}" height="{size[1]}" alt="" '
        'loading="lazy" decoding="async">'
    )


def _written(out: Path, html: str) -> Path:
    (out / "index.html").write_text(html, encoding="utf-8")
    return out
