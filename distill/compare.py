"""Measure what a teacher adds: the same student with and without each source of its signal.

Trains every variant with several seeds, equal steps and the same crops, measures all of them on a
benchmark, and writes two tables and a plot. Each training has its own run folder: a stopped
comparison continues when the command is given again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from distill.benchmark import load_benchmark, psnr_of
from distill.figures import Gain, GainPanel, draw_gains
from distill.run import DistillConfig, distil
from distill.sources import SourceConfig
from distill.students import StudentConfig
from plumbing.command import UserError, flag_value, run_command
from plumbing.disk import write_csv
from plumbing.progress import console
from teacher.enlarging.network import network_enlarger
from teacher.recipes.stages import StagedRecipe
from teacher.runs.folder import load_network
from teacher.training.data import DataConfig, DegradationKind, PhotosConfig
from teacher.training.speed import Speed

BASELINE = "truth alone"
"""The variant that all others are compared with."""

_RECIPE = StagedRecipe(steps=5000)
_FIGURES = ("mean_psnr", "spread_of_seeds", "gain", "gain_interval")


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Settings of `python -m distill.compare`."""

    teacher: Path
    """Run folder of the teacher."""
    benchmark: Path
    """Folder of photos to measure on; many small photos say more than a few large ones."""
    run: Path
    """Output folder: a run folder for each training, two tables and a plot."""
    data: tyro.conf.OmitArgPrefixes[PhotosConfig] = field(default_factory=PhotosConfig)
    seeds: int = 3
    """Number of trainings of each variant, each with another seed."""
    degradations: tuple[DegradationKind, ...] = ("clean", "web")
    """Inputs that the students are trained and measured on; `web` is measured on JPEGs of encoder
    quality 75, `fine` on JPEGs of 85."""
    teacher_ensemble: bool = True
    """Average the teacher's output over all eight orientations of the input."""
    sources: tyro.conf.OmitArgPrefixes[SourceConfig] = field(default_factory=SourceConfig)
    network: tyro.conf.OmitArgPrefixes[StudentConfig] = field(
        default_factory=lambda: StudentConfig(student="nano")
    )
    expansion: int = 64
    """Channels inside the collapsible blocks."""
    recipe: Annotated[StagedRecipe, tyro.conf.arg(name="")] = field(default_factory=lambda: _RECIPE)
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)

    def __post_init__(self) -> None:
        if self.seeds < 1 or not self.degradations:
            raise ValueError("at least one seed and one degradation are needed")


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to train the student."""

    recipe: StagedRecipe
    """Weights of truth and teacher."""
    sources: SourceConfig
    """Photos beyond the training photos."""
    taught: bool
    """Whether a teacher is needed."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """Quality that a variant reached."""

    degradation: DegradationKind
    """Input it was trained and measured on."""
    variant: str
    """Name of the variant."""
    psnr: NDArray[np.float64]
    """(seeds, photos), in dB."""
    gain: NDArray[np.float64]
    """(photos,): difference from the baseline in dB, averaged over the seeds."""

    @property
    def interval(self) -> float:
        """Half the width of the mean gain's 95 % interval over the photos."""
        return 1.96 * float(self.gain.std(ddof=1)) / len(self.gain) ** 0.5

    @property
    def gain_by_seed(self) -> NDArray[np.float64]:
        """(seeds,): each seed's mean PSNR minus the baseline's mean over all seeds."""
        return self.psnr.mean(axis=1) - float((self.psnr.mean(axis=0) - self.gain).mean())


def variants(config: CompareConfig) -> dict[str, Variant]:
    """List the variants to compare, by name."""
    recipe, sources = config.recipe, config.sources
    untaught = replace(
        recipe,
        **{
            name: replace(stage, truth=max(stage.truth, 1.0), teacher=0.0)
            for name, stage in zip(("stage1", "stage2", "stage3"), recipe.stages, strict=True)
        },
    )
    no_sources = replace(sources, lr_only_photos=None, zoomed_photos=0, other_photos=None)
    single = {
        "LR-only photos": {"lr_only_photos": sources.lr_only_photos},
        "zoomed photos": {"zoomed_photos": sources.zoomed_photos},
        "other sites": {"other_photos": sources.other_photos},
    }
    given = {name: setting for name, setting in single.items() if any(setting.values())}
    listed = {
        BASELINE: Variant(recipe=untaught, sources=no_sources, taught=False),
        "teacher beside truth": Variant(recipe=recipe, sources=no_sources, taught=True),
    }
    for name, setting in given.items():
        only = replace(no_sources, **setting)
        listed[name] = Variant(recipe=untaught, sources=only, taught=True)
    if given:
        listed["all of it"] = Variant(recipe=recipe, sources=sources, taught=True)
    return listed


