"""Is the teacher worth it? The same student with and without each source of its signal.

Trains every variant with several seeds, equal steps and the same crops, measures all of them on a
benchmark, and writes a table and a plot. Each training is a run folder of its own: the command can
be stopped and given again.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

from distill.benchmark import load_benchmark, psnr_of
from distill.compare_figure import draw_differences
from distill.comparison import PLAIN, Result
from distill.run import DistillConfig, distil
from distill.sources import SourceConfig
from distill.students import StudentConfig
from plumbing.command import UserError, run_command
from plumbing.disk import whole_file
from plumbing.progress import console
from teacher.enlarging.runner import network_enlarger
from teacher.recipes.stages import StagedRecipe
from teacher.runs.folder import load_network
from teacher.training.data import DataConfig, DegradationKind
from teacher.training.speed import Speed


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Settings of `python -m distill.compare`."""

    teacher: Path
    """Run folder of the teacher."""
    benchmark: Path
    """Folder of photos to measure on; many small ones tell more than a few."""
    run: Path
    """Folder to write: a run folder for each training, tables and a plot."""
    data: tyro.conf.OmitArgPrefixes[DataConfig] = field(default_factory=DataConfig)
    seeds: int = 3
    """How often each variant is trained."""
    degradations: tuple[DegradationKind, ...] = ("clean", "web")
    """What the students are trained and measured on: `clean`, `web` or both; `web` is measured on
    JPEGs of quality 75."""
    teacher_ensemble: bool = True
    """Ask the teacher in all eight orientations and average."""
    sources: tyro.conf.OmitArgPrefixes[SourceConfig] = field(default_factory=SourceConfig)
    network: tyro.conf.OmitArgPrefixes[StudentConfig] = field(
        default_factory=lambda: StudentConfig(student="nano")
    )
    expansion: int = 64
    """Channels inside the collapsible blocks."""
    recipe: Annotated[StagedRecipe, tyro.conf.arg(name="")] = field(
        default_factory=lambda: StagedRecipe(steps=5000)
    )
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)

    def __post_init__(self) -> None:
        if self.seeds < 1 or not self.degradations:
            raise ValueError("at least one seed and one of the degradations are needed")
        if self.data.degradation != "clean":
            raise ValueError("give --degradations, not --degradation: several are compared")


def variants(config: CompareConfig) -> dict[str, tuple[StagedRecipe, SourceConfig, bool]]:
    """List what is compared: the recipe, the sources, and whether a teacher is needed, by name."""
    recipe, sources = config.recipe, config.sources
    alone = replace(
        recipe,
        **{
            name: replace(stage, truth=max(stage.truth, 1.0), teacher=0.0)
            for name, stage in zip(("stage1", "stage2", "stage3"), recipe.stages, strict=True)
        },
    )
    nothing = replace(sources, lr_only_photos=None, zoomed_photos=0, other_photos=None)
    listed = {PLAIN: (alone, nothing, False), "teacher beside truth": (recipe, nothing, True)}
    single = {
        "LR-only photos": {"lr_only_photos": sources.lr_only_photos},
        "zoomed photos": {"zoomed_photos": sources.zoomed_photos},
        "other sites": {"other_photos": sources.other_photos},
    }
    asked = {name: only for name, only in single.items() if any(only.values())}
    for name, only in asked.items():
        listed[name] = (alone, replace(nothing, **only), True)
    if asked:
        listed["all of it"] = (recipe, sources, True)
    return listed


def train(config: CompareConfig, degradation: DegradationKind, variant: str, seed: int) -> Path:
    """Train one student; give its run folder."""
    recipe, sources, taught = variants(config)[variant]
    folder = config.run / f"{degradation}-{variant.replace(' ', '-').lower()}-{seed}"
    console.print(f"{degradation}, {variant}, seed {seed}")
    distil(
        DistillConfig(
            data=replace(config.data, degradation=degradation),
            run=folder,
            teacher=config.teacher if taught else None,
            teacher_ensemble=config.teacher_ensemble,
            network=config.network,
            expansion=config.expansion,
            sources=sources,
            recipe=recipe,
            seed=seed,
            speed=config.speed,
        )
    )
    return folder


def measure(config: CompareConfig, degradation: DegradationKind) -> tuple[list[Result], list[str]]:
    """Train and measure all variants on one degradation; the photos' names come second."""
    names = list(variants(config))
    psnr: dict[str, list[list[float]]] = {name: [] for name in names}
    photos: list[str] = []
    for seed in range(config.seeds):
        for name in names:
            network, _ = load_network(train(config, degradation, name, seed))
            samples = load_benchmark(config.benchmark, network.scale, degradation)
            photos = [sample.name for sample in samples]
            psnr[name].append(psnr_of(network_enlarger(network), samples))
    if len(photos) < 2:
        raise UserError(f"--benchmark {config.benchmark} must hold two photos or more")
    plain = np.array(psnr[PLAIN])
    results = []
    for name in names:
        values = np.array(psnr[name])
        gain = (values - plain).mean(axis=0)
        results.append(Result(degradation=degradation, variant=name, psnr=values, gain=gain))
    return results, photos


def write_tables(folder: Path, results: Sequence[Result], photos: Sequence[str]) -> None:
    """Write `compare.csv`, every photo of every seed, and `summary.csv`."""
    with whole_file(folder / "compare.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["degradation", "variant", "seed", "photo", "psnr"])
        for result in results:
            for seed, row in enumerate(result.psnr):
                for photo, value in zip(photos, row, strict=True):
                    writer.writerow([result.degradation, result.variant, seed, photo, value])
    with whole_file(folder / "summary.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["degradation", "variant", *_columns()])
        for result in results:
            writer.writerow([result.degradation, result.variant, *_figures(result)])


def table_of(results: Sequence[Result]) -> Table:
    """Lay the results out for a terminal."""
    table = Table(title="PSNR on luma in dB; gain: paired per photo, with its 95 % interval")
    for name in ("input", "learned from"):
        table.add_column(name)
    for name in ("mean", "spread of seeds", "gain"):
        table.add_column(name, justify="right")
    for result in results:
        mean, spread, gain, interval = _figures(result)
        told = "" if result.variant == PLAIN else f"{gain:+.3f} ± {interval:.3f}"
        figures = (f"{mean:.3f}", f"{spread:.3f}", told)
        table.add_row(result.degradation, result.variant, *figures)
    return table


def _columns() -> list[str]:
    return ["mean_psnr", "spread_of_seeds", "gain", "gain_interval"]


def _figures(result: Result) -> tuple[float, float, float, float]:
    by_seed = result.psnr.mean(axis=1)
    spread = float(by_seed.std(ddof=1)) if len(by_seed) > 1 else float("nan")
    return float(by_seed.mean()), spread, float(result.gain.mean()), result.interval


def main(config: CompareConfig) -> None:
    """Run the command."""
    results: list[Result] = []
    photos: list[str] = []
    for degradation in config.degradations:
        found, photos = measure(config, degradation)
        results += found
    write_tables(config.run, results, photos)
    draw_differences(config.run / "compare.png", results)
    Console().print(table_of(results))
    Console().print(f"wrote {config.run}/compare.csv, summary.csv and compare.png")


if __name__ == "__main__":
    run_command(CompareConfig, main)
