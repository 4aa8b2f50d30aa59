"""Plot quality against cost for students of several sizes.

Trains all of them with equal budgets, and draws quality against parameters, bytes and time. Each
training has its own run folder: a stopped study continues when the command is given again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from rich.console import Console
from rich.table import Table

from distill.benchmark import load_benchmark, psnr_of, ssimulacra2_of
from distill.figures import draw_frontier
from distill.run import DistillConfig, distil
from distill.students import SIZES, StudentConfig
from distill.timing import milliseconds_per_megapixel
from pixels.scale import OptionalScale
from plumbing.command import UsageError, flag_value, run_command
from plumbing.disk import gzip_size, write_csv
from plumbing.progress import busy, console
from teacher.enlarging.runner import PLAIN, open_enlarger
from teacher.networks.chain_config import Activation, Colour
from teacher.networks.flipboard import Flipboard
from teacher.networks.registry import Network, parameter_count
from teacher.recipes.stages import StagedRecipe
from teacher.runs.folder import load_network
from teacher.training.data import DataConfig
from teacher.training.speed import Speed


@dataclass(frozen=True, kw_only=True)
class FrontierConfig:
    """Settings of `python -m distill.frontier`."""

    benchmark: Path
    """Folder of photos to measure on; with `--degradation web`, as JPEGs of encoder
    quality 75 (`fine`: 85)."""
    run: Path
    """Output folder: a run folder for each size, frontier.csv and frontier.png."""
    data: tyro.conf.OmitArgPrefixes[DataConfig] = field(default_factory=DataConfig)
    teacher: Path | None = None
    """Run folder of a teacher: students learn from it, and it is a line in the plot."""
    teacher_ensemble: bool = True
    """Average the teacher's output over all eight orientations of the input."""
    teacher_heard: bool = True
    """Train students on the teacher's output; without it the teacher is only a line in the plot."""
    scale: OptionalScale = None
    """Ratio of output to input size; by default that of --teacher, or else 2."""
    sizes: tuple[str, ...] = ("1x8", "nano", "small", "medium", "large")
    """Named sizes, or BODYxCHANNELS."""
    colour: Colour = "luma"
    """Channels that the students see."""
    activation: Activation = "relu"
    """Activation between the convolutions."""
    expansion: int = 64
    """Channels inside the collapsible blocks."""
    recipe: Annotated[StagedRecipe, tyro.conf.arg(name="")] = field(default_factory=StagedRecipe)
    seed: int = 0
    """Determines the fresh weights and every crop."""
    timing_px: int = 256
    """Side of the picture that time is measured on, in pixels."""
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)

    def __post_init__(self) -> None:
        if not self.sizes:
            raise ValueError("sizes must name at least one size")
        for size in self.sizes:
            student_of(size)
        if self.timing_px < 8:
            raise ValueError(f"timing-px must be at least 8, got {self.timing_px}")


@dataclass(frozen=True, kw_only=True)
class FrontierPoint:
    """Quality and cost of one enlarger; costs are None where it is not a network."""

    name: str
    """For tables and plots."""
    psnr: float
    """Mean over the benchmark, on luma, in dB."""
    ssimulacra2: float
    """Mean over the benchmark, at most 100."""
    parameters: int | None = None
    """Number of trained weights."""
    float16_bytes: int | None = None
    """All weights as float16."""
    float16_gzip_bytes: int | None = None
    """The same, compressed with gzip -9."""
    int8_bytes: int | None = None
    """All weights as int8."""
    int8_gzip_bytes: int | None = None
    """The same, compressed with gzip -9."""
    ms_per_megapixel: float | None = None
    """In ONNX Runtime, one thread, per megapixel of output."""


def student_of(size: str) -> StudentConfig:
    """Parse a named size or BODYxCHANNELS.

    Raises:
        ValueError: `size` is neither.
    """
    if size in SIZES:
        return StudentConfig(student=size)
    body, _, channels = size.partition("x")
    if not (body.isdecimal() and channels.isdecimal()):
        raise ValueError(
            f"sizes must be {', '.join(SIZES)} or like 4x12 (body x channels), got {size!r}"
        )
    return StudentConfig(body=int(body), channels=int(channels))


def train(config: FrontierConfig, size: str) -> Path:
    """Train one size and return its run folder."""
    folder = config.run / size
    console.print(f"size {size}")
    student = replace(student_of(size), colour=config.colour, activation=config.activation)
    distil(
        DistillConfig(
            data=replace(config.data, validation=config.data.validation or config.benchmark),
            run=folder,
            teacher=config.teacher if config.teacher_heard else None,
            scale=_scale(config),
            teacher_ensemble=config.teacher_ensemble,
            network=student,
            expansion=config.expansion,
            recipe=config.recipe,
            seed=config.seed,
            speed=config.speed,
        )
    )
    return folder


