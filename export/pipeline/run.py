"""What every export command does around the writing of a model: load, check, describe, place."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from rich.console import Console

from export.check.agreement import (
    Agreement,
    Runtime,
    agreement_table,
    check_runtime,
    left_out,
    require_agreement,
)
from export.check.errors import AgreementError
from export.check.local_runtimes import remembering, run_pytorch
from export.check.pictures import CheckPhotos, load_check_photos
from export.pipeline.card import write_card
from export.pipeline.golden import GOLDEN, write_golden
from export.pipeline.legal import write_legal
from export.weights.precision import (
    PRECISIONS,
    Loss,
    Precision,
    PrecisionError,
    require_within_budget,
)
from export.weights.tolerances import GOLDEN_TOLERANCE
from pixels.tiling import Enlarge
from plumbing.command import UserError
from plumbing.disk import whole_folder
from plumbing.progress import busy, console
from teacher.networks.registry import Network
from teacher.runs.folder import RunRecord, load_network
from teacher.training.threads import Threads, use_threads


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Settings of `python -m export.onnx`, and of the other exports as far as they have them."""

    run: Path
    """Run folder of a teacher or a student, or the name of released weights."""
    out: Path
    """Export folder to write; it appears only when every check has passed."""
    weights: Literal["float32", "float16", "int8", "smallest"] = "float32"
    """Precision of the weights. Refused if they lose more than 0.005 dB (float16) or 0.05 dB (int8)
    against float32; `smallest` takes the smallest file that does not."""
    photos: Path | None = None
    """Photos that int8 is calibrated on and quantised weights are judged by; by default a few that
    scikit-image brings along."""
    browser: bool = True
    """Whether the written files are checked in headless Chromium. Without it, an export is not
    proved to work in any browser, and its card says so."""
    force: bool = False
    """Replace `out` if it exists."""
    licence: str = "MIT"
    """Licence of the weights: an SPDX name, for the card, the files and the ONNX metadata."""
    credits: str = ""
    """Whom the training photos are from, for the card and CREDITS.txt."""
    threads: Threads = None
    """CPU threads; by default all that this process may use."""


@dataclass(kw_only=True)
class Job:
    """An export under way."""

    config: ExportConfig
    """What the user asked for."""
    network: Network
    """To be exported, in evaluation mode."""
    record: RunRecord
    """Of its run."""
    results: list[Agreement] = field(default_factory=list)
    """Every check that was made, good or bad."""
    missing: list[str] = field(default_factory=list)
    """What could not be checked here, and why."""
    losses: list[Loss] = field(default_factory=list)
    """What each precision costs that was tried."""
    refused: list[str] = field(default_factory=list)
    """Why precisions were passed over that the losses do not tell."""

    @cached_property
    def photos(self) -> CheckPhotos:
        """The photos to calibrate on and to judge by."""
        return load_check_photos(self.config.photos, self.network.scale)

    @cached_property
    def reference(self) -> Enlarge:
        """The PyTorch network."""
        return remembering(run_pytorch(self.network))

    @cached_property
    def reference_psnr(self) -> float:
        """PSNR of the PyTorch network on the check photos, in dB."""
        return self.photos.psnr(self.reference, self.network.scale)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A file format to export to."""

    name: str
    """For progress lines."""
    translate: Callable[[Job, Path, Precision], None]
    """Write the model's files of one precision into a folder."""
    open: Callable[[Path], Enlarge]
    """Run the written files in this process."""
    problems: Callable[[Path], list[str]]
    """What is wrong with names, ranks and axes of the written files."""
    runtimes: Callable[[Job, Path, Precision], Iterator[Runtime]]
    """Go through all runtimes; what is not there is added to the job's `missing`."""
    precisions: tuple[Precision, ...] = PRECISIONS
    """What `smallest` chooses from."""


