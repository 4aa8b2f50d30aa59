"""`report.png` of a run: its curves, and a few photos enlarged by it, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from plumbing.disk import whole_file
from teacher.training.logbook import Curve, read_curves

NAME = "report.png"
_WIDTH_INCHES, _CURVES_INCHES, _PICTURES_INCHES = 13.0, 3.4, 3.3
_KINDS = ("input", "bicubic", "network", "truth")
_CLOSE_UP_PX = 96
_BLUE, _ORANGE, _GREY = "#1f5fa8", "#c8601a", "#8a8a8a"


def write_report(folder: Path, pictures: Mapping[str, Tensor]) -> None:
    """Draw the curves of a run's TensorBoard events, and pictures below them.

    Args:
        folder: The run folder.
        pictures: `NUMBER/KIND` to (3, height, width) in [0, 1]; kinds are input, bicubic, network
            and truth. May be empty.
    """
    curves = read_curves(folder)
    rows = sorted({name.partition("/")[0] for name in pictures})
    heights = [_CURVES_INCHES, *[_PICTURES_INCHES] * len(rows)]
    figure = Figure(figsize=(_WIDTH_INCHES, sum(heights) + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(folder.name, fontweight="bold")
    bands = np.atleast_1d(np.asarray(figure.subfigures(len(heights), 1, height_ratios=heights)))
    loss, quality, rate = bands[0].subplots(1, 3)
    _draw_loss(loss, curves)
    _draw_quality(quality, curves)
    _draw_rate(rate, curves)
    for row, band in zip(rows, bands[1:], strict=True):
        shown = {kind: pictures[f"{row}/{kind}"] for kind in _KINDS}
        place = _busiest(shown["truth"])
        for axes, (kind, picture) in zip(band.subplots(1, 4), shown.items(), strict=True):
            axes.imshow(_close_up(picture, place), interpolation="nearest")
            axes.set_axis_off()
            axes.set_title(kind, fontsize=10)
    with whole_file(folder / NAME) as temporary:
        figure.savefig(temporary, dpi=100, format="png")


def _draw_loss(axes: Axes, curves: Mapping[str, Curve]) -> None:
    _label(axes, "training loss")
    if "loss" not in curves:
        return
    steps, values = curves["loss"]
    axes.plot(steps, values, color=_BLUE, alpha=0.3, linewidth=1)
    axes.plot(steps, _smoothed(values), color=_BLUE, linewidth=1.8, label="smoothed")
    if min(values) > 0.0:
        axes.set_yscale("log")
    axes.legend(frameon=False)


def _draw_quality(axes: Axes, curves: Mapping[str, Curve]) -> None:
    _label(axes, "validation PSNR, dB")
    if "validation/psnr" not in curves:
        axes.text(0.5, 0.5, "not validated", ha="center", va="center", transform=axes.transAxes)
        return
    steps, values = curves["validation/psnr"]
    axes.plot(steps, values, color=_BLUE, marker="o", markersize=4, label="network")
    _, bicubic = curves["validation/bicubic_psnr"]
    axes.axhline(bicubic[-1], color=_GREY, linestyle="--", label=f"bicubic {bicubic[-1]:.2f}")
    axes.annotate(
        f"{values[-1]:.2f}", (steps[-1], values[-1]), textcoords="offset points",
        xytext=(0, 6), ha="right", color=_BLUE,
    )  # fmt: skip
    axes.margins(y=0.15)
    axes.legend(frameon=False, loc="center right")


def _draw_rate(axes: Axes, curves: Mapping[str, Curve]) -> None:
    _label(axes, "learning rate")
    if "rate" in curves:
        axes.plot(*curves["rate"], color=_BLUE)
        axes.set_ylim(bottom=0.0)
    if "momentum" in curves:
        other = axes.twinx()
        other.plot(*curves["momentum"], color=_ORANGE)
        other.set_ylim(0.0, 1.0)
        other.set_ylabel("momentum", color=_ORANGE)


def _label(axes: Axes, title: str) -> None:
    axes.set_title(title)
    axes.set_xlabel("step")
    axes.grid(alpha=0.25)


def _smoothed(values: list[float]) -> NDArray[np.float64]:
    """Average over a tenth of the curve around each point; over fewer points at the ends."""
    reach = len(values) // 20
    starts = [max(0, index - reach) for index in range(len(values))]
    return np.array(
        [np.mean(values[start : index + reach + 1]) for index, start in enumerate(starts)]
    )


def _busiest(picture: Tensor) -> tuple[int, int]:
    """Find the most detailed window: the one with the largest gradients."""
    grey = picture.mean(dim=0).double().numpy()
    rows, columns = np.gradient(grey) if min(grey.shape) > 1 else (grey, grey)
    strength = np.hypot(rows, columns)
    side = _CLOSE_UP_PX
    places = [
        (top, left)
        for top in range(0, max(1, grey.shape[0] - side + 1), side // 4)
        for left in range(0, max(1, grey.shape[1] - side + 1), side // 4)
    ]
    sums = [strength[top : top + side, left : left + side].sum() for top, left in places]
    return places[int(np.argmax(sums))]


def _close_up(picture: Tensor, place: tuple[int, int]) -> NDArray[np.float32]:
    top, left = place
    cut = picture[:, top : top + _CLOSE_UP_PX, left : left + _CLOSE_UP_PX]
    return cut.clamp(0.0, 1.0).permute(1, 2, 0).numpy()
