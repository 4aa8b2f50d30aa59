"""The model card of released weights: what they are for, what they reach, whom they are owed to."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pixels.stills.files import list_pictures
from plumbing.command import UserError
from teacher.enlarging.runner import open_enlarger
from teacher.evaluating.evaluation import Evaluation, means
from teacher.networks.registry import Network, macs_per_output_pixel, parameter_count
from teacher.runs.folder import RunRecord

FIGURES, CARD_FILE, CREDITS = "figures.json", "README.md", "CREDITS.csv"
INPUTS = ("clean", "jpeg-75", "webp-75")
"""What every released network is measured on."""
_KINDS = {
    "clean": "photos reduced by bicubic and not compressed since",
    "web": "photos as sites send them: reduced, then compressed as JPEG, WebP or AVIF",
    "fine": "photos reduced by bicubic, compressed as JPEG, WebP or AVIF of quality 65 to 97",
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What a network reached on one benchmark and input, beside Lanczos."""

    benchmark: str
    """Name of its folder."""
    input: str
    """As `teacher.evaluate --input` takes it."""
    psnr: float
    """Mean over the photos, on luma, in dB."""
    ssim: float
    """Mean over the photos, on luma."""
    lanczos_psnr: float
    """What plain enlargement reaches, in dB."""


def measured(run: Path, benchmarks: Sequence[Path]) -> list[Figure]:
    """Measure a run on every benchmark and input.

    Raises:
        UserError: A photo cannot be read.
    """
    enlargers = [open_enlarger("lanczos"), open_enlarger(str(run))]
    figures = []
    for benchmark in benchmarks:
        evaluation = Evaluation(
            enlargers=enlargers, photos=list_pictures(benchmark), folder=benchmark
        )
        for name in INPUTS:
            rows = evaluation.measure(name)
            lanczos, ours = (row.quality for row in means(rows))
            figures.append(
                Figure(
                    benchmark=benchmark.name,
                    input=name,
                    psnr=round(ours.psnr, 3),
                    ssim=round(ours.ssim, 4),
                    lanczos_psnr=round(lanczos.psnr, 3),
                )
            )
    return figures


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a card says that the network and its record do not know."""

    name: str
    """By which the weights are found."""
    kind: str
    """`clean` or `web`: what they are for."""
    commands: Sequence[str]
    """Those that train it, in order."""
    precision: str
    """Of the stored weights."""
    credited: bool
    """Whether CREDITS.csv beside the folder names the training photos."""
    figures: Sequence[Figure]
    """What it reaches."""


def write_card(folder: Path, card: Card, network: Network, record: RunRecord) -> None:
    """Write figures.json and README.md into a folder of released weights."""
    content = json.dumps([asdict(figure) for figure in card.figures], indent=1)
    (folder / FIGURES).write_text(content + "\n", encoding="utf-8")
    whom = f"[{CREDITS}](../{CREDITS})" if card.credited else "not said by whoever trained it"
    lines = [
        f"# {card.name}",
        "",
        f"Enlarges {_KINDS[card.kind]}, {network.scale} times in width and height.",
        "",
        f"- Network: `{network.name}`, {parameter_count(network):,} parameters, "
        f"{macs_per_output_pixel(network):,.0f} MACs per output pixel, margin "
        f"{network.margin_px} px, {network.config.colour}; weights stored as {card.precision}.",
        f"- Training photos: {record.data.get('photos', 'unknown')}; credits: {whom}. No benchmark "
        "photo that it was measured on, and no near copy of one, is among them.",
        f"- Code: commit {record.git_commit or 'unknown'}.",
        "- Licence of the weights: MIT.",
        "- Limits: made for photographs; text and line art were left out of the training. It "
        "sharpens what is there and invents no detail.",
        "",
        "```sh",
        *card.commands,
        "```",
        "",
        *_table(card.figures),
    ]
    (folder / CARD_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(figures: Sequence[Figure]) -> list[str]:
    """Write the figures as a table in Markdown."""
    if not figures:
        return ["It was measured on no benchmark."]
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
    """Copy the credits of the photos that were trained on, and of no others.

    Args:
        path: The table to write.
        licences: Table with a column `file`, and whatever else is known of each photo.
        photos: Names of the photos' files.

    Raises:
        UserError: The table cannot be read, or lacks a photo.
    """
    try:
        with licences.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or [])
            rows = {row["file"]: row for row in reader}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"--licences {licences} is no table with a column `file`") from error
    missing = sorted({*photos} - {*rows})
    if missing:
        raise UserError(f"--licences {licences} says nothing of {missing[0]}: add a line for it")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[name] for name in sorted({*photos}))
