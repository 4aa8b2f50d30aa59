"""Measure networks on a folder of photos by the published protocol.

Each photo is cut to a multiple of the scale, reduced by MATLAB's bicubic, enlarged, rounded to
8 bits, and compared in luma with as many pixels shaved off each side as the scale.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

from pixels.command import UserError, run_command
from pixels.disk import whole_file
from pixels.files import list_pictures, read_picture, stored_as_grey
from pixels.metrics import Quality, compare, smallest_measurable_px
from pixels.photos import reduce_photo
from pixels.progress import track
from teacher.runner import PLAIN, Enlarger, open_enlarger
from teacher.threads import Threads, use_threads


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Settings of `python -m teacher.evaluate`."""

    photos: Path
    """Folder of original photos; the reduced ones are made from them."""
    model: Annotated[tuple[str, ...], tyro.conf.arg(metavar="MODEL [MODEL ...]")] = ()
    """Run folders, .onnx files, `bicubic` or `lanczos`; bicubic is always measured beside them."""
    csv: Path | None = None
    """Write every photo's figures to this file (photo, model, psnr, ssim; means come last)."""
    threads: Threads = None
    """CPU threads; by default all that this process may use."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one enlarger made of one photo."""

    photo: str
    """File name, or `mean`."""
    model: str
    """Name of the enlarger."""
    quality: Quality
    """How near it came."""


def measure(enlargers: Sequence[Enlarger], photos: Sequence[Path]) -> list[Row]:
    """Measure each enlarger on each photo.

    Raises:
        UserError: A photo cannot be read or is too small to measure.
    """
    rows = []
    for path in track(photos, "measuring"):
        photo, grey = read_picture(path).rgb, stored_as_grey(path)
        for enlarger in enlargers:
            scale = enlarger.scale
            need = smallest_measurable_px(scale)
            if min(photo.shape[:2]) < need:
                raise UserError(f"{path} is too small to measure: {need}x{need} pixels are needed")
            reduced, original = reduce_photo(photo, scale)
            quality = compare(enlarger.enlarge(reduced), original, shave_px=scale, grey=grey)
            rows.append(Row(photo=path.name, model=enlarger.name, quality=quality))
    return rows


def means(rows: Sequence[Row]) -> list[Row]:
    """Average over the photos, for each enlarger in the order in which it appears."""
    result = []
    for model in dict.fromkeys(row.model for row in rows):
        of_model = [row.quality for row in rows if row.model == model]
        mean = Quality(
            psnr=float(np.mean([quality.psnr for quality in of_model])),
            ssim=float(np.mean([quality.ssim for quality in of_model])),
        )
        result.append(Row(photo="mean", model=model, quality=mean))
    return result


def main(config: EvaluateConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    if config.csv is not None and not config.csv.parent.is_dir():
        raise UserError(f"--csv {config.csv}: there is no folder {config.csv.parent}")
    photos = list_pictures(config.photos)
    enlargers = _open_all(config.model)
    rows = measure(enlargers, photos)
    summary = means(rows)
    table = Table(
        "model", "parameters", "PSNR", "SSIM", title=f"{config.photos}, x{enlargers[0].scale}"
    )
    for enlarger, row in zip(enlargers, summary, strict=True):
        count = f"{enlarger.parameters:,}" if enlarger.parameters else ""
        table.add_row(row.model, count, f"{row.quality.psnr:.2f}", f"{row.quality.ssim:.4f}")
    Console().print(table)
    if config.csv is not None:
        _write_csv(config.csv, [*rows, *summary])


def _open_all(models: Sequence[str]) -> list[Enlarger]:
    """Open bicubic and what was asked for, all of one scale."""
    networks = {model: open_enlarger(model) for model in models if model not in PLAIN}
    scales = sorted({network.scale for network in networks.values()}) or [2]
    if len(scales) > 1:
        raise UserError(f"--model names networks of scales {scales}: measure one scale at a time")
    wanted = dict.fromkeys(["bicubic", *models])
    return [
        networks[model] if model in networks else open_enlarger(model, plain_scale=scales[0])
        for model in wanted
    ]


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["photo", "model", "psnr", "ssim"])
        for row in rows:
            quality = row.quality
            writer.writerow([row.photo, row.model, f"{quality.psnr:.4f}", f"{quality.ssim:.6f}"])


if __name__ == "__main__":
    run_command(EvaluateConfig, main)