def train(config: CompareConfig, degradation: DegradationKind, name: str, seed: int) -> Path:
    """Train one student of a variant and return its run folder."""
    variant = variants(config)[name]
    folder = config.run / f"{degradation}-{name.replace(' ', '-').lower()}-{seed}"
    console.print(f"{degradation}, {name}, seed {seed}")
    distil(
        DistillConfig(
            data=DataConfig(**vars(config.data), degradation=degradation),
            run=folder,
            teacher=config.teacher if variant.taught else None,
            # Those without a teacher have its scale too.
            scale=load_network(config.teacher)[0].scale,
            teacher_ensemble=config.teacher_ensemble,
            network=config.network,
            expansion=config.expansion,
            sources=variant.sources,
            recipe=variant.recipe,
            seed=seed,
            speed=config.speed,
        )
    )
    return folder


def measure(config: CompareConfig, degradation: DegradationKind) -> tuple[list[Result], list[str]]:
    """Train and measure all variants on one degradation.

    Returns:
        The results, and the names of the photos they were measured on.

    Raises:
        UserError: The benchmark holds fewer than two photos.
    """
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
        raise UserError(f"--benchmark {config.benchmark} must hold at least two photos")
    baseline = np.array(psnr[BASELINE])
    results = []
    for name in names:
        values = np.array(psnr[name])
        gain = (values - baseline).mean(axis=0)
        results.append(Result(degradation=degradation, variant=name, psnr=values, gain=gain))
    return results, photos


def write_tables(folder: Path, results: Sequence[Result], photos: Sequence[str]) -> None:
    """Write `compare.csv`, every photo of every seed, and `summary.csv`."""
    write_csv(
        folder / "compare.csv",
        ["degradation", "variant", "seed", "photo", "psnr"],
        (
            {
                "degradation": result.degradation,
                "variant": result.variant,
                "seed": seed,
                "photo": photo,
                "psnr": value,
            }
            for result in results
            for seed, row in enumerate(result.psnr)
            for photo, value in zip(photos, row, strict=True)
        ),
    )
    write_csv(
        folder / "summary.csv",
        ["degradation", "variant", *_FIGURES],
        (
            {
                "degradation": result.degradation,
                "variant": result.variant,
                **dict(zip(_FIGURES, _figures(result), strict=True)),
            }
            for result in results
        ),
    )


def table_of(results: Sequence[Result]) -> Table:
    """Lay the results out for a terminal."""
    table = Table(title="PSNR on luma in dB; gain: paired per photo, with its 95 % interval")
    for name in ("input", "learned from"):
        table.add_column(name)
    for name in ("mean", "spread of seeds", "gain"):
        table.add_column(name, justify="right")
    for result in results:
        mean, spread, gain, interval = _figures(result)
        shown = "" if result.variant == BASELINE else f"{gain:+.3f} ± {interval:.3f}"
        figures = (f"{mean:.3f}", f"{spread:.3f}", shown)
        table.add_row(result.degradation, result.variant, *figures)
    return table


def _figures(result: Result) -> tuple[float, float, float, float]:
    """Compute what `_FIGURES` names."""
    by_seed = result.psnr.mean(axis=1)
    spread = float(by_seed.std(ddof=1)) if len(by_seed) > 1 else float("nan")
    return float(by_seed.mean()), spread, float(result.gain.mean()), result.interval


def _panel(results: Sequence[Result]) -> GainPanel:
    """Turn the results of one degradation into a panel of the plot."""
    (baseline,) = [result for result in results if result.variant == BASELINE]
    return GainPanel(
        kind=baseline.degradation,
        baseline_by_seed=baseline.gain_by_seed,
        gains=[
            Gain(
                variant=result.variant,
                mean=float(result.gain.mean()),
                interval=result.interval,
                by_seed=result.gain_by_seed,
            )
            for result in results
            if result.variant != BASELINE
        ],
    )


def main(config: CompareConfig) -> None:
    """Run the command."""
    results: list[Result] = []
    panels: list[GainPanel] = []
    photos: list[str] = []
    for degradation in config.degradations:
        measured, photos = measure(config, degradation)
        results += measured
        panels.append(_panel(measured))
    write_tables(config.run, results, photos)
    draw_gains(config.run / "compare.png", panels)
    Console().print(table_of(results))
    Console().print(f"wrote {config.run}/compare.csv, summary.csv and compare.png")


def defaults(arguments: Sequence[str]) -> CompareConfig | None:
    """Choose the defaults for these arguments: an optimiser has its own rates."""
    optimizer = flag_value(arguments, "--optimizer")
    if optimizer is None:
        return None
    return CompareConfig(
        teacher=tyro.MISSING,
        benchmark=tyro.MISSING,
        run=tyro.MISSING,
        recipe=_RECIPE.suited_to(optimizer),
    )


if __name__ == "__main__":
    run_command(CompareConfig, main, default=defaults(sys.argv[1:]))
