"""Time export.publish on one core, by each judge: python -m tools.publish_speed PHOTO...

Photos are reduced to `--megapixels`, and sent in `--widths`. Times are processor seconds of one
thread, on an idle machine; `--out FILE` keeps what was chosen, and `--against FILE` compares it
with what another state chose.
"""

from __future__ import annotations

import io
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal
from unittest.mock import patch

import tyro
from PIL import Image
from rich.console import Console
from rich.table import Table

from export.delivery.student import Student, enlarger_of, read_student
from export.publish.choice import SentPhoto, Settings, Width
from export.publish.search import candidates
from export.publish.search.choose import PhotoTask, publish_photo
from pixels.quality.looks import LOOKS
from pixels.quality.screens import PHONE
from pixels.sending.codecs import Effort, EncoderSettings
from pixels.stills.files import read_picture
from plumbing.command import UserError, run_command
from plumbing.progress import track

MARGIN = 0.10
JUDGES: dict[Judged, Settings] = {
    "SSIMULACRA2 60": Settings(target=60.0, margin=MARGIN),
    "ColorVideoVDP, phone, good": Settings(target=LOOKS["good"], screen=PHONE, margin=MARGIN),
}


Judged = Literal["SSIMULACRA2 60", "ColorVideoVDP, phone, good"]


@dataclass(frozen=True, kw_only=True)
class PublishSpeedConfig:
    """Settings of `python -m tools.publish_speed`."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Photos of so many megapixels, or more."""
    megapixels: float = 1.0
    """Size to which photos are reduced."""
    widths: tuple[Width, ...] = ("own",)
    """Widths in which they are sent."""
    effort: Effort = "normal"
    """How hard encoders try."""
    judges: tuple[Judged, ...] = ("SSIMULACRA2 60", "ColorVideoVDP, phone, good")
    """Who judges them."""
    model: tuple[Path, ...] = (
        Path("web_demo/models/small-fine"),
        Path("web_demo/models/small-fine-3-2"),
    )
    """Export folders of the students."""
    out: Path | None = None
    """JSON file for what was chosen."""
    against: Path | None = None
    """Such a file of an earlier state, to compare bytes with."""


class Stopwatch:
    """Processor seconds by step."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.seconds: dict[str, float] = defaultdict(float)
        self.times: dict[str, int] = defaultdict(int)

    def timed(self, name: Callable[..., str], function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function so that its calls are added up; `name` names a call by its arguments."""

        def run(*values: Any, **named: Any) -> Any:  # noqa: ANN401
            started = time.process_time()
            try:
                return function(*values, **named)
            finally:
                step = name(*values)
                self.seconds[step] += time.process_time() - started
                self.times[step] += 1

        return run

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Add up what candidates do in the block."""
        scores = self.timed(lambda *_: "score", candidates.Candidates._rate_pixels)
        enlarges = self.timed(lambda *_: "enlarge", candidates.Candidates._enlarge)
        steps = {
            "encode": _encoding,
            "decode": lambda content: "decode",
            "reduce": lambda photo, reduction, scale: "reduce",
        }
        with ExitStack() as stack:
            for step, name in steps.items():
                wrapped = self.timed(name, getattr(candidates, step))
                stack.enter_context(patch.object(candidates, step, wrapped))
            for method, wrapped in (("_rate_pixels", scores), ("_enlarge", enlarges)):
                stack.enter_context(patch.object(candidates.Candidates, method, wrapped))
            yield


def _encoding(picture: object, codec: str, setting: int, encoder: EncoderSettings) -> str:
    """Name a call of `encode`."""
    return f"encode {codec}" + (f", speed {encoder.avif_speed}" if codec == "AVIF" else "")


def main(config: PublishSpeedConfig) -> None:
    """Publish every photo for every judge, and print the tables."""
    students = tuple(map(read_student, config.model))
    for student in students:
        enlarger_of(student)  # opened once in each process
    known = json.loads(config.against.read_text("utf-8")) if config.against else {}
    chosen: dict[str, dict[str, Any]] = {}
    for judge in config.judges:
        settings = replace(JUDGES[judge], widths=config.widths, effort=config.effort)
        watch, seconds, looks, megapixels, widths = Stopwatch(), [], [], [], []
        for path in track(config.photos, judge):
            content, pixels = _reduced(path, config.megapixels)
            started = time.process_time()
            with watch.watching():
                photo = _published(path, content, settings, students)
            seconds.append(time.process_time() - started)
            looks.append(sum(choice.looks for choice in photo.widths))
            megapixels.append(pixels / 1e6)
            widths.append(len(photo.widths))
            chosen[f"{judge}: {path.name}"] = _bytes(photo)
        _print(judge, watch, seconds, looks)
        print(
            f"{sum(seconds) / sum(megapixels):.1f} s a megapixel of the largest width; "
            f"{statistics.mean(widths):.1f} widths a photo are sent"
        )
        _print_compared(judge, chosen, known)
    if config.out:
        config.out.write_text(json.dumps(chosen, indent=1), encoding="utf-8")


def _reduced(path: Path, megapixels: float) -> tuple[bytes, int]:
    """Return a photo's file, reduced to a size, and how many pixels it has."""
    image = Image.fromarray(read_picture(path).rgb)
    share = min(1.0, (megapixels * 1e6 / (image.width * image.height)) ** 0.5)
    size = (round(image.width * share), round(image.height * share))
    file = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(file, "BMP")
    return file.getvalue(), size[0] * size[1]


def _published(
    path: Path, content: bytes, settings: Settings, students: tuple[Student, ...]
) -> SentPhoto:
    task = PhotoTask(name=path.name, content=content, settings=settings, students=students)
    outcome = publish_photo(task)
    if outcome.photo is None:
        raise UserError(outcome.error)
    return outcome.photo


def _bytes(photo: SentPhoto) -> dict[str, Any]:
    choice = photo.largest
    fallback = choice.fallback or choice.sent
    return {
        "widths": {one.width: [one.sent.bytes, str(one.sent.scale)] for one in photo.widths},
        "sent": choice.sent.bytes,
        "full": choice.full.bytes,
        "fallback": fallback.bytes,
        "score": choice.sent.score,
    }


def _print(judge: str, watch: Stopwatch, seconds: list[float], looks: list[int]) -> None:
    photos = len(seconds)
    table = Table(title=f"{judge}, {photos} photos", title_justify="left")
    for column in ("step", "times a photo", "seconds a photo"):
        table.add_column(column, justify="left" if column == "step" else "right")
    for step, spent in sorted(watch.seconds.items(), key=lambda pair: -pair[1]):
        table.add_row(step, f"{watch.times[step] / photos:.1f}", f"{spent / photos:.2f}")
    Console().print(table)
    spread = f"{min(seconds):.1f} to {max(seconds):.1f}"
    print(
        f"{statistics.mean(seconds):.1f} s a photo ({spread}, median "
        f"{statistics.median(seconds):.1f}); {statistics.mean(looks):.1f} files scored a photo"
    )


def _print_compared(
    judge: str, chosen: dict[str, dict[str, Any]], known: dict[str, dict[str, Any]]
) -> None:
    both = [name for name in chosen if name.startswith(judge) and name in known]
    for what in ("sent", "full", "fallback") if both else ():
        before, now = (sum(each[name][what] for name in both) for each in (known, chosen))
        print(f"{what}: {now:,} bytes, before {before:,} ({100 * (now / before - 1):+.2f} %)")


if __name__ == "__main__":
    run_command(PublishSpeedConfig, main)
