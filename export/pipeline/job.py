"""The settings, the state and the file format that every step of an export shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from export.check.local_runtimes import run_pytorch
from export.check.pictures import CheckPhotos, load_check_photos
from export.check.results import Agreement
from export.check.runtime import remembering
from export.weights.precision import Loss, Precision
from pixels.tiling import Enlarge
from plumbing.threads import Threads
from teacher.networks.registry import Network
from teacher.runs.record import RunRecord


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Settings of an export command."""

    run: Path
    """Run folder of a teacher or a student, or the name of released weights."""
    out: Path
    """Export folder to write. It appears only if every check passes."""
    weights: Literal["float32", "float16", "int8", "smallest"] = "float32"
    """Precision of the weights. Weights that lose more than 0.005 dB (float16) or 0.05 dB (int8)
    against float32 are refused; `smallest` takes the smallest file within these limits."""
    photos: Path | None = None
    """Photos on which that loss is measured. The default is a few photos that come with
    scikit-image."""
    browser: bool = True
    """Check the written files in headless Chromium. Without it, nothing proves that the export
    works in a browser, and its card says so."""
    force: bool = False
    """Replace `out` if it exists."""
    licence: str = "MIT"
    """Licence of the weights (an SPDX identifier), for the card and the licence file."""
    credits: str = ""
    """Whose photos the network was trained on, for the card and CREDITS.txt."""
    threads: Threads = None
    """Number of CPU threads; by default all that this process may use."""


@dataclass(kw_only=True)
class Attempt:
    """One precision of an export: its files, what it costs, and what its checks found."""

    precision: Precision
    """Precision of the weights."""
    folder: Path
    """Temporary folder of the written files."""
    loss: Loss | None = None
    """Cost on the check photos; None where it was not measured."""
    results: list[Agreement] = field(default_factory=list)
    """Every check, passed or failed."""
    not_checked: list[str] = field(default_factory=list)
    """Runtimes and pictures that could not be checked here, each with the reason."""


@dataclass(kw_only=True)
class Job:
    """An export under way."""

    config: ExportConfig
    """What the user asked for."""
    network: Network
    """The network to export, in evaluation mode."""
    record: RunRecord
    """Record of the network's run."""
    attempts: list[Attempt] = field(default_factory=list)
    """Every precision that was written."""
    refused: list[str] = field(default_factory=list)
    """Why a precision was skipped, other than for its quality loss."""

    @property
    def losses(self) -> list[Loss]:
        """The measured cost of each precision that was written."""
        return [attempt.loss for attempt in self.attempts if attempt.loss is not None]

    @cached_property
    def photos(self) -> CheckPhotos:
        """The photos on which weights are calibrated and judged."""
        return load_check_photos(self.config.photos, self.network.scale)

    @cached_property
    def reference(self) -> Enlarge:
        """The PyTorch network as a function of arrays."""
        return remembering(run_pytorch(self.network))

    @cached_property
    def reference_psnr(self) -> float:
        """PSNR of the PyTorch network on the check photos, in dB."""
        return self.photos.psnr(self.reference, self.network.scale)