def _scale(config: FrontierConfig) -> Fraction | None:
    """Find the scale that the flags name: a teacher that students do not hear names it too.

    Raises:
        UsageError: They name two.
    """
    if config.teacher is None:
        return config.scale
    scale = load_network(config.teacher)[0].scale
    if config.scale not in (None, scale):
        raise UsageError(
            f"--scale is {config.scale}, but --teacher {config.teacher} enlarges x{scale}"
        )
    return scale


def measure(config: FrontierConfig, folders: dict[str, Path]) -> list[FrontierPoint]:
    """Measure plain enlargement, the trained students and the teacher.

    Args:
        config: The command's settings.
        folders: Run folders of the students, by size.
    """
    networks: dict[str, Network] = {name: load_network(path)[0] for name, path in folders.items()}
    scale = next(iter(networks.values())).scale
    samples = load_benchmark(config.benchmark, scale, config.data.degradation)
    models = {**{name: name for name in PLAIN}, **{name: str(at) for name, at in folders.items()}}
    if config.teacher is not None:
        models["teacher"] = str(config.teacher)
        networks["teacher"] = load_network(config.teacher)[0]
    timed = {name: net for name, net in networks.items() if not isinstance(net, Flipboard)}
    with busy("timing"):
        times = milliseconds_per_megapixel(timed, config.timing_px)
    points = []
    for name, model in models.items():
        enlarge = open_enlarger(model, plain_scale=scale).enlarge
        with busy(f"measuring {name}"):
            point = FrontierPoint(
                name=name,
                psnr=float(np.mean(psnr_of(enlarge, samples))),
                ssimulacra2=float(np.mean(ssimulacra2_of(enlarge, samples))),
                ms_per_megapixel=times.get(name),
            )
        points.append(replace(point, **_sizes(networks[name])) if name in networks else point)
    return points


def _sizes(network: Network) -> dict[str, int]:
    """Count parameters, and bytes of all weights as float16 and int8, plain and gzipped."""
    weights = [parameter.detach() for parameter in network.parameters()]
    halves = b"".join(weight.half().numpy().tobytes() for weight in weights)
    bytes_ = b"".join(_quantised(weight).numpy().tobytes() for weight in weights)
    count = parameter_count(network)
    return {
        "parameters": count,
        "float16_bytes": len(halves),
        "float16_gzip_bytes": gzip_size(halves),
        "int8_bytes": len(bytes_),
        "int8_gzip_bytes": gzip_size(bytes_),
    }


def _quantised(weight: torch.Tensor) -> torch.Tensor:
    """Round to 255 steps for each output channel; the step sizes themselves are not counted."""
    rows = weight.flatten(1) if weight.ndim > 1 else weight[None]
    steps = rows.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127.0
    return (rows / steps).round().to(torch.int8)


def table_of(points: Sequence[FrontierPoint], benchmark: str) -> Table:
    """Lay the points out for a terminal."""
    table = Table(title=f"{benchmark}; time in ONNX Runtime, one thread, per megapixel of output")
    table.add_column("")
    for name in (
        "PSNR dB",
        "SSIMULACRA2",
        "parameters",
        "KB float16",
        "gzip",
        "int8",
        "gzip",
        "ms",
    ):
        table.add_column(name, justify="right")
    for point in points:
        counts = (
            *(point.float16_bytes, point.float16_gzip_bytes),
            *(point.int8_bytes, point.int8_gzip_bytes),
        )
        table.add_row(
            *(point.name, f"{point.psnr:.2f}", f"{point.ssimulacra2:.2f}"),
            "" if point.parameters is None else f"{point.parameters:,}",
            *("" if size is None else f"{size / 1000:.1f}" for size in counts),
            "" if point.ms_per_megapixel is None else f"{point.ms_per_megapixel:.0f}",
        )
    return table


def main(config: FrontierConfig) -> None:
    """Run the command."""
    folders = {size: train(config, size) for size in config.sizes}
    points = measure(config, folders)
    columns = [column.name for column in fields(FrontierPoint)]
    rows = {point.name: asdict(point) for point in points}
    write_csv(config.run / "frontier.csv", columns, rows.values())
    draw_frontier(config.run / "frontier.png", rows, benchmark=config.benchmark.name)
    Console().print(table_of(points, config.benchmark.name))
    Console().print(f"wrote {config.run}/frontier.csv and frontier.png")


def defaults(arguments: Sequence[str]) -> FrontierConfig | None:
    """Choose the defaults for these arguments: an optimiser has its own rates."""
    optimizer = flag_value(arguments, "--optimizer")
    if optimizer is None:
        return None
    recipe = StagedRecipe().suited_to(optimizer)
    return FrontierConfig(benchmark=tyro.MISSING, run=tyro.MISSING, recipe=recipe)


if __name__ == "__main__":
    run_command(FrontierConfig, main, default=defaults(sys.argv[1:]))
