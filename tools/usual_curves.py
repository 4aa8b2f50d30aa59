"""Fit the usual curves of export.publish: python -m tools.usual_curves PHOTO... --out FILE.

Every photo is encoded at ten settings of each codec, at full size and reduced, and scored by every
judge: some 40 s of one core each. `--measured FILE` keeps what was measured, line by line; photos
that are in it are not measured again.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from numpy.typing import NDArray
from PIL import Image

from export.delivery.student import Student, enlarger_of, read_student
from export.publish.search.curves import kind_of, loss_of, size_of
from pixels.quality.judge import Judge
from pixels.quality.judges import judge_for
from pixels.quality.screens import SCREENS
from pixels.sending.codecs import CODECS, decode, encode, enlarged_to, reduce
from pixels.stills.files import read_picture
from plumbing.command import run_command
from plumbing.disk import whole_file
from plumbing.progress import track

SETTINGS = (5, 15, 25, 35, 45, 55, 65, 75, 85, 95)
MOST_SIDES_PX = (400, 600, 800, 1000)
"""Photos are reduced to each of these in turn: sites publish all kinds of sizes."""
FULL = Fraction(1)
SCALES = (FULL, Fraction(3, 2), Fraction(2))
KINDS = tuple(kind_of(codec, scale) for scale in SCALES for codec in CODECS)


@dataclass(frozen=True, kw_only=True)
class UsualCurvesConfig:
    """Settings of `python -m tools.usual_curves`."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Photos to measure, of all kinds."""
    out: Path
    """JSON file for the curves."""
    measured: Path
    """File that keeps what was measured of each photo."""
    model: tuple[Path, ...] = (
        Path("web_demo/models/small-fine"),
        Path("web_demo/models/small-fine-3-2"),
    )
    """Export folders of the students that enlarge reduced photos; one for each scale."""
    ways: int = 4
    """Number of ways in which photos differ."""


def judges() -> dict[str, Judge]:
    """Return the judges by the names that their curves have in the file."""
    return {"pixels": judge_for(None)} | {name: judge_for(s) for name, s in SCREENS.items()}


def main(config: UsualCurvesConfig) -> None:
    """Measure what was not measured yet, fit, and write the file."""
    students = {student.scale: student for student in map(read_student, config.model)}
    lines = config.measured.read_text("utf-8").splitlines() if config.measured.exists() else []
    rows = {row["photo"]: row for row in map(json.loads, lines)}
    for at, path in enumerate(track(config.photos, "measuring")):
        if path.name not in rows:
            rows[path.name] = measure(path, MOST_SIDES_PX[at % len(MOST_SIDES_PX)], students)
            with config.measured.open("a", encoding="utf-8") as file:
                file.write(json.dumps(rows[path.name]) + "\n")
    fitted = fit([rows[path.name] for path in config.photos], config.ways)
    with whole_file(config.out) as file:
        file.write_text(json.dumps(fitted) + "\n", encoding="utf-8")


def measure(path: Path, most_side_px: int, students: dict[Fraction, Student]) -> dict[str, Any]:
    """Measure sizes and losses of a photo's files: (kinds, settings), losses by each judge."""
    image = Image.fromarray(read_picture(path).rgb)
    image.thumbnail((most_side_px, most_side_px), Image.Resampling.LANCZOS)
    photo = np.asarray(image)
    originals = {name: (judge.measure, judge.original(photo)) for name, judge in judges().items()}
    sizes, losses = [], {name: [] for name in originals}
    for scale in SCALES:
        sent = photo if scale == FULL else reduce(photo, "lanczos", scale)
        for codec in CODECS:
            files = [encode(sent, codec, setting) for setting in SETTINGS]
            shown = map(decode, files)
            if scale != FULL:
                enlarge = enlarger_of(students[scale]).enlarge
                shown = [enlarged_to(enlarge(one), photo.shape[:2]) for one in shown]
            shown = list(shown)
            sizes.append([size_of(len(file), photo.shape[0] * photo.shape[1]) for file in files])
            for name, (measure_, original) in originals.items():
                losses[name].append([loss_of(measure_, original.score(one)) for one in shown])
    return {"photo": path.name, "size": photo.shape[:2], "sizes": sizes, "losses": losses}


def fit(rows: list[dict[str, Any]], ways: int) -> dict[str, Any]:
    """Fit usual curves, and the ways in which photos differ, to what was measured."""
    fitted = {}
    for judge in judges():
        # (photos, kinds, what, settings): sizes and losses side by side, to vary together.
        values = np.array([[row["sizes"], row["losses"][judge]] for row in rows]).swapaxes(1, 2)
        flat = values.reshape(len(rows), -1)
        usual = flat.mean(axis=0)
        photos, deviations, directions = np.linalg.svd(flat - usual, full_matrices=False)
        kept = directions[:ways] * deviations[:ways, None] / math.sqrt(len(rows) - 1)
        left = flat - usual - (photos[:, :ways] * deviations[:ways]) @ directions[:ways]
        squares = np.square(left.reshape(values.shape)).mean(axis=(0, 3))
        noise = np.sqrt(squares * len(rows) / (len(rows) - 1 - ways))
        shape = values.shape[1:]
        fitted[judge] = {
            "usual": _rounded(usual.reshape(shape)),
            "ways": _rounded(kept.reshape(ways, *shape)),
            "noise": _rounded(noise),
        }
    command = "python -m tools.usual_curves PHOTO... --out export/publish/search/usual_curves.json"
    return {
        "source": f"{len(rows)} photos; {command}",
        "kinds": [list(kind) for kind in KINDS],
        "settings": list(SETTINGS),
        "judges": fitted,
    }


def _rounded(values: NDArray[np.float64]) -> Any:  # noqa: ANN401
    return np.round(values, 3).tolist()


if __name__ == "__main__":
    run_command(UsualCurvesConfig, main)
