"""The report's plots, as SVG for the page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MultipleLocator, PercentFormatter

from export.bandwidth.compare import compare_at
from export.bandwidth.plan import FULL
from export.bandwidth.policies import WITHOUT_NETWORK, policies
from export.bandwidth.report.colours import (
    BROWSER,
    EDGE,
    INK,
    LINE,
    QUIET,
    STUDENTS,
    TOGETHER,
    colour_of,
    themed,
)
from export.bandwidth.study import Study
from pixels.sending.codecs import Codec

_SHOWN_BD = 1.0  # larger losses are drawn at the edge

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "halfsize",
    "font.family": "sans-serif",
    "font.size": 10.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.edgecolor": EDGE,
    "axes.labelcolor": QUIET,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "text.color": INK,
    "legend.frameon": False,
}


def draw_curves(study: Study) -> str:
    """Draw mean quality against mean bits per pixel of all photos, a point for each setting."""
    figure, (panels,) = _panels(study, height=3.7)
    low, high = study.judging.shown_range
    for axes, codec in zip(panels, study.codecs, strict=True):
        for way in (FULL, *study.shippable):
            reduction = None if way == FULL else study.plan.reduction
            rows = [
                [
                    (8.0 * point.bytes_ / photo.pixels, point.scores[study.judging.key])
                    for point in points
                ]
                for photo in study.photos
                if (points := photo.points(codec, way, reduction)) is not None
            ]
            mean = np.array(rows).mean(axis=0)
            _line(axes, study, way, mean[:, 0], mean[:, 1], marker="o")
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
        axes.set_xlabel("bits per pixel of the original")
    # The panels share their axis: its limits are those of all of them.
    panels[0].set_ylim(max(low, panels[0].get_ylim()[0]), high)
    panels[0].set_ylabel(f"mean {_axis(study)}")
    return _svg(figure, panels[0])


def draw_savings(study: Study) -> str:
    """Draw bytes saved, and photos where a reduced file is smaller, against quality."""
    figure, rows = _panels(study, height=5.6, rows=2)
    grid = study.judging.grid()
    for axes, below, codec in zip(rows[0], rows[1], study.codecs, strict=True):
        for offer in study.offers:
            way, bands = offer.name, [compare_at(study, codec, offer.ways, band) for band in grid]
            savings = [band.saving if band.photos else np.nan for band in bands]
            won = [band.won if band.photos else np.nan for band in bands]
            _line(axes, study, way, grid, savings)
            _line(below, study, way, grid, won)
        below.set_xlabel(_axis(study))
        axes.set_xlim(grid[0], grid[-1])
        below.set_xlim(grid[0], grid[-1])
        for panel in (axes, below):
            panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    rows[0][0].set_ylim(bottom=0.0)  # when all panels that share the axis have their lines
    rows[1][0].set_ylim(0.0, 1.0)
    rows[0][0].set_ylabel("bytes saved, all photos")
    rows[1][0].set_ylabel("photos smaller when reduced")
    return _svg(figure, rows[0][0])


def draw_points_gained(study: Study, networks: Sequence[str]) -> str:
    """Draw what scores gain over the browser's own enlargement of the same file."""
    figure, (panels,) = _panels(study, height=3.5, share_y=True)
    grid = study.judging.grid()
    for axes, codec in zip(panels, study.codecs, strict=True):
        plain = [name for name in study.plain if name not in study.browsers]
        for way in (*plain, *networks):
            means = [_mean_gain(study, codec, way, band) for band in grid]
            _line(axes, study, way, grid, means)
        axes.axhline(0.0, color=QUIET, linewidth=0.8)
        axes.set_xlabel(f"{_axis(study)} of the full-size file\nwith the same bytes")
    panels[0].set_ylabel(f"{study.judging.unit} above the browser's own")
    return _svg(figure, panels[0])


