"""Tune a finished student to the photos of one site, and report the gain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from pixels.quality.psnr_ssim import compare
from pixels.resize import Pair, resize
from pixels.scale import shave_px
from plumbing.command import UserError
from plumbing.disk import write_csv
from teacher.enlarging.network import network_enlarger
from teacher.networks.chain import Chain
from teacher.networks.integer.chain import IntegerChain
from teacher.recipes.stages import Stage, StagedRecipe
from teacher.runs.folder import load_network

TUNING = StagedRecipe(
    steps=3000,
    optimizer="adam",
    stage1=Stage(share=0.0, learning_rate=1e-3, batch=16, crop_px=48),
    stage2=Stage(share=0.8, learning_rate=2e-4, batch=16, crop_px=48, truth=0.9, teacher=0.2),
    stage3=Stage(share=0.2, learning_rate=5e-5, batch=16, crop_px=48, norm="l2"),
)
"""For weights that are good already: low rates, a few minutes on one CPU core."""

ROUNDING = StagedRecipe(
    steps=1000,
    stage1=Stage(share=1.0, learning_rate=1e-3, batch=16, crop_px=48),
    stage2=Stage(share=0.0, learning_rate=1e-3, batch=16, crop_px=48),
    stage3=Stage(share=0.0, learning_rate=1e-3, batch=16, crop_px=48),
)
"""For weights that are good already and become whole numbers: minutes on one CPU core."""

GAIN = "gain.csv"


def open_student(run: Path, flag: str = "--start-from") -> Chain:
    """Open the run folder of a student to continue from, which a flag names.

    Raises:
        UserError: The folder is not a finished run, or not a student's.
    """
    network, _ = load_network(run)
    if isinstance(network, IntegerChain):
        raise UserError(
            f"{flag} {run} holds a student in whole numbers, which cannot be trained any further: "
            "name the student in floats that it was made of"
        )
    if not isinstance(network, Chain):
        raise UserError(f"{flag} {run} holds the network {network.name}, not a student")
    return network


def report_gain(run: Path, before: Chain, photos: Sequence[Pair]) -> None:
    """Print what tuning gained on held-out photos, and write `gain.csv` into the run folder.

    Args:
        run: Run folder of the tuned student.
        before: The student that the tuning started from.
        photos: Reduced and original photos that were not trained on.
    """
    if not photos:
        return
    after, _ = load_network(run)
    enlarge = [network_enlarger(before), network_enlarger(after)]
    rows = []
    for number, (reduced, original) in enumerate(photos, start=1):
        made = [resize(reduced, original.shape[:2]), *(grow(reduced) for grow in enlarge)]
        shave = shave_px(before.scale)
        qualities = [compare(image, original, shave_px=shave) for image in made]
        rows.append([str(number), *(quality.psnr for quality in qualities)])
    mean = np.mean([row[1:] for row in rows], axis=0)
    rows.append(["mean", *(float(value) for value in mean)])
    table = Table(title="PSNR in dB, held out")
    for name in ("photo", "bicubic", "before", "tuned", "gain"):
        table.add_column(name, justify="left" if name == "photo" else "right")
    for name, plain, old, new in rows:
        figures = (f"{plain:.2f}", f"{old:.2f}", f"{new:.2f}", f"{new - old:+.2f}")
        table.add_row(name, *figures, style="bold" if name == "mean" else "")
    Console().print(table)
    columns = ("photo", "bicubic_psnr", "before_psnr", "tuned_psnr")
    write_csv(run / GAIN, columns, [dict(zip(columns, row, strict=True)) for row in rows])
