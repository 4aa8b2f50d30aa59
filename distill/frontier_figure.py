"""The plot of a frontier: quality against what a network costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from distill.frontier_point import Point
from plumbing.disk import whole_file

_BLUE = "#1f5fa8"
_LINES = {"bicubic": "#8a8a8a", "lanczos": "#b8860b", "teacher": "#2e7d32"}
_COSTS = {
    "parameters": "parameters",
    "float16_gzip_bytes": "bytes of weights, gzipped float16",
    "ms_per_megapixel": "ms per megapixel, one thread",
}
_QUALITIES = {"psnr": "PSNR-Y, dB", "ssimulacra2": "SSIMULACRA2"}


def draw_frontier(path: Path, points: Sequence[Point], *, benchmark: str) -> None:
    """Draw each quality against each cost; what is no student is a line.

    Args:
        path: A .png.
        points: Students, and `bicubic`, `lanczos`, `teacher`.
        benchmark: Its name.
    """
    figure = Figure(figsize=(13.0, 7.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(f"Quality on {benchmark} against cost, equal training", fontweight="bold")
    grid = np.asarray(figure.subplots(len(_QUALITIES), len(_COSTS), sharex="col", sharey="row"))
    for row, (quality, told) in zip(grid, _QUALITIES.items(), strict=True):
        for axes, cost in zip(row, _COSTS, strict=True):
            _draw(axes, points, quality, cost)
        row[0].set_ylabel(told)
    for axes, told in zip(grid[-1], _COSTS.values(), strict=True):
        axes.set_xlabel(told)
    grid[0, 0].legend(frameon=False, loc="center right", fontsize=9)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=100, format="png")


def _draw(axes: Axes, points: Sequence[Point], quality: str, cost: str) -> None:
    students = [point for point in points if point.name not in _LINES]
    students.sort(key=lambda point: getattr(point, cost))
    x = [getattr(point, cost) for point in students]
    y = [getattr(point, quality) for point in students]
    axes.plot(x, y, color=_BLUE, marker="o", markersize=6)
    for point, place in zip(students, zip(x, y, strict=True), strict=True):
        # Below: above the best students is the teacher's line.
        axes.annotate(
            point.name, place, textcoords="offset points", xytext=(4, -15), ha="center", fontsize=9
        )
    for point in points:
        if point.name in _LINES:
            value = getattr(point, quality)
            axes.axhline(value, color=_LINES[point.name], linestyle="--", linewidth=1.2,
                         label=f"{point.name}")  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))  # a decade may not be in sight
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    axes.margins(x=0.12, y=0.12)
    axes.grid(alpha=0.25, which="both")


def _short(value: float, _: int | None) -> str:
    return f"{value / 1000:g} K" if value >= 1000 else f"{value:g}"
