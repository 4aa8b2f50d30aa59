"""Compare students by bytes at one look: python -m tools.compare_students PHOTO... --model A B.

Photos are reduced as pages show them and cut to their middles; reduced by bicubic, sent at several
settings, and enlarged by Lanczos and by each student. Both judges score them, as on a phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from pixels.sending.codecs import CODECS, Codec
from plumbing.command import UsageError, run_command
from plumbing.parallel import core_count, in_order
from plumbing.progress import track
from teacher.enlarging.runner import open_enlarger
from tools.compare_students.measure import SETTINGS, Work, measure
from tools.compare_students.tables import tables


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Settings of `python -m tools.compare_students`."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Photos that no student was trained on."""
    model: tuple[str, ...]
    """Students of one scale, run folders or released names; the first one is the measure."""
    codecs: tuple[Codec, ...] = CODECS
    """Codecs to send photos in, as `--effort fast` makes the files."""
    long_side_px: int = 1000
    """Longer side that photos are reduced to first, as pages show them."""
    middle_px: int = 576
    """Side of the middles that are measured."""

    def __post_init__(self) -> None:
        if not self.photos:
            raise ValueError("name some photos")


def main(config: CompareConfig) -> None:
    """Measure, and print the tables of each codec.

    Raises:
        UsageError: The students have several scales, or one that is not measured.
    """
    scales = {open_enlarger(model).scale for model in config.model}
    if len(scales) != 1 or not scales < set(SETTINGS["AVIF"]):
        raise UsageError("--model: name students of one scale, 2 or 3/2")
    for codec in config.codecs:
        work = [
            Work(
                path=path,
                codec=codec,
                models=config.model,
                long_side_px=config.long_side_px,
                middle_px=config.middle_px,
            )
            for path in config.photos
        ]
        measured = in_order(measure, work, workers=min(core_count(), len(work)), processes=True)
        photos = [next(measured) for _ in track(work, f"measuring {codec}")]
        for table in tables(codec, photos, config.model):
            Console().print(table)


if __name__ == "__main__":
    run_command(CompareConfig, main)
