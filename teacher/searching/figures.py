"""Plots of a hyperparameter search: history, importance and parallel coordinates."""

from __future__ import annotations

import warnings
from pathlib import Path

import matplotlib as mpl
import optuna
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import TrialState
from optuna.visualization import matplotlib as plots

from plumbing.disk import whole_file

_LEAST_TRIALS = 3  # importance and parallel coordinates are meaningless for fewer


def draw_study(folder: Path, study: optuna.Study) -> None:
    """Write `history.png`, and after a few finished trials `importance.png` and `parallel.png`."""
    mpl.use("agg")
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    # In a context: these plots set a style for all later ones.
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.simplefilter("ignore", UserWarning)  # from optuna's use of matplotlib
        history = plots.plot_optimization_history(study, target_name="PSNR, dB")
        history.xaxis.set_major_locator(MaxNLocator(integer=True))
        _save(history, folder / "history.png")
        if len(complete) < _LEAST_TRIALS:
            return
        importance = plots.plot_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
        _save(importance, folder / "importance.png")
        parallel = plots.plot_parallel_coordinate(study, target_name="PSNR, dB")
        for axes in parallel.figure.axes:
            axes.grid(visible=False)  # a grid behind each scale would hide the numbers
        _save(parallel, folder / "parallel.png")


def _save(axes: Axes, path: Path) -> None:
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    figure.set_size_inches(12.0, 6.0)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=100, format="png", bbox_inches="tight")
    plt.close(figure)
