"""Distil a student: train a small network on photos and on a teacher's output for them.

A stopped training continues from its last checkpoint when the command is given again. Watch it with
`tensorboard --logdir runs`.

On several GPUs or machines: `torchrun --nproc-per-node N -m -- distill.run ...`. The two hyphens
in the middle keep torchrun from reading our flags as abbreviations of its own.

With --start-from, a finished student is tuned to other photos, such as those of one site: the
stages' defaults are shorter, it takes minutes, and the gain on held-out photos is printed.
With --scale 3/2 students are trained that restore photos of two thirds of their size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
import tyro

from distill.growth import grow, with_body_of
from distill.losses import distances, nearness
from distill.sources import BatchSource, SourceConfig, gather, mixed_batches
from distill.students import StudentConfig, folded, fresh, widen
from distill.teaching import Teacher, open_teacher
from distill.tuning import ROUNDING, TUNING, open_student, report_gain
from pixels.scale import HALF, OptionalScale
from plumbing.command import UsageError, UserError, flag_value, run_command
from plumbing.threads import use_threads
from teacher.networks.chain import Chain
from teacher.networks.integer.calibration import calibrated
from teacher.networks.registry import Network
from teacher.recipes.stages import StagedRecipe
from teacher.runs.record import read_record
from teacher.training.data import DataConfig, Photos, prepare_photos, require_crops
from teacher.training.feed import Batch
from teacher.training.loop import TrainingRun, Watch, unwatched
from teacher.training.processes import joined_processes
from teacher.training.run import train_and_save
from teacher.training.speed import Speed

# Crops that the grids of whole numbers are chosen by. No training has this many steps: it shares
# no crops with them.
_SAMPLE_STEP, _SAMPLE_BATCHES = 2**31, 12

BatchAt = Callable[[int], Batch]
"""Returns the batch of a step."""


@dataclass(frozen=True, kw_only=True)
class DistillConfig:
    """Settings of `python -m distill.run`."""

    run: Path
    """Run folder to write: weights, record, checkpoints and TensorBoard events."""
    data: tyro.conf.OmitArgPrefixes[DataConfig] = field(default_factory=DataConfig)
    teacher: Path | None = None
    """Run folder of the teacher; without it the student learns from the true photos alone."""
    teacher_ensemble: bool = True
    """Average the teacher's output over all eight orientations of the input: better, and eight
    times slower; the output is computed once and stored for all students."""
    start_from: Path | None = None
    """Run folder of a student to continue from, on other photos. It also determines the shape,
    which can only grow: with a larger `--body`, `--activation prelu` or `--colour rgb`."""
    body_from: Path | None = None
    """Run folder of a student of any scale: its shape and all its convolutions but the first and
    the last are taken over, and trained with the rest, as from fresh weights."""
    arithmetic: Literal["float", "integer"] = "float"
    """`integer`: the student of --start-from, in floats, becomes one in whole numbers, which every
    engine computes to the same bytes. Training rounds as the result will, and minimises the squared
    distance to what the floats give: what the stages weigh does not count."""
    bits: Literal[7, 8] = 7
    """Bits of the numbers between the convolutions of a student in whole numbers: 8 are closer to
    the floats, 7 faster where a browser has the instruction for them."""
    scale: OptionalScale = None
    """Ratio of output to input size; by default that of --teacher or --start-from, or else 2."""
    network: tyro.conf.OmitArgPrefixes[StudentConfig] = field(default_factory=StudentConfig)
    expansion: int = 64
    """Channels inside the collapsible blocks that train each kernel; 0 trains plain kernels. The
    plain chain is written either way."""
    sources: tyro.conf.OmitArgPrefixes[SourceConfig] = field(default_factory=SourceConfig)
    recipe: Annotated[StagedRecipe, tyro.conf.arg(name="")] = field(default_factory=StagedRecipe)
    seed: int = 0
    """Determines the fresh weights and every crop."""
    checkpoint_seconds: float = 30.0
    """Seconds between checkpoints: how much work a killed training can lose."""
    speed: tyro.conf.OmitArgPrefixes[Speed] = field(default_factory=Speed)

    def __post_init__(self) -> None:
        if self.teacher is not None and self.teacher.resolve() == self.run.resolve():
            raise ValueError(f"--run must not be the teacher's own folder {self.teacher}")
        if self.start_from is not None and self.start_from.resolve() == self.run.resolve():
            raise ValueError(f"--run must not be the folder to start from, {self.start_from}")
        if self.start_from is not None and self.body_from is not None:
            raise ValueError("give --start-from or --body-from, not both")
        for flag, run in (("--start-from", self.start_from), ("--body-from", self.body_from)):
            if run is not None and self.network.student != StudentConfig.student:
                raise ValueError(f"{flag} determines the shape: leave out --student")
        if self.arithmetic == "integer" and self.start_from is None:
            raise ValueError(
                "--arithmetic integer rounds a finished student: name it with --start-from"
            )
        if self.arithmetic == "integer" and self.teacher is not None:
            raise ValueError(
                "--arithmetic integer learns from the student in floats: leave out --teacher"
            )
        if self.sources.any and self.teacher is None:
            raise ValueError("photos without a larger version need a --teacher")
        if not 0 <= self.expansion <= 1024:
            raise ValueError(f"expansion must be 0 to 1024, got {self.expansion}")


def distil(config: DistillConfig, *, watch: Watch = unwatched) -> None:
    """Train a student and write its run folder, unless the run is finished already.

    Args:
        config: What to train, and on what.
        watch: Receives the metrics of each validation.

    Raises:
        UserError: A folder cannot be used, or `run` holds a run with other settings.
    """
    with joined_processes() as processes:
        use_threads(config.speed.threads, shared_by=processes.local_count)
        started = _opened(config, "--start-from", config.start_from)
        body = _opened(config, "--body-from", config.body_from)
        run = TrainingRun(
            folder=config.run,
            recipe=config.recipe,
            seed=config.seed,
            checkpoint_seconds=config.checkpoint_seconds,
            processes=processes,
            speed=config.speed,
            watch=watch,
        )
        photos, sources = processes.in_turn(lambda: prepared(config, started))
        torch.manual_seed(config.seed)
        scale = photos.store.scale
        first = with_body_of(body, scale) if body else fresh(config.network.chain(scale))
        network = deepcopy(started) or first
        batch_at = mixed_batches(
            config.recipe,
            [source.moved_to(processes.device) for source in sources],
            teacher_only_share=config.sources.teacher_only_share,
            seed=config.seed,
        )
        train_and_save(
            run,
            photos,
            _to_train(network, config, batch_at),
            nearness(started) if started and config.arithmetic == "integer" else distances,
            batch_at,
            extra_settings=_settings(config, sources),
            finish=folded,
        )
        if started is not None and processes.first:
            report_gain(config.run, started, photos.validation)


def _to_train(network: Chain, config: DistillConfig, batch_at: BatchAt) -> Network:
    """Prepare a chain for training: wide kernels, and grids if it becomes whole numbers."""
    if config.arithmetic == "float":
        return widen(network, config.expansion)
    batches = (batch_at(_SAMPLE_STEP + number)[0] for number in range(_SAMPLE_BATCHES))
    pictures = [batch.float() / 255.0 for batch in batches]
    try:
        quantised = calibrated(network, pictures, config.bits)
    except ValueError as error:
        raise UserError(f"--arithmetic integer: {error}") from error
    widen(quantised.chain, config.expansion)
    return quantised


def prepared(
    config: DistillConfig, started: Chain | None = None
) -> tuple[Photos, list[BatchSource]]:
    """Prepare what a training needs on disk: the photos' store, and the teacher's output for them.

    Args:
        config: What to train, and on what.
        started: The student that training continues from.

    Raises:
        UserError: A folder cannot be used.
        UsageError: Student, teacher and `--scale` enlarge by different ratios.
    """
    teacher = None
    if config.teacher is not None:
        teacher = open_teacher(config.teacher, ensemble=config.teacher_ensemble)
    scale = _common_scale(config, teacher, started)
    for stage in config.recipe.stages:
        require_crops(stage.crop_px, scale)
    stores = config.run.parent / "stores"
    crop_px = config.recipe.largest_crop_px
    photos = prepare_photos(config.data, scale=scale, crop_px=crop_px, stores=stores)
    return photos, gather(photos, teacher, config.sources, stores=stores, recipe=config.recipe)


def _common_scale(
    config: DistillConfig, teacher: Teacher | None, started: Chain | None
) -> Fraction:
    """Find the scale of everything that the flags name; 2 if they name none."""
    scales = {
        f"--start-from {config.start_from}": started.scale if started else None,
        f"--teacher {config.teacher}": teacher.scale if teacher else None,
        "--scale": config.scale,
    }
    named = [(flag, scale) for flag, scale in scales.items() if scale is not None]
    for flag, scale in named[1:]:
        first, expected = named[0]
        if scale != expected:
            asked = f"--scale is {scale}" if flag == "--scale" else f"{flag} enlarges x{scale}"
            raise UsageError(
                f"{asked}, but {first} enlarges x{expected}: a student has the scale of its "
                "teacher and of the student it starts from"
            )
    return named[0][1] if named else HALF


def _opened(config: DistillConfig, flag: str, run: Path | None) -> Chain | None:
    """Open the student that a flag names, grown as others ask."""
    if run is None:
        return None
    student = open_student(run, flag)
    try:
        return grow(student, config.network.changed(student.config))
    except ValueError as error:
        raise UserError(f"{flag} {run} cannot grow like that: {error}") from error


def _settings(config: DistillConfig, sources: Sequence[BatchSource]) -> dict[str, Any]:
    """Record what determines the result in addition to network, recipe, seed and photos."""

    def weights_of(run: Path | None) -> str | None:
        return None if run is None else read_record(run).weights_sha256

    return {
        "teacher": weights_of(config.teacher),
        "teacher_ensemble": config.teacher_ensemble,
        "sources": {source.name: source.store.fingerprint for source in sources},
        "teacher_sees": config.sources.teacher_sees,
        "teacher_only_share": config.sources.teacher_only_share,
        "expansion": config.expansion,
        "start_from": weights_of(config.start_from),
        **({"body_from": weights_of(config.body_from)} if config.body_from else {}),
    }


def defaults(arguments: Sequence[str]) -> DistillConfig | None:
    """Choose the defaults for these arguments, or None for the config's own.

    Tuning has its own recipe, and an optimiser its own rates.
    """
    tuning = flag_value(arguments, "--start-from") is not None
    rounding = flag_value(arguments, "--arithmetic") == "integer"
    optimizer = flag_value(arguments, "--optimizer")
    if not tuning and not rounding and optimizer is None:
        return None
    if rounding:
        recipe = ROUNDING.suited_to(optimizer)
        return DistillConfig(run=tyro.MISSING, recipe=recipe, expansion=0)
    recipe = TUNING if tuning else StagedRecipe()
    return DistillConfig(run=tyro.MISSING, recipe=recipe.suited_to(optimizer))


if __name__ == "__main__":
    run_command(DistillConfig, distil, default=defaults(sys.argv[1:]))
