"""An export from the run folder to the finished export folder: load, write, check, describe."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from export.check.agreement import check_runtime, left_out
from export.check.errors import AgreementError
from export.check.results import agreement_table, require_agreement
from export.check.runtime import Unavailable
from export.folder.golden import GOLDEN
from export.pipeline.card import write_card
from export.pipeline.form import ExportForm
from export.pipeline.golden import write_golden
from export.pipeline.job import Attempt, ExportConfig, Job
from export.pipeline.legal import write_legal
from export.weights.precision import Loss, Precision, PrecisionError, require_within_budget
from export.weights.tolerances import GOLDEN_TOLERANCE
from plumbing.command import UserError
from plumbing.disk import whole_folder
from plumbing.progress import busy, console
from plumbing.threads import use_threads
from teacher.networks.integer.chain import IntegerChain
from teacher.runs.folder import load_network


def run_export(config: ExportConfig, form: ExportForm) -> None:
    """Write an export folder if all its checks pass.

    Raises:
        UserError: The run cannot be read, `out` exists, or a check failed; nothing is left behind.
    """
    if config.out.exists() and not config.force:
        raise UserError(f"{config.out} already exists: choose another --out, or add --force")
    use_threads(config.threads)
    network, record = load_network(config.run)
    if not config.browser:
        _warn("--no-browser: nothing will prove that this export works in a browser")
    chosen = Export(form, Job(config=config, network=network, record=record)).write()
    Console().print(f"wrote {config.out} ({chosen} weights)")
    if not config.browser:
        _warn(f"{config.out} was not checked in any browser (--no-browser); its card says so")


@dataclass(frozen=True)
class Export:
    """Writes one network in one form, in the best of the precisions that the user allows."""

    form: ExportForm
    job: Job

    def write(self) -> Precision:
        """Write the export folder whole, or not at all.

        Returns:
            The precision that was taken.
        """
        config = self.job.config
        with whole_folder(config.out, replace=config.force) as folder:
            with tempfile.TemporaryDirectory() as temporary:
                chosen = self._first_that_agrees(self._candidates(Path(temporary)))
                for path in chosen.folder.iterdir():
                    shutil.copyfile(path, folder / path.name)
            self._describe(folder, chosen)
        return chosen.precision

    def _candidates(self, folder: Path) -> Sequence[Attempt]:
        """Write each requested precision into its own folder; return the good ones, best first."""
        weights = self.job.config.weights
        if isinstance(self.job.network, IntegerChain):
            return [self._attempt(folder, self._of_whole_numbers(), measured=False)]
        if weights != "smallest":
            return [self._attempt(folder, weights, measured=weights != "float32")]
        for precision in self.form.form.precisions:
            try:
                self._attempt(folder, precision, measured=True)
            except PrecisionError as error:
                self.job.refused.append(str(error))
        good = [
            (attempt.loss.bytes_, attempt)
            for attempt in self.job.attempts
            if attempt.loss is not None and attempt.loss.within_budget
        ]
        if not good:
            raise PrecisionError("; ".join(self.job.refused) or _too_lossy(self.job.losses))
        return [attempt for _, attempt in sorted(good, key=lambda entry: entry[0])]

    def _of_whole_numbers(self) -> Precision:
        """Find the precision that holds whole numbers exactly.

        Raises:
            UserError: Another one was asked for.
        """
        asked, exact = self.job.config.weights, self.form.form.whole_numbers
        if asked not in (exact, "smallest"):
            raise UserError(
                f"--weights {asked}: {self.job.config.run} is a student in whole numbers, which "
                f"this form holds exactly with --weights {exact} alone"
            )
        return exact

    def _attempt(self, folder: Path, precision: Precision, *, measured: bool) -> Attempt:
        """Write one precision, and measure what it costs on photos."""
        attempt = Attempt(precision=precision, folder=folder / precision)
        attempt.folder.mkdir()
        with busy(f"translating to {self.form.form.name}, {precision} weights"):
            self.form.write(self.job, attempt.folder, precision)
        self.job.attempts.append(attempt)
        if measured:
            with busy(f"measuring {precision} weights on photos"):
                attempt.loss = self._measure(attempt)
        return attempt

    def _measure(self, attempt: Attempt) -> Loss:
        psnr = self.job.photos.psnr(self.form.open(attempt.folder), self.job.network.scale)
        return Loss(
            weights=attempt.precision,
            bytes_=sum(path.stat().st_size for path in attempt.folder.iterdir()),
            psnr_db=psnr,
            loss_db=self.job.reference_psnr - psnr,
        )

    def _first_that_agrees(self, candidates: Sequence[Attempt]) -> Attempt:
        """Check the candidates in turn and return the first on which every runtime agrees.

        Weights within the budget on photos can still be too far off on patterns that no photo has.
        """
        name = self.job.config.out.name
        for attempt in candidates:
            problems = self.form.problems(attempt.folder)
            self._check(attempt)
            self._report(attempt)
            if problems:
                raise AgreementError(f"{name} was not written: {problems[0]}")
            try:
                require_agreement(name, attempt.results)
            except AgreementError as error:
                if attempt is candidates[-1]:
                    raise
                _warn(f"{attempt.precision} weights: {error}; trying the next precision")
                self.job.refused.append(f"{attempt.precision} weights: {error}")
                continue
            if attempt.loss is not None:
                require_within_budget(attempt.loss)
            return attempt
        raise AssertionError("no candidates")

    def _check(self, attempt: Attempt) -> None:
        """Compare every runtime with PyTorch on every check picture."""
        browser = self.job.config.browser
        for runtime in self.form.runtimes(attempt.folder, attempt.precision, browser):
            if isinstance(runtime, Unavailable):
                attempt.not_checked.append(f"{runtime.name}: {runtime.reason}")
                continue
            with busy(f"checking in {runtime.name}"):
                attempt.results += check_runtime(runtime, self.job.network, self.job.reference)
            pictures = left_out(runtime, self.job.network)
            if pictures:
                attempt.not_checked.append(f"{runtime.name}: {', '.join(pictures)} (slow here)")

    def _report(self, attempt: Attempt) -> None:
        output = Console()
        output.print(agreement_table(attempt.results))
        for loss in self.job.losses:
            output.print(
                f"{loss.weights} weights: {loss.bytes_:,} bytes, {loss.loss_db:+.4f} dB lost"
                f"{'' if loss.within_budget else ', more than is allowed'}",
                highlight=False,
            )
        for line in self.job.refused:
            output.print(f"skipped: {line}", highlight=False)
        for line in attempt.not_checked:
            output.print(f"not checked: {line}", highlight=False)

    def _describe(self, folder: Path, chosen: Attempt) -> None:
        """Add golden vectors, licence, credits and the card to the model's files."""
        config, data = self.job.config, self.job.record.data
        model_files = sorted(path.name for path in folder.iterdir())
        is_exact = isinstance(self.job.network, IntegerChain)
        tolerance = GOLDEN_TOLERANCE["float32" if is_exact else chosen.precision]
        run, scale = self.form.open(folder), self.job.network.scale
        write_golden(folder / GOLDEN, run, tolerance, scale)
        write_legal(
            folder, licence=config.licence, credits=config.credits, data=data, run=config.run
        )
        write_card(folder, self.job, chosen, model_files)


def _too_lossy(losses: Sequence[Loss]) -> str:
    costs = ", ".join(f"{loss.weights} loses {loss.loss_db:.3f} dB" for loss in losses)
    return f"no precision of this form is good enough on the check photos: {costs}"


def _warn(sentence: str) -> None:
    console.print(f"WARNING: {sentence}", style="bold yellow")
