"""The plot of a comparison: what each source of the teacher's signal adds, in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from distill.comparison import PLAIN, Result
from plumbing.disk import whole_file

_BLUE, _GREY = "#1f5fa8", "#8a8a8a"
_WORTH_IT_DB = 0.05


def draw_differences(path: Path, results: Sequence[Result]) -> None:
    """Draw the gain over the truth alone: a point with its 95 % interval, and each seed beside it.

    Args:
        path: A .png.
        results: Of one degradation after the other, each with its `PLAIN`.
    """
    kinds = list(dict.fromkeys(result.degradation for result in results))
    rows = max(sum(result.degradation == kind for result in results) for kind in kinds)
    figure = Figure(figsize=(5.5 * len(kinds) + 1.0, 0.55 * rows + 1.8), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle("What the teacher adds, same student, equal steps", fontweight="bold")
    panels = np.atleast_1d(figure.subplots(1, len(kinds), sharey=True, sharex=True))
    for axes, kind in zip(panels, kinds, strict=True):
        shown = [result for result in results if result.degradation == kind]
        spread = next(result for result in shown if result.variant == PLAIN).gain_by_seed
        axes.axvspan(spread.min(), spread.max(), color=_GREY, alpha=0.2, linewidth=0,
                     label="truth alone, its seeds")  # fmt: skip
        axes.axvline(0.0, color=_GREY, linewidth=1)
        axes.axvline(_WORTH_IT_DB, color=_GREY, linewidth=1, linestyle="--",
                     label=f"{_WORTH_IT_DB} dB")  # fmt: skip
        others = [result for result in shown if result.variant != PLAIN]
        for row, result in enumerate(others):
            axes.plot(result.gain_by_seed, [row] * len(result.gain_by_seed), "o",
                      color=_BLUE, alpha=0.35, markersize=5)  # fmt: skip
            axes.errorbar(float(result.gain.mean()), row, xerr=result.interval, fmt="D",
                          color=_BLUE, capsize=4)  # fmt: skip
        axes.set_yticks(range(len(others)), [result.variant for result in others])
        axes.set_ylim(len(others) - 0.5, -0.5)
        axes.set_xlabel("PSNR gain over truth alone, dB")
        axes.set_title(f"{kind} input")
        axes.grid(axis="x", alpha=0.25)
    panels[0].legend(frameon=False, loc="best", fontsize=8)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