def run_export(config: ExportConfig, form: Form) -> None:
    """Write an export folder, if all its checks are good.

    Raises:
        UserError: The run cannot be read, `out` exists, or a check failed; nothing is left behind.
    """
    if config.out.exists() and not config.force:
        raise UserError(f"{config.out} exists already: name another --out, or add --force")
    use_threads(config.threads)
    network, record = load_network(config.run)
    job = Job(config=config, network=network, record=record)
    if not config.browser:
        _warn("--no-browser: nothing here will prove that this export works in a browser")
    with whole_folder(config.out, replace=config.force) as folder:
        with tempfile.TemporaryDirectory() as temporary:
            candidates = _candidates(job, form, Path(temporary))
            chosen = _place_agreeing(job, form, Path(temporary), candidates, folder)
        model_files = sorted(path.name for path in folder.iterdir())
        write_golden(folder / GOLDEN, form.open(folder), GOLDEN_TOLERANCE[chosen])
        write_legal(folder, licence=config.licence, credits=config.credits, data=record.data)
        write_card(folder, job, chosen, model_files)
    Console().print(f"wrote {config.out} ({chosen} weights)")
    if not config.browser:
        _warn(f"{config.out} was checked in no browser (--no-browser); its card says so")


def _candidates(job: Job, form: Form, folder: Path) -> Sequence[Precision]:
    """Write the precisions asked for into folders of their own: what may be taken, best first."""
    asked = job.config.weights
    wanted: Sequence[Precision] = form.precisions if asked == "smallest" else (asked,)
    for precision in wanted:
        with busy(f"translating to {form.name}, {precision} weights"):
            try:
                (folder / precision).mkdir()
                form.translate(job, folder / precision, precision)
            except PrecisionError as error:
                if asked != "smallest":
                    raise
                job.refused.append(str(error))
                continue
        if asked == "smallest" or precision != "float32":
            with busy(f"measuring {precision} weights on photos"):
                job.losses.append(_measure(job, form, folder / precision, precision))
    if asked != "smallest":
        return wanted
    good = [loss for loss in job.losses if loss.within_budget]
    if not good:
        raise PrecisionError("; ".join(job.refused) or _too_lossy(job.losses))
    return [loss.weights for loss in sorted(good, key=lambda loss: loss.bytes_)]


def _place_agreeing(
    job: Job, form: Form, written: Path, candidates: Sequence[Precision], folder: Path
) -> Precision:
    """Put the first candidate that every runtime agrees on into the export's folder.

    Weights within the budget on photos can still be too far off on patterns that no photo has;
    where any precision will do, the next one is taken then.
    """
    for precision in candidates:
        for path in (written / precision).iterdir():
            shutil.copyfile(path, folder / path.name)
        problems = form.problems(folder)
        _check(job, form, folder, precision)
        _report(job)
        if problems:
            raise AgreementError(f"{job.config.out.name} was not written: {problems[0]}")
        try:
            require_agreement(job.config.out.name, job.results)
        except AgreementError as error:
            if precision == candidates[-1]:
                raise
            _warn(f"{precision} weights: {error}; trying the next")
            job.refused.append(f"{precision} weights: {error}")
            job.results.clear()
            job.missing.clear()
            for path in folder.iterdir():
                path.unlink()
            continue
        for loss in job.losses:
            if loss.weights == precision:
                require_within_budget(loss)
        return precision
    raise AssertionError("no candidates")


def _too_lossy(losses: Sequence[Loss]) -> str:
    said = ", ".join(f"{loss.weights} loses {loss.loss_db:.3f} dB" for loss in losses)
    return f"none of this form's precisions is good enough on the check photos: {said}"


def _measure(job: Job, form: Form, folder: Path, precision: Precision) -> Loss:
    psnr = job.photos.psnr(form.open(folder), job.network.scale)
    return Loss(
        weights=precision,
        bytes_=sum(path.stat().st_size for path in folder.iterdir()),
        psnr_db=psnr,
        loss_db=job.reference_psnr - psnr,
    )


def _check(job: Job, form: Form, folder: Path, precision: Precision) -> None:
    for runtime in form.runtimes(job, folder, precision):
        with busy(f"checking in {runtime.name}"):
            job.results.extend(check_runtime(runtime, job.network, job.reference))
        names = left_out(runtime, job.network)
        if names:
            job.missing.append(f"{runtime.name}: {', '.join(names)} (slow here)")


def _report(job: Job) -> None:
    Console().print(agreement_table(job.results))
    for loss in job.losses:
        Console().print(
            f"{loss.weights} weights: {loss.bytes_:,} bytes, {loss.loss_db:+.4f} dB lost"
            f"{'' if loss.within_budget else ', more than is allowed'}",
            highlight=False,
        )
    for line in job.refused:
        Console().print(f"not taken: {line}", highlight=False)
    for line in job.missing:
        Console().print(f"not checked: {line}", highlight=False)


def _warn(sentence: str) -> None:
    console.print(f"WARNING: {sentence}", style="bold yellow")
