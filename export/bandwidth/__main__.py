"""Measure what a site would save by sending smaller photos.

Compresses every photo as JPEG (4:2:0, progressive), WebP and AVIF, at full size and at the size of
each student (half, two thirds), with several quality settings. Reduced files are decoded and
enlarged as a page would do it: by the browser itself, by Lanczos, by each student and by the
teacher. The 8-bit results are compared with the original by SSIMULACRA2, by ColorVideoVDP on the
screens that were asked for, and by PSNR and SSIM of luma.

Writes index.html (a self-contained report), summary.json, points.csv and bands.csv. The command can
be stopped and run again: finished measurements are kept, photo by photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from export.bandwidth.compare import compare_at, compare_with_full
from export.bandwidth.costs import costs_of
from export.bandwidth.disagreement import disagreement_sentence, disagreements
from export.bandwidth.judging import Judging
from export.bandwidth.measure import measure_photos
from export.bandwidth.plan import StudyPlan, open_enlargements
from export.bandwidth.report.page import write_page
from export.bandwidth.study import Study
from export.bandwidth.tables import write_tables
from export.delivery.reducing import SentReduction, able_reductions
from pixels.quality.screens import SCREENS, Screen, screen_of
from pixels.sending.codecs import CODECS, PUBLISHING, Codec
from plumbing.command import UsageError, UserError, continuing, run_command
from plumbing.parallel import core_count

_LEAST_QUALITIES = 3


@dataclass(frozen=True, kw_only=True)
class BandwidthConfig:
    """Settings of `python -m export.bandwidth`."""

    photos: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Folders of full-size photos, or single files."""
    out: Path = field(default=Path("report"))
    """Folder to write. Finished measurements are kept in its subfolder `cache`."""
    model: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="MODEL [MODEL ...]")] = ()
    """The students: names of released models, export folders (exactly their weights are used) and
    run folders; or none. Photos are sent at the sizes that the students take; without any, at half
    size."""
    teacher: Path | None = None
    """A teacher, named in the same way. It is slow, so it is measured on some photos only."""
    teacher_photos: int = 8
    """Number of photos to measure the teacher on, spread evenly over all photos."""
    held_out: Path | None = None
    """A folder of training photos. Of these, only the ones that `teacher.prepare` keeps out of
    training are measured too: the validation and test splits, which depend on content alone."""
    held_out_photos: int = 20
    """Number of those photos, spread evenly."""
    codecs: tuple[Codec, ...] = CODECS
    """Codecs to compare."""
    qualities: tuple[int, ...] = (8, 15, 30, 45, 60, 75, 90)
    """Quality settings at full size, each on the encoder's own scale."""
    reduced_qualities: tuple[int, ...] = (20, 35, 50, 65, 80, 90, 97)
    """Quality settings at every reduced size: higher, because enlarging costs quality."""
    bands: tuple[int, ...] = (30, 50, 60, 70, 80)
    """SSIMULACRA2 scores at which bytes are compared."""
    screen: tuple[Literal["phone", "laptop", "desktop"], ...] = ()
    """Readers' screens. On each of them, photos are judged by ColorVideoVDP as well."""
    pixels_per_degree: float | None = None
    """Another screen, by the pixels within one degree of the reader's view: from 38 (a desktop) to
    95 (a phone)."""
    jod_bands: tuple[float, ...] = (9.3, 9.5, 9.6, 9.7, 9.8)
    """Scores on a screen at which bytes are compared; 10 is the original."""
    reduction: SentReduction = "bicubic"
    """Filter that reduces photos."""
    reduction_photos: int = 8
    """Number of photos to compare all reductions on, spread evenly over all photos; 0 for none."""
    max_side: int | None = 1024
    """Measure only the middle of larger photos, this many pixels a side; None for whole photos."""
    avif_speed: int = PUBLISHING.avif_speed
    """Speed of the AVIF encoder, from 0 (slowest, smallest files) to 10."""
    runtime_bytes: int | None = None
    """Gzipped bytes of the page's scripts. The default counts those of web_demo/dist: the element,
    the library and the largest engine of the compact runtime."""
    jobs: int | None = None
    """Number of processes; by default, one for each CPU core."""

    def __post_init__(self) -> None:
        if not self.photos and self.held_out is None:
            raise ValueError(
                "photos must name at least one folder or file, unless --held-out is given"
            )
        for name in ("qualities", "reduced_qualities"):
            given = set(getattr(self, name))
            if len(given) < _LEAST_QUALITIES or not all(1 <= quality <= 100 for quality in given):
                raise ValueError(
                    f"{name.replace('_', '-')} must be at least {_LEAST_QUALITIES} different "
                    "numbers from 1 to 100"
                )
        if not self.codecs or len(set(self.codecs)) < len(self.codecs):
            raise ValueError("codecs must be one or more of JPEG, WEBP and AVIF, each once")
        if not self.bands or not all(0 < band < 100 for band in self.bands):
            raise ValueError("bands must be numbers between 0 and 100")
        if not self.jod_bands or not all(3 <= band < 10 for band in self.jod_bands):
            raise ValueError("jod-bands must be numbers from 3 to less than 10")
        if len(set(self.screen)) < len(self.screen):
            raise ValueError("screen must name each screen once")
        if self.pixels_per_degree is not None:
            screen_of(self.pixels_per_degree)  # says what is wrong with the number
        if self.jobs is not None and self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, got {self.jobs}")
        if self.max_side is not None and self.max_side < 32:
            raise ValueError(f"max-side must be at least 32 pixels, got {self.max_side}")
        if min(self.teacher_photos, self.reduction_photos, self.held_out_photos) < 0:
            raise ValueError(
                "teacher-photos, reduction-photos and held-out-photos must be at least 0"
            )
        if not 0 <= self.avif_speed <= 10:
            raise ValueError(f"avif-speed must be from 0 to 10, got {self.avif_speed}")
        if self.runtime_bytes is not None and self.runtime_bytes < 0:
            raise ValueError(f"runtime-bytes must be at least 0, got {self.runtime_bytes}")

    @property
    def judgings(self) -> tuple[Judging, ...]:
        """Who judges: SSIMULACRA2, then ColorVideoVDP on each screen."""
        screens: list[Screen] = [SCREENS[name] for name in self.screen]
        if self.pixels_per_degree is not None:
            screens.append(screen_of(self.pixels_per_degree))
        return (
            Judging(bands=_rising(self.bands)),
            *(Judging(screen=screen, bands=_rising(self.jod_bands)) for screen in screens),
        )


