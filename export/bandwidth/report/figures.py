"""The report's plots, as SVG to be put into a page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, PercentFormatter

from export.bandwidth.compare import band_of
from export.bandwidth.measure import FULL, Measured
from export.bandwidth.policies import policies
from export.bandwidth.rate_quality import bd_rate
from export.bandwidth.study import Study, points_within
from pixels.sending.codecs import Codec

_INK, _QUIET, _LINE = "#1c1c1e", "#6e6e73", "#e5e5ea"
_FIXED = {FULL: "#1c1c1e", "browser": "#9a9aa0", "bicubic": "#b9a36b", "lanczos": "#d08a1d"}
_STUDENTS = ("#2563c9", "#12908e", "#8a4fd3", "#c2416c", "#5b7c1c")
_TEACHER = "#2f7d32"
_GRID_STEP = 2.5
_SHOWN_BD = 1.0  # larger losses are drawn at the edge

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "halfsize",
    "font.family": "sans-serif",
    "font.size": 10.5,
    "axes.edgecolor": "#c7c7cc",
    "axes.labelcolor": _QUIET,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _LINE,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "text.color": _INK,
    "legend.frameon": False,
}


def colour_of(study: Study, way: str) -> str:
    """Give each way its colour, in every plot and table."""
    if way in _FIXED:
        return _FIXED[way]
    if way == study.teacher:
        return _TEACHER
    return _STUDENTS[study.students.index(way) % len(_STUDENTS)]


def draw_curves(study: Study, measured: Sequence[Measured]) -> str:
    """Mean quality against mean bytes per pixel, setting by setting, of all photos."""
    figure, (panels,) = _panels(study, height=3.7)
    for axes, codec in zip(panels, study.codecs, strict=True):
        for way in (FULL, *study.plain, *study.students):
            reduction = None if way == FULL else study.reduction
            rows = [
                [(8.0 * point.bytes_ / (photo.size[0] * photo.size[1]), point.ssimulacra2)
                 for point in curve.points]
                for photo in measured
                for curve in photo.curves
                if (curve.codec, curve.way, curve.reduction) == (codec, way, reduction)
            ]  # fmt: skip
            mean = np.array(rows).mean(axis=0)
            _line(axes, study, way, mean[:, 0], mean[:, 1], marker="o")
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
        axes.set_xlabel("bits per pixel of the original")
        axes.set_ylim(max(-20.0, axes.get_ylim()[0]), 95.0)
    panels[0].set_ylabel("SSIMULACRA2, mean")
    return _svg(figure, panels[0])


def draw_savings(study: Study) -> str:
    """Bytes saved, and photos won, against the wanted quality."""
    figure, rows = _panels(study, height=5.6, rows=2)
    grid = _grid(study)
    for axes, below, codec in zip(rows[0], rows[1], study.codecs, strict=True):
        for way in (*study.plain, *study.students):
            bands = [band_of(study, codec, way, band) for band in grid]
            told = [band if band.photos else None for band in bands]
            _line(axes, study, way, grid, [band.saving if band else np.nan for band in told])
            _line(below, study, way, grid, [band.won if band else np.nan for band in told])
        below.set_xlabel("wanted SSIMULACRA2")
        for panel in (axes, below):
            panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
            panel.set_ylim(bottom=0.0)
        below.set_ylim(0.0, 1.0)
        below.set_title("")
    rows[0][0].set_ylabel("bytes saved, all photos")
    rows[1][0].set_ylabel("photos where half size wins")
    return _svg(figure, rows[0][0])


def draw_points(study: Study, networks: Sequence[str]) -> str:
    """Points gained over the browser's own enlargement by the same file."""
    figure, (panels,) = _panels(study, height=3.5, share_y=True)
    grid, browser = _grid(study), study.plain[0]
    for axes, codec in zip(panels, study.codecs, strict=True):
        for way in (*study.plain[1:], *networks):
            means = [_mean_gain(study, codec, way, browser, band) for band in grid]
            _line(axes, study, way, grid, means)
        axes.axhline(0.0, color=_QUIET, linewidth=0.8)
        axes.set_xlabel("SSIMULACRA2 of the full-size file\nof as many bytes")
    panels[0].set_ylabel("points above the browser's own")
    return _svg(figure, panels[0])


