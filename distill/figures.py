"""The plots of the two studies of students: `distill.compare` and `distill.frontier`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator
from numpy.typing import NDArray

from plumbing.disk import whole_file

_BLUE, _GREY = "#1f5fa8", "#8a8a8a"
_WORTH_IT_DB = 0.05
_REFERENCES = {"bicubic": "#8a8a8a", "lanczos": "#b8860b", "teacher": "#2e7d32"}
_COSTS = {
    "parameters": "parameters",
    "float16_gzip_bytes": "bytes of weights, gzipped float16",
    "ms_per_megapixel": "ms per megapixel, one thread",
}
_QUALITIES = {"psnr": "PSNR-Y, dB", "ssimulacra2": "SSIMULACRA2"}


@dataclass(frozen=True, kw_only=True)
class Gain:
    """Gain of one variant over the baseline, in dB."""

    variant: str
    """Label of the row."""
    mean: float
    """Over photos and seeds."""
    interval: float
    """Half the width of its 95 % interval."""
    by_seed: NDArray[np.float64]
    """(seeds,)."""


@dataclass(frozen=True, kw_only=True)
class GainPanel:
    """Gains on one kind of input."""

    kind: str
    """Kind of input, for the title."""
    baseline_by_seed: NDArray[np.float64]
    """(seeds,): how far the baseline's own seeds lie from their mean, in dB."""
    gains: Sequence[Gain]
    """One for each variant."""


def draw_gains(path: Path, panels: Sequence[GainPanel]) -> None:
    """Draw the gain over the baseline: a point with its 95 % interval, and a dot for each seed.

    Args:
        path: A .png file to write.
        panels: Drawn side by side; all with the same variants.
    """
    rows = 1 + max(len(panel.gains) for panel in panels)
    figure = Figure(figsize=(5.5 * len(panels) + 1.0, 0.55 * rows + 1.8), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle("What the teacher adds, same student, equal steps", fontweight="bold")
    grid = np.atleast_1d(figure.subplots(1, len(panels), sharey=True, sharex=True))
    for axes, panel in zip(grid, panels, strict=True):
        _draw_gains(axes, panel)
    grid[0].legend(frameon=False, loc="best", fontsize=8)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")


def _draw_gains(axes: Axes, panel: GainPanel) -> None:
    spread = panel.baseline_by_seed
    axes.axvspan(spread.min(), spread.max(), color=_GREY, alpha=0.2, linewidth=0,
                 label="truth alone, its seeds")  # fmt: skip
    axes.axvline(0.0, color=_GREY, linewidth=1)
    axes.axvline(_WORTH_IT_DB, color=_GREY, linewidth=1, linestyle="--",
                 label=f"{_WORTH_IT_DB} dB")  # fmt: skip
    for row, gain in enumerate(panel.gains):
        axes.plot(gain.by_seed, [row] * len(gain.by_seed), "o",
                  color=_BLUE, alpha=0.35, markersize=5)  # fmt: skip
        axes.errorbar(gain.mean, row, xerr=gain.interval, fmt="D", color=_BLUE, capsize=4)
    axes.set_yticks(range(len(panel.gains)), [gain.variant for gain in panel.gains])
    axes.set_ylim(len(panel.gains) - 0.5, -0.5)
    axes.set_xlabel("PSNR gain over truth alone, dB")
    axes.set_title(f"{panel.kind} input")
    axes.grid(axis="x", alpha=0.25)


def draw_frontier(
    path: Path, networks: Mapping[str, Mapping[str, float]], *, benchmark: str
) -> None:
    """Draw each quality against each cost: students as points, everything else as lines.

    Args:
        path: A .png file to write.
        networks: By name, `psnr` and `ssimulacra2`; for students `parameters`,
            `float16_gzip_bytes` and `ms_per_megapixel` as well. `bicubic`, `lanczos` and `teacher`
            are drawn as lines.
        benchmark: Name of the photos, for the title.
    """
    figure = Figure(figsize=(13.0, 7.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(f"Quality on {benchmark} against cost, equal training", fontweight="bold")
    grid = np.asarray(figure.subplots(len(_QUALITIES), len(_COSTS), sharex="col", sharey="row"))
    for row, (quality, label) in zip(grid, _QUALITIES.items(), strict=True):
        for axes, cost in zip(row, _COSTS, strict=True):
            _draw_quality_against_cost(axes, networks, quality, cost)
        row[0].set_ylabel(label)
    for axes, label in zip(grid[-1], _COSTS.values(), strict=True):
        axes.set_xlabel(label)
    grid[0, 0].legend(frameon=False, loc="center right", fontsize=9)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=100, format="png")


def _draw_quality_against_cost(
    axes: Axes, networks: Mapping[str, Mapping[str, float]], quality: str, cost: str
) -> None:
    students = [name for name in networks if name not in _REFERENCES]
    students.sort(key=lambda name: networks[name][cost])
    x = [networks[name][cost] for name in students]
    y = [networks[name][quality] for name in students]
    axes.plot(x, y, color=_BLUE, marker="o", markersize=6)
    for name, place in zip(students, zip(x, y, strict=True), strict=True):
        # Below the point: the teacher's line runs above the best students.
        axes.annotate(
            name, place, textcoords="offset points", xytext=(4, -15), ha="center", fontsize=9
        )
    for name, colour in _REFERENCES.items():
        if name in networks:
            axes.axhline(networks[name][quality], color=colour, linestyle="--", linewidth=1.2,
                         label=name)  # fmt: skip
    axes.set_xscale("log")
    # Ticks at 1, 2 and 5: the axis may span less than a decade.
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    axes.margins(x=0.12, y=0.12)
    axes.grid(alpha=0.25, which="both")


def _short(value: float, _: int | None) -> str:
    return f"{value / 1000:g} K" if value >= 1000 else f"{value:g}"