def main(config: BandwidthConfig) -> None:
    """Plan, measure, and write tables and report."""
    students, teacher = open_enlargements(config.model, config.teacher)
    plan = StudyPlan(
        photos=config.photos,
        held_out=config.held_out,
        held_out_photos=config.held_out_photos,
        cache=config.out / "cache",
        students=students,
        teacher=teacher if config.teacher_photos else None,
        teacher_photos=config.teacher_photos,
        codecs=config.codecs,
        qualities=tuple(sorted(set(config.qualities))),
        reduced_qualities=tuple(sorted(set(config.reduced_qualities))),
        judgings=config.judgings,
        reduction=config.reduction,
        reduction_photos=config.reduction_photos,
        max_side=config.max_side,
        encoder=replace(PUBLISHING, avif_speed=config.avif_speed),
    )
    for scale in plan.scales:
        if not able_reductions([config.reduction], scale):
            raise UsageError(f"--reduction trained: there is no reducer for a scale of {scale}")
    with continuing():
        measured = measure_photos(plan.tasks(), config.jobs or core_count())
    study = Study.of(plan, measured, costs_of(students, config.runtime_bytes))
    if not study.photos:
        raise UserError(
            f"none of the {len(measured)} photos could be measured: {study.problems[0]}"
        )
    write_tables(config.out, study)
    write_page(config.out, study)
    console = Console()
    for one in study.by_each_judge:
        console.print(_summary(one))
    differing = disagreements(study)
    if differing:
        console.print(disagreement_sentence(differing), soft_wrap=True)
    if study.costs.runtime is None:
        console.print("web_demo/dist is not built, so the runtime's bytes are not counted")
    for problem in study.problems:
        console.print(f"left out: {problem}", markup=False, soft_wrap=True)
    console.print(
        f"wrote {config.out}/index.html, summary.json, points.csv and bands.csv", soft_wrap=True
    )


def _summary(study: Study) -> Table:
    title = f"Bytes saved against full size by {study.judging.name}, {len(study.photos)} photos"
    # It has to fit into 80 columns: what does not is cut off.
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("codec", no_wrap=True)
    table.add_column("enlarged by")
    table.add_column("sent at")
    for band in study.bands:
        table.add_column(f"at {band:g}", justify="right", no_wrap=True)
    table.add_column("BD-rate", justify="right", no_wrap=True)
    table.add_column("crossover", justify="right")
    decimals = study.judging.crossover_decimals
    for codec in study.codecs:
        for offer in study.offers:
            bands = [compare_at(study, codec, offer.ways, band) for band in study.bands]
            alone = compare_with_full(study, codec, offer.name) if len(offer.ways) == 1 else None
            rate = None if alone is None else alone.bd_rate
            crossing = None if alone is None else alone.crossover
            table.add_row(
                codec,
                offer.name,
                study.sizes_of(offer),
                *(f"{band.saving:.1%}" if band.photos else "" for band in bands),
                "" if rate is None else f"{rate.mean:+.1%}",
                "" if crossing is None else f"{crossing.median:.{decimals}f}",
            )
    return table


def _rising(bands: Sequence[float]) -> tuple[float, ...]:
    return tuple(sorted(set(bands)))


if __name__ == "__main__":
    run_command(BandwidthConfig, main)
