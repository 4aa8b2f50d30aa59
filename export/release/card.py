"""The model card of released weights: purpose, quality, training and credits."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pixels.sending.degrade import published_qualities
from pixels.stills.listing import list_pictures
from plumbing.command import UserError
from teacher.enlarging.runner import open_enlarger
from teacher.evaluating.evaluation import Evaluation, means
from teacher.networks.registry import Network, macs_per_output_pixel, parameter_count
from teacher.reducing.network import Reducer
from teacher.runs.record import RunRecord
from teacher.runs.released import CREDITS

FIGURES, CARD_FILE = "figures.json", "README.md"
INPUTS = ("clean", "jpeg-75", "webp-75", "avif-60")
"""Inputs that every released network is measured on."""
_KINDS = {
    "clean": "photos that were reduced by bicubic and not compressed",
    "web": "photos as sites send them: reduced, then compressed as JPEG, WebP or AVIF",
    "fine": "photos that were reduced by bicubic and compressed as JPEG, WebP or AVIF at quality "
    "65 to 97",
    "published": "photos as `export.publish` sends them to phones: reduced by bicubic or Lanczos "
    "and compressed, mostly as AVIF at quality {} to {}",
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Quality of a network on one benchmark and input, compared with Lanczos."""

    benchmark: str
    """Name of the benchmark's folder."""
    input: str
    """As `teacher.evaluate --input` takes it."""
    psnr: float
    """Mean over the photos, on luma, in dB."""
    ssim: float
    """Mean over the photos, on luma."""
    lanczos_psnr: float
    """PSNR of plain enlargement, in dB."""


def measured(run: Path, benchmarks: Sequence[Path]) -> list[Figure]:
    """Measure a run on every benchmark and input.

    Raises:
        UserError: A photo cannot be read.
    """
    network = open_enlarger(str(run))
    enlargers = [open_enlarger("lanczos", plain_scale=network.scale), network]
    figures = []
    for benchmark in benchmarks:
        evaluation = Evaluation(
            enlargers=enlargers, photos=list_pictures(benchmark), folder=benchmark
        )
        for name in INPUTS:
            rows = evaluation.measure(name)
            lanczos, enlarged = (row.quality for row in means(rows))
            figures.append(
                Figure(
                    benchmark=benchmark.name,
                    input=name,
                    psnr=round(enlarged.psnr, 3),
                    ssim=round(enlarged.ssim, 4),
                    lanczos_psnr=round(lanczos.psnr, 3),
                )
            )
    return figures


@dataclass(frozen=True, kw_only=True)
class Card:
    """Facts for the model card that network and run record do not hold."""

    name: str
    """Name of the released weights."""
    kind: str
    """Kind of input: `clean`, `web`, `fine` or `published`."""
    commands: Sequence[str]
    """Commands that train the network, in order."""
    precision: str
    """Precision of the stored weights."""
    credited: bool
    """Whether CREDITS.csv, next to the folder, credits the training photos."""
    figures: Sequence[Figure]
    """Measured quality."""


def write_card(folder: Path, card: Card, network: Network, record: RunRecord) -> None:
    """Write figures.json and README.md into a folder of released weights."""
    content = json.dumps([asdict(figure) for figure in card.figures], indent=1)
    (folder / FIGURES).write_text(content + "\n", encoding="utf-8")
    purpose = _KINDS[card.kind].format(*published_qualities("AVIF", network.scale))
    lines = [
        f"# {card.name}",
        "",
        f"Enlarges photos {network.scale} times in width and height. For {purpose}.",
        "",
        f"- Network: `{network.name}`, {parameter_count(network):,} parameters, "
        f"{macs_per_output_pixel(network):,.0f} MACs per output pixel, margin "
        f"{network.margin_px} px, {network.config.colour}; weights stored as {card.precision}.",
        *_origin(record, credited=card.credited),
        "- Limits: trained on photographs, without text and line art. It sharpens existing detail "
        "and does not invent any.",
        "",
        "```sh",
        *card.commands,
        "```",
        "",
        *_table(card.figures),
    ]
    (folder / CARD_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class ReducerCard:
    """Facts for the card of a reducer."""

    name: str
    """Name of the released weights."""
    student: str
    """Name of the student that it was trained for."""
    commands: Sequence[str]
    """Commands that train it, in order."""
    credited: bool
    """Whether CREDITS.csv, next to the folder, credits the training photos."""


def write_reducer_card(
    folder: Path, card: ReducerCard, reducer: Reducer, record: RunRecord
) -> None:
    """Write README.md into a folder of a released reducer."""
    restored, bicubic = (
        record.metrics.get(f"validation/{name}") for name in ("psnr", "bicubic_psnr")
    )
    lines = [
        f"# {card.name}",
        "",
        f"Makes photos {1 / reducer.config.scale} times smaller for `{card.student}`, in place of "
        "a filter. `export.publish` runs it (`--filters trained`); readers download nothing of it.",
        "",
        f"- Network: `{reducer.name}`, {parameter_count(reducer):,} parameters, luma; weights "
        "stored as float16.",
        *_origin(record, credited=card.credited),
        "- Limits: trained on photographs. Files take more bytes at the same encoder setting, and "
        "fewer at the same look.",
        "",
        "```sh",
        *card.commands,
        "```",
    ]
    if restored is not None and bicubic is not None:
        lines += [
            "",
            f"What the student restores of photos held out from training, before any encoding: "
            f"{restored:.2f} dB, and {bicubic:.2f} dB after bicubic (luma PSNR).",
        ]
    (folder / CARD_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _origin(record: RunRecord, *, credited: bool) -> list[str]:
    """Say what weights were made of, by what code, and what may be done with them."""
    credits_ = f"[{CREDITS}](../{CREDITS})" if credited else "not recorded"
    return [
        f"- Training photos: {record.data.get('photos', 'unknown')}; credits: {credits_}. "
        "They include no photo of the benchmarks, and no near copy of one.",
        f"- Code: commit {record.git_commit or 'unknown'}.",
        "- Licence of the weights: MIT.",
    ]


def _table(figures: Sequence[Figure]) -> list[str]:
    """Format the figures as a Markdown table."""
    if not figures:
        return ["Not measured on any benchmark."]
    header = [
        f"Luma PSNR in dB / SSIM (`python -m teacher.evaluate --input {' '.join(INPUTS)}`):",
        "",
        "| benchmark | input | PSNR | SSIM | above Lanczos |",
        "|---|---|---|---|---|",
    ]
    return header + [
        f"| {figure.benchmark} | {figure.input} | {figure.psnr:.2f} | {figure.ssim:.4f} | "
        f"{figure.psnr - figure.lanczos_psnr:+.2f} |"
        for figure in figures
    ]


def write_credits(path: Path, licences: Path, photos: Sequence[str]) -> None:
    """Copy the credits of the training photos, and of no others.

    Args:
        path: The table to write.
        licences: Table with a column `file` and any other columns.
        photos: File names of the photos.

    Raises:
        UserError: The table cannot be read, or lacks a photo.
    """
    try:
        with licences.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or [])
            rows = {row["file"]: row for row in reader}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"--licences {licences} is not a table with a column `file`") from error
    missing = sorted({*photos} - {*rows})
    if missing:
        raise UserError(f"--licences {licences} has no line for {missing[0]}: add one")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[name] for name in sorted({*photos}))
