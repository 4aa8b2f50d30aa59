"""The tables of a codec: bytes at a target, and what students add at each setting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from rich.table import Table

from pixels.sending.codecs import Codec
from tools.compare_students.measure import BYTES, FULL, JOD, LANCZOS, POINTS, SETTING, Curve, Photo

TARGETS = (*((JOD, at) for at in (9.3, 9.5, 9.7, 9.8)), *((POINTS, at) for at in (45, 50, 55, 60)))
# Fewer photos say nothing of a target.
LEAST_PHOTOS = 4


def bytes_at(curve: Curve, judge: int, target: float) -> float | None:
    """Interpolate the bytes at a score, on their logarithm; None outside what was measured."""
    ordered = curve[curve[:, BYTES].argsort()]
    for low, high in pairwise(ordered):
        if low[judge] <= target <= high[judge] and low[judge] < high[judge]:
            share = (target - low[judge]) / (high[judge] - low[judge])
            return float(np.exp(np.interp(share, [0, 1], np.log([low[BYTES], high[BYTES]]))))
    return None


def tables(codec: Codec, photos: Sequence[Photo], models: Sequence[str]) -> list[Table]:
    """Make the tables of a codec: bytes against the first model and full size, and by setting."""
    ratio = Table(title=f"{codec}: bytes against {models[0]}, mean of the photos' ratios")
    saved = Table(title=f"{codec}: bytes against full size, each photo in its smaller form")
    own = Table(title=f"{codec}: bytes against {LANCZOS}, each photo in its smaller form")
    for table in (ratio, saved, own):
        for head in ("target", "photos", LANCZOS, *models):
            table.add_column(head, justify="right")
    names = (FULL, LANCZOS, *models)
    for judge, target in TARGETS:
        rows = [[bytes_at(photo[name], judge, target) for name in names] for photo in photos]
        able = np.array([row for row in rows if None not in row], float)
        if len(able) < LEAST_PHOTOS:
            continue
        head = (f"{target:g} {'JOD' if judge == JOD else 'points'}", str(len(able)))
        full, forms = able[:, :1], able[:, 1:]
        ratios = np.exp(np.log(forms / forms[:, 1:2]).mean(axis=0)) - 1.0
        chosen = np.minimum(full, forms).sum(axis=0)
        for table, values in (
            (ratio, ratios),
            (saved, chosen / full.sum() - 1.0),
            (own, chosen / chosen[0] - 1.0),
        ):
            table.add_row(*head, *(f"{100 * value:+.1f} %" for value in values))
    return [ratio, saved, own, _above_lanczos(codec, photos, models)]


def _above_lanczos(codec: Codec, photos: Sequence[Photo], models: Sequence[str]) -> Table:
    table = Table(title=f"{codec}: points and JOD above {LANCZOS} on the same files, by setting")
    for head in ("setting", *models):
        table.add_column(head, justify="right")
    gains = [
        np.mean([photo[model] - photo[LANCZOS] for photo in photos], axis=0) for model in models
    ]
    for at, setting in enumerate(photos[0][LANCZOS][:, SETTING]):
        cells = (f"{gain[at, POINTS]:+.1f}  {gain[at, JOD]:+.3f}" for gain in gains)
        table.add_row(f"{setting:.0f}", *cells)
    return table
