"""What every export command does around the writing of a model: load, check, describe, place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from export.agreement import Agreement, agreement_table, require_agreement
from export.card import write_card
from pixels.command import UserError
from pixels.disk import whole_folder
from teacher.checkpoint import RunRecord, load_network
from teacher.flipboard import Flipboard
from teacher.networks import Network
from teacher.threads import Threads, use_threads


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Settings of `python -m export.onnx` and `python -m export.tfjs`."""

    run: Path
    """Run folder of a teacher or a student."""
    out: Path
    """Export folder to write; it appears only when every check has passed."""
    force: bool = False
    """Replace `out` if it exists."""
    licence: str = "MIT"
    """Licence of the weights, for the model card."""
    credits: str = ""
    """Whom the training photos are from, for the model card."""
    threads: Threads = None
    """CPU threads; by default all that this process may use."""


@dataclass(kw_only=True)
class Export:
    """An export under way.

    The command fills `folder` and lists its checks.
    """

    network: Network
    """To be exported, in evaluation mode."""
    record: RunRecord
    """Of its run."""
    folder: Path
    """Where to write; becomes `out` in the end."""
    results: list[Agreement] = field(default_factory=list)
    """Every check that was made, good or bad."""
    missing: list[str] = field(default_factory=list)
    """Runtimes that could not be checked here."""


@contextmanager
def export_run(config: ExportConfig) -> Iterator[Export]:
    """Give a folder to write an export into; it is placed only if all its checks are good.

    Raises:
        UserError: The run cannot be read, or `out` exists already.
        AgreementError: The export does not agree with the network; nothing is left of it.
    """
    if config.out.exists() and not config.force:
        raise UserError(f"{config.out} exists already: name another --out, or add --force")
    use_threads(config.threads)
    network, record = load_network(config.run)
    if isinstance(network, Flipboard):
        # Its windows slide over pictures by a loop that no runtime but PyTorch's has.
        raise UserError(
            f"{config.run} holds the flipboard network, which is not exported: "
            "export a residual one, or a student"
        )
    with whole_folder(config.out, replace=config.force) as folder:
        export = Export(network=network, record=record, folder=folder)
        yield export
        Console().print(agreement_table(export.results))
        for runtime in export.missing:
            Console().print(f"not checked: {runtime} does not start here")
        require_agreement(config.out.name, export.results)
        write_card(
            folder,
            name=config.run.name,
            network=network,
            record=record,
            agreement=export.results,
            missing=export.missing,
            licence=config.licence,
            credits=config.credits,
        )
    Console().print(f"wrote {config.out}")