def draw_bd_rates(study: Study) -> str:
    """Draw every photo's BD-rate against full size."""
    ways = study.shippable
    figure, (panels,) = _panels(study, height=0.9 + 0.5 * len(ways), share_y=True)
    rng = np.random.default_rng(0)
    for axes, codec in zip(panels, study.codecs, strict=True):
        for row, way in enumerate(reversed(ways)):
            deltas = (pair.bd_rate(way) for pair in study.pairs(codec))
            values = np.array([delta.value for delta in deltas if delta is not None])
            if not values.size:
                continue
            shown = np.clip(values, -_SHOWN_BD, _SHOWN_BD)
            jitter = row + rng.uniform(-0.22, 0.22, len(shown))
            colour = colour_of(study, way)
            axes.scatter(shown, jitter, s=16, alpha=0.6, color=colour, linewidths=0, clip_on=False)
            axes.plot([np.median(values)] * 2, [row - 0.33, row + 0.33], color=INK, linewidth=2)
        axes.axvline(0.0, color=QUIET, linewidth=0.8)
        axes.set_yticks(range(len(ways)), list(reversed(ways)))
        axes.set_xlim(-_SHOWN_BD, _SHOWN_BD)
        axes.xaxis.set_major_locator(MultipleLocator(_SHOWN_BD / 2.0))  # labels must not touch
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("change in bytes at equal quality")
    return _svg(figure, None)


def draw_policies(study: Study, band: float) -> str:
    """Draw the bytes saved by what may be chosen for each photo."""
    found = {codec: policies(study, codec, band) for codec in study.codecs}
    lines = max(len(rows) for rows in found.values())
    with mpl.rc_context(_STYLE):
        height = 0.6 + len(found) * (0.45 + 0.3 * lines)
        figure = Figure(figsize=(9.6, height), layout="constrained")
        FigureCanvasAgg(figure)
        grid = np.asarray(figure.subplots(len(found), 1, sharex=True, squeeze=False))
        panels = list(grid[:, 0])
        for axes, codec in zip(panels, found, strict=True):
            axes.set_title(codec)
    for axes, rows in zip(panels, found.values(), strict=True):
        names = [policy.name for policy in reversed(rows)]
        values = [policy.saving for policy in reversed(rows)]
        colours = [BROWSER if name in WITHOUT_NETWORK else STUDENTS[0] for name in names]
        bars = axes.barh(names, values, color=colours, height=0.62)
        axes.bar_label(
            bars, [f"{value:.1%}" for value in values], padding=4, fontsize=9.5, color=INK
        )
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.margins(x=0.12)
    panels[-1].set_xlabel(f"bytes saved against full size at {study.judging.at(band)}")
    return _svg(figure, None)


def _mean_gain(study: Study, codec: Codec, way: str, band: float) -> float:
    gains = [pair.points_gained(way, study.browser_of(way), band) for pair in study.pairs(codec)]
    known = [gain for gain in gains if gain is not None]
    return float(np.mean(known)) if known else np.nan


def _axis(study: Study) -> str:
    """Name the judge's scores at an axis."""
    return study.judging.name if study.judging.screen is None else f"JOD {study.judging.where}"


def _panels(
    study: Study, *, height: float, rows: int = 1, share_y: bool = False
) -> tuple[Figure, list[list[Axes]]]:
    """Make a figure with a panel for each codec, in one or more rows."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9.6, height), layout="constrained")
        FigureCanvasAgg(figure)
        sharing = True if share_y else "row"
        grid = np.asarray(figure.subplots(rows, len(study.codecs), sharey=sharing, squeeze=False))
        for axes, codec in zip(grid[0], study.codecs, strict=True):
            axes.set_title(codec)
    return figure, [list(row) for row in grid]


def _line(
    axes: Axes, study: Study, way: str, x: Iterable[float], y: Iterable[float], marker: str = ""
) -> None:
    width = 2.2 if way in (*study.networks, *TOGETHER) else 1.6
    # Where photos are sent at several sizes, the smallest is solid and all others are dashed.
    dashed = len(study.scales) > 1 and study.scale_of(way) not in (1, study.scales[0])
    axes.plot(
        list(x), list(y), label=way, color=colour_of(study, way), linewidth=width,
        linestyle="--" if dashed else "-", marker=marker, markersize=3.5,
    )  # fmt: skip


def _svg(figure: Figure, legend_of: Axes | None) -> str:
    """Return a figure as an `<svg>` element, with the legend of one panel above it."""
    if legend_of is not None:
        handles, names = legend_of.get_legend_handles_labels()
        figure.legend(
            handles,
            names,
            loc="outside upper left",
            ncols=min(6, len(names)),
            frameon=False,
            labelcolor=INK,
        )
    file = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return themed(text[text.index("<svg") :])
