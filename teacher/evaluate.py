"""Measure networks on a folder of photos with the protocol of published tables.

Each photo is cropped to multiples of the scale, reduced with MATLAB's bicubic, enlarged, rounded to
8 bits, and compared in luma with `scale` pixels (rounded up) shaved off each side. `--input` sends
the reduced photo through a codec first, as a site does.

Prints a table for each input. `--csv` writes every figure, `--figure` a sheet of crops side by
side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.table import Table

from pixels.scale import HALF, OptionalScale, scale_name
from pixels.sending.sent import CLEAN, read_name
from pixels.stills.listing import list_pictures
from plumbing.command import UsageError, UserError, run_command
from plumbing.disk import write_csv
from plumbing.threads import Threads, use_threads
from teacher.enlarging.runner import PLAIN, Enlarger, open_enlarger
from teacher.evaluating.evaluation import Evaluation, MeasuredReduction, Measurement, means
from teacher.evaluating.figure import Gallery


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Settings of `python -m teacher.evaluate`."""

    photos: Path
    """Folder of original photos; the inputs are made from them."""
    model: Annotated[tuple[str, ...], tyro.conf.arg(metavar="MODEL [MODEL ...]")] = ()
    """Names of released models, run folders, export folders, .onnx files, `bicubic` or `lanczos`;
    bicubic is always measured as well."""
    scale: OptionalScale = None
    """Ratio of the photos' size to that of the inputs: by default that of the networks, without one
    2. All that is measured has it."""
    csv: Path | None = None
    """Write the figures of every photo to this file (input, photo, model, psnr, ssim, ssimulacra2;
    the means of an input come last)."""
    figure: Path | None = None
    """Write a sheet of crops (original, bicubic, networks) from where they differ most to this
    .png."""
    input: Annotated[tuple[str, ...], tyro.conf.arg(metavar="INPUT [INPUT ...]")] = (CLEAN,)
    """What is enlarged: `clean`, the reduced photo itself, or the reduced photo compressed with a
    codec and encoder quality, as in `jpeg-75`, `webp-75` or `avif-60`."""
    reduction: MeasuredReduction = "bicubic"
    """Filter that reduces the photos: published figures use MATLAB's `bicubic`; sites also use
    `lanczos` and `area` (Pillow's)."""
    ssimulacra2: bool = False
    """Measure SSIMULACRA2 as well: perceived similarity, at most 100 (slow)."""
    ensemble: bool = False
    """Measure each network a second time, as NAME+, averaged over all eight flips and rotations."""
    threads: Threads = None
    """CPU threads; by default all that are available to this process."""

    def __post_init__(self) -> None:
        if self.figure is not None and self.figure.suffix.lower() != ".png":
            raise ValueError(f"figure must be a .png file, got {self.figure}")
        for name in self.input:
            read_name(name)
        if not self.input or (self.figure is not None and len(self.input) > 1):
            raise ValueError("--input needs at least one name, and with --figure exactly one")


def main(config: EvaluateConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    for flag, path in (("--csv", config.csv), ("--figure", config.figure)):
        if path is not None and not path.parent.is_dir():
            raise UserError(
                f"{flag} {path}: the folder {path.parent} does not exist; create it first"
            )
    if config.figure is not None and _is_inside(config.figure, config.photos):
        raise UsageError(
            f"--figure {config.figure} is among the photos, and would be measured with them next "
            "time: name a file outside the folder"
        )
    photos = list_pictures(config.photos)
    enlargers = _open_all(config)
    gallery = None if config.figure is None else Gallery()
    evaluation = Evaluation(
        enlargers=enlargers,
        photos=photos,
        folder=config.photos,
        reduction=config.reduction,
        ssimulacra2=config.ssimulacra2,
        gallery=gallery,
    )
    figures: list[Measurement] = []
    for input_name in config.input:
        rows = evaluation.measure(input_name)
        summary = means(rows)
        scale = scale_name(enlargers[0].scale)
        title = f"{config.photos}, {summary[0].input}, x{scale}, {len(photos)} photos"
        Console().print(_table(title, enlargers, summary))
        figures += [*rows, *summary]
    if config.csv is not None:
        write_csv(config.csv, _COLUMNS, map(_csv_row, figures))
    if config.figure is not None and gallery is not None:
        gallery.write(config.figure)


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _table(title: str, enlargers: Sequence[Enlarger], summary: Sequence[Measurement]) -> Table:
    table = Table(title=title)
    table.add_column("model")
    looks = summary[0].quality.ssimulacra2 is not None
    for heading in ("parameters", "PSNR", "SSIM", *["SSIMULACRA2"] * looks, "gain"):
        table.add_column(heading, justify="right")
    for enlarger, row in zip(enlargers, summary, strict=True):
        count = f"{enlarger.parameters:,}" if enlarger.parameters else ""
        gain = row.quality.psnr - summary[0].quality.psnr
        over = "" if row is summary[0] else f"{gain:+.2f} dB"
        figures = [f"{row.quality.psnr:.2f}", f"{row.quality.ssim:.4f}"]
        if row.quality.ssimulacra2 is not None:
            figures.append(f"{row.quality.ssimulacra2:.2f}")
        table.add_row(row.model, count, *figures, over)
    return table


def _open_all(config: EvaluateConfig) -> list[Enlarger]:
    """Open bicubic and the models, all of one scale; make their names unique."""
    models, ensemble = config.model, config.ensemble
    networks = {model: open_enlarger(model) for model in models if model not in PLAIN}
    scales = sorted({network.scale for network in networks.values()}) or [config.scale or HALF]
    if len(scales) > 1:
        named = ", ".join(map(scale_name, scales))
        raise UserError(f"--model names networks of scales {named}: measure one scale at a time")
    if config.scale not in (None, scales[0]):
        raise UsageError(f"--scale is {config.scale}, but --model names networks of x{scales[0]}")
    opened = []
    for model in dict.fromkeys(["bicubic", *models]):
        if model in PLAIN:
            opened.append(open_enlarger(model, plain_scale=scales[0]))
            continue
        alike = sum(network.name == networks[model].name for network in networks.values()) > 1
        name = model if alike else networks[model].name  # runs in different folders, say
        opened.append(replace(networks[model], name=name))
        if ensemble:
            opened.append(replace(open_enlarger(model, ensemble=True), name=f"{name}+"))
    return opened


_COLUMNS = ("input", "photo", "model", "psnr", "ssim", "ssimulacra2")


def _csv_row(row: Measurement) -> dict[str, str]:
    looks = row.quality.ssimulacra2
    return {
        "input": row.input,
        "photo": row.photo,
        "model": row.model,
        "psnr": f"{row.quality.psnr:.4f}",
        "ssim": f"{row.quality.ssim:.6f}",
        "ssimulacra2": "" if looks is None else f"{looks:.4f}",
    }


if __name__ == "__main__":
    run_command(EvaluateConfig, main)
