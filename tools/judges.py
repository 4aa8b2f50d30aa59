"""The tables of docs/experiments/judges.md: python -m tools.judges PHOTO...

What each judge says of photos as codecs leave them, at several settings, and how long it takes.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.quality import butteraugli
from pixels.quality.colorvideovdp import ColorVideoVdp
from pixels.quality.judge import Judge
from pixels.quality.screens import SCREENS
from pixels.quality.ssimulacra2 import Ssimulacra2
from pixels.sending.codecs import Codec, decode, encode
from pixels.stills.files import read_picture

SETTINGS: list[tuple[Codec, int]] = [
    *(("AVIF", quality) for quality in (20, 30, 40, 50, 60, 70, 80, 90)),
    ("WEBP", 75),
    ("JPEG", 80),
]
MOST_SIDE_PX = 1200
POINTS = (90, 80, 70, 60, 50)
JODS = (9.9, 9.8, 9.7, 9.6, 9.5, 9.4, 9.3, 9.2, 9.0)


def judges() -> dict[str, Judge]:
    """Return the judges by the heads of their columns; Butteraugli where it is installed."""
    found: dict[str, Judge] = {"SSIMULACRA2": Ssimulacra2()}
    found |= {name: ColorVideoVdp(screen) for name, screen in SCREENS.items()}
    if shutil.which(butteraugli.PROGRAM):
        found["Butteraugli"] = butteraugli.Butteraugli()
    return found


def main() -> None:
    """Score the photos that are named, and print the tables."""
    scores: dict[str, list[list[float]]] = {name: [] for name in judges()}
    seconds: dict[str, list[float]] = {name: [] for name in judges()}
    bytes_: list[list[int]] = []
    for path in map(Path, sys.argv[1:]):
        photo = _photo(path)
        files = [encode(photo, codec, quality) for codec, quality in SETTINGS]
        bytes_.append([len(file) for file in files])
        shown = [decode(file) for file in files]
        for name, judge in judges().items():
            original = judge.original(photo)
            start = _processor_seconds()
            scores[name].append([original.score(picture) for picture in shown])
            megapixels = photo.shape[0] * photo.shape[1] * len(shown) / 1e6
            seconds[name].append((_processor_seconds() - start) / megapixels)
        print(f"{path.name}: {photo.shape[1]} x {photo.shape[0]}", file=sys.stderr)
    tables = {name: np.array(rows) for name, rows in scores.items()}
    _print_by_setting(tables, np.array(bytes_))
    avif = [at for at, (codec, _) in enumerate(SETTINGS) if codec == "AVIF"]
    curves = {name: table[:, avif] for name, table in tables.items()}
    curves["AVIF quality"] = np.tile([float(SETTINGS[at][1]) for at in avif], (len(bytes_), 1))
    curves["bytes"] = np.array(bytes_, float)[:, avif]
    _print_where("SSIMULACRA2", POINTS, curves)
    for screen in SCREENS:
        _print_where(screen, JODS, curves)
    times = {name: f"{statistics.median(values):.2f}" for name, values in seconds.items()}
    _print_table(["judge", "seconds per megapixel"], times.items())


def _processor_seconds() -> float:
    """Of this process and of the programs that it started."""
    return sum(os.times()[:4])


def _photo(path: Path) -> NDArray[np.uint8]:
    image = Image.fromarray(read_picture(path).rgb)
    image.thumbnail((MOST_SIDE_PX, MOST_SIDE_PX), Image.Resampling.LANCZOS)
    return np.asarray(image)


def _print_by_setting(tables: dict[str, NDArray[np.float64]], bytes_: NDArray[np.int_]) -> None:
    rows = []
    for at, (codec, quality) in enumerate(SETTINGS):
        cells = [_spread(table[:, at]) for table in tables.values()]
        rows.append([f"{codec} {quality}", f"{bytes_[:, at].mean() / 1000:.0f}", *cells])
    _print_table(["setting", "KB", *tables], rows)


def _print_where(
    judge: str, targets: Sequence[float], curves: dict[str, NDArray[np.float64]]
) -> None:
    """Print what the others say where AVIF brings a judge to each target, photo by photo."""
    others = [name for name in curves if name != judge]
    rows = []
    for target in targets:
        within = [
            photo
            for photo, curve in enumerate(curves[judge])
            if curve.min() <= target <= curve.max()
        ]
        cells = []
        for name in others:
            values = [
                float(np.interp(target, np.sort(curves[judge][photo]), curves[name][photo]))
                for photo in within
            ]
            cells.append(_spread(np.array(values)) if values else "")
        rows.append([f"{target:g}", str(len(within)), *cells])
    _print_table([judge, "photos", *others], rows)


def _spread(values: NDArray[np.float64]) -> str:
    """Return the median, with the lowest and the highest value."""
    decimals = 0 if np.median(values) > 1000 else 1 if np.median(values) > 15 else 2
    low, middle, high = (f"{value:.{decimals}f}" for value in np.quantile(values, (0, 0.5, 1)))
    return f"{middle} ({low} to {high})"


def _print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


if __name__ == "__main__":
    main()