def draw_bd(study: Study) -> str:
    """BD-rate of each photo against full size."""
    ways = (*study.plain, *study.students)
    figure, (panels,) = _panels(study, height=0.9 + 0.5 * len(ways), share_y=True)
    rng = np.random.default_rng(0)
    for axes, codec in zip(panels, study.codecs, strict=True):
        for row, way in enumerate(reversed(ways)):
            values = np.array(_bd_rates(study, codec, way))
            if not values.size:
                continue
            shown = np.clip(values, -_SHOWN_BD, _SHOWN_BD)
            jitter = row + rng.uniform(-0.22, 0.22, len(shown))
            axes.scatter(shown, jitter, s=11, alpha=0.45, color=colour_of(study, way), linewidths=0)
            axes.plot([np.median(values)] * 2, [row - 0.33, row + 0.33], color=_INK, linewidth=2)
        axes.axvline(0.0, color=_QUIET, linewidth=0.8)
        axes.set_yticks(range(len(ways)), list(reversed(ways)))
        axes.set_xlim(-_SHOWN_BD, _SHOWN_BD)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("bytes at equal quality")
    return _svg(figure, None)


def draw_freedoms(study: Study, band: int) -> str:
    """Bytes saved by what may be chosen for each photo."""
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
        colours = ["#9a9aa0" if "enlargement" in name else _STUDENTS[0] for name in names]
        bars = axes.barh(names, values, color=colours, height=0.62)
        axes.bar_label(bars, [f" {value:.1%}" for value in values], fontsize=9.5, color=_INK)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.margins(x=0.12)
    panels[-1].set_xlabel(f"bytes saved against full size at SSIMULACRA2 {band}")
    return _svg(figure, None)


def _mean_gain(study: Study, codec: Codec, way: str, plain: str, band: float) -> float:
    gains = []
    for photo in study.photos:
        full = photo.curve(codec, FULL)
        bytes_ = None if full is None else full.bytes_at(band)
        if bytes_ is None:
            continue
        points = [points_within(study.half(photo, codec, name), bytes_) for name in (way, plain)]
        if points[0] is not None and points[1] is not None:
            gains.append(points[0] - points[1])
    return float(np.mean(gains)) if gains else np.nan


def _bd_rates(study: Study, codec: Codec, way: str) -> list[float]:
    within = (float(min(study.bands)), float(max(study.bands)))
    values = []
    for photo in study.photos:
        full, half = photo.curve(codec, FULL), study.half(photo, codec, way)
        delta = bd_rate(half, full, within) if full and half else None
        if delta is not None:
            values.append(delta.value)
    return values


def _grid(study: Study) -> list[float]:
    low, high = min(study.bands) - 10.0, float(max(study.bands))
    return [float(q) for q in np.arange(max(low, 5.0), high + 0.1, _GRID_STEP)]


def _panels(
    study: Study, *, height: float, rows: int = 1, share_y: bool = False
) -> tuple[Figure, list[list[Axes]]]:
    """Give a panel to each codec, in rows."""
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
    width = 1.6 if way in _FIXED else 2.2
    axes.plot(
        list(x), list(y), label=way, color=colour_of(study, way), linewidth=width,
        marker=marker, markersize=3.5,
    )  # fmt: skip


def _svg(figure: Figure, legend_of: Axes | None) -> str:
    """Write a figure, its legend above it, without what a page does not want."""
    if legend_of is not None:
        handles, names = legend_of.get_legend_handles_labels()
        figure.legend(
            handles, names, loc="outside upper left", ncols=min(6, len(names)), frameon=False
        )
    file = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :]
