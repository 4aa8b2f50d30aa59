"""Check an export folder that someone else made: hashes, card, form, and values.

The folder is not trusted: nothing in it is unpickled, no path in it leads out of it, and sizes are
bounded before anything is read. ONNX models run in a process with bounded memory and time; TF.js
and compact models run in the browser's sandbox; the weights of a compact file also run in NumPy.
All values are compared with the golden vectors in the folder, and with `--run` also with the
PyTorch network that the folder claims to come from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_args

import numpy as np
import tyro
from rich.console import Console

from export.check.any_size import any_size
from export.check.errors import AgreementError, RuntimeFaultError
from export.check.results import Agreement, agreement_table, compare, describe_failures
from export.check.runtime import Runtime, Unavailable, remembering
from export.check.whole_bytes import rounded, rounding
from export.folder.card import CARD, FORMATS, Arithmetics
from export.folder.form import Form, form_of
from export.folder.golden import GOLDEN, read_golden
from export.forms import export_form
from export.pipeline.form import ExportForm
from export.weights.precision import PRECISIONS
from export.weights.tolerances import tolerance
from pixels.scale import parse_scale
from plumbing.command import UserError, run_command
from plumbing.disk import sha256_of
from plumbing.extras import installed, missing, require_installed
from plumbing.progress import busy, console
from plumbing.threads import Threads, use_threads
from teacher.runs.models import find_model

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,100}")
_MOST_JSON_BYTES = 4 * 2**20
_MOST_BYTES = 512 * 2**20
_MOST_FILES = 256


class FolderError(UserError):
    """The folder does not match its card, or is not an export folder."""


@dataclass(frozen=True, kw_only=True)
class VerifyConfig:
    """Settings of `python -m export.verify`."""

    folder: Annotated[
        tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER [FOLDER ...]")
    ]
    """Export folders to check: also names of released students, and the folder `halfsize` of a
    published site, which holds several."""
    run: Path | None = None
    """Run folder, or released weights, that the export should equal. By default only the folder's
    golden vectors are compared."""
    browser: bool = True
    """Also run the files in headless Chromium."""
    threads: Threads = None
    """Number of CPU threads; by default all that this process may use."""

    def __post_init__(self) -> None:
        if not self.folder:
            raise ValueError("name at least one export folder")


def main(config: VerifyConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    why_not = _why_no_browser(config)
    if why_not:
        console.print(f"WARNING: {why_not}: not checked in any browser", style="bold yellow")
    for folder in (one for named in config.folder for one in export_folders(named)):
        _verify(folder, config, why_not)


def export_folders(named: Path) -> list[Path]:
    """List the export folders that a path or name stands for.

    Args:
        named: An export folder, the name of a released student, or the folder of scripts and
            students in a published site.

    Raises:
        FolderError: The folder of a site holds no student.
    """
    if not named.exists() and named.name == str(named):
        return [find_model(named, pages=True, flag="").path]
    models = named / "models"
    if (named / CARD).is_file() or not models.is_dir():
        return [named]
    found = sorted(folder for folder in models.iterdir() if folder.is_dir())
    if not found:
        raise FolderError(f"{models} holds no export folder")
    return found


def _verify(folder: Path, config: VerifyConfig, why_not: str) -> None:
    """Check one export folder.

    Args:
        folder: The folder.
        config: How to check it.
        why_not: Why no browser is used; empty if one is.
    """
    card = read_card(folder)
    form = export_form(require_files(folder, card))
    problems = form.untrusted_problems(folder)
    if problems:
        raise FolderError(f"{folder}: {problems[0]}")
    results = list(_check(folder, config.run, form, card, browser=not why_not))
    Console().print(agreement_table(results))
    if not results:
        because = f" ({why_not})" if why_not else ""
        raise AgreementError(f"{folder}: no runtime could run it{because}, so nothing was compared")
    failures = describe_failures(results)
    if failures:
        raise AgreementError(f"{folder} does not give the promised pixels in {failures}")
    Console().print(f"{folder}: hashes, card, form and values are right")


def read_card(folder: Path) -> dict[str, Any]:
    """Read `halfsize.json` without trusting it.

    Raises:
        FolderError: It is missing, too large, or not a card of this format.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder}: no such folder")
    try:
        card = json.loads(_read_text(folder / CARD))
    except (ValueError, RecursionError) as error:
        raise FolderError(f"{folder / CARD} is not JSON: {str(error)[:80]}") from error
    found = card.get("format") if isinstance(card, dict) else None
    if not isinstance(card, dict) or type(found) is not int or found not in FORMATS:
        newer = type(found) is int and found > FORMATS[-1]
        remedy = ", a newer one: update halfsize" if newer else ", expected 1 or 2"
        raise FolderError(f"{folder / CARD} has format {str(found)[:20]}{remedy}")
    try:
        parse_scale(card.get("scale"))
    except ValueError as error:
        raise FolderError(f"{folder / CARD}: {str(error)[:80]}") from error
    for field, least in (("margin_px", 0), ("align_px", 1), ("parameters", 0)):
        value = card.get(field, 1)
        if type(value) is not int or not least <= value <= 10**12:
            raise FolderError(f"{folder / CARD}: {field} must be a number of at least {least}")
    weights = card.get("weights")
    if not isinstance(weights, dict) or weights.get("precision") not in PRECISIONS:
        raise FolderError(f"{folder / CARD}: weights.precision must be one of {PRECISIONS}")
    if card.get("arithmetic", "float") not in get_args(Arithmetics):
        raise FolderError(f"{folder / CARD}: arithmetic must be one of {get_args(Arithmetics)}")
    return card


def require_files(folder: Path, card: dict[str, Any]) -> Form:
    """Require the folder to hold the card's files, byte for byte, and nothing else.

    Returns:
        The form of the folder's model.

    Raises:
        FolderError: A file is missing, altered, too large, a link, or not in the card.
    """
    listed: dict[str, Any] = {}
    for group in ("files", "other_files"):
        entries = card.get(group)
        if not isinstance(entries, dict) or len(entries) > _MOST_FILES:
            raise FolderError(f"{folder / CARD}: {group} must list at most {_MOST_FILES} files")
        listed |= entries
    for name, entry in listed.items():
        if not _NAME.fullmatch(name):
            raise FolderError(
                f"{folder / CARD} lists {name[:80]!r}, which is not a name of an export's file"
            )
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise FolderError(f"{path} is missing, or not a plain file")
        size = path.stat().st_size
        most = _MOST_JSON_BYTES if path.suffix == ".json" else _MOST_BYTES
        if size > most:
            raise FolderError(f"{path} is too large: {size:,} bytes, at most {most:,} are read")
        described = entry if isinstance(entry, dict) else {}
        if described.get("bytes") != size or described.get("sha256") != sha256_of(path):
            raise FolderError(f"{path} was altered: it is not the file that the card describes")
    extra = sorted({path.name for path in folder.iterdir()} - {CARD, *listed})
    if extra:
        raise FolderError(f"{folder} holds {extra[0][:80]!r}, which its card does not list")
    form = form_of(folder)
    if GOLDEN not in listed or form is None or form.file not in card["files"]:
        raise FolderError(f"{folder / CARD} must list a model and {GOLDEN}")
    return form


def _why_no_browser(config: VerifyConfig) -> str:
    """Say why no browser is used; empty if one is."""
    if not config.browser:
        return "--no-browser"
    return "" if installed("playwright") else missing("playwright", "a check in a browser")


def _check(
    folder: Path, run: Path | None, form: ExportForm, card: dict[str, Any], *, browser: bool
) -> Iterator[Agreement]:
    """Compare every runtime with the golden vectors, and with the run if one is given."""
    compare_with_run = None if run is None else _comparison_with(run)
    precision = card["weights"]["precision"]
    for runtime in form.untrusted_runtimes(folder, precision, browser):
        if isinstance(runtime, Unavailable):
            continue
        with busy(f"checking in {runtime.name}"):
            yield from _compare_golden(folder, runtime, card)
            if compare_with_run is not None:
                yield from compare_with_run(runtime)


def _comparison_with(run: Path) -> Callable[[Runtime], Iterator[Agreement]]:
    """Load a run's network with PyTorch, to compare runtimes with it on the check pictures."""
    require_installed("torch", "--run")
    from export.check.agreement import check_runtime
    from export.check.local_runtimes import run_pytorch
    from teacher.runs.folder import load_network

    network, _ = load_network(run)
    return partial(check_runtime, network=network, reference=remembering(run_pytorch(network)))


def _compare_golden(folder: Path, runtime: Runtime, card: dict[str, Any]) -> Iterator[Agreement]:
    cases, allowed = read_golden(_read_text(folder / GOLDEN))
    run = any_size(runtime.run, parse_scale(card["scale"]))
    if card.get("arithmetic") == "integer":  # the very bytes
        run, allowed = rounding(run), 0.0
        cases = [(name, picture, rounded(expected)) for name, picture, expected in cases]
    elif runtime.arithmetic == "browser-gpu":
        allowed += tolerance("browser-gpu", "float32")  # its rounding is not the model's fault
    for name, picture, expected in cases:
        try:
            output = run(picture)
        except RuntimeFaultError as fault:
            output = np.zeros((0, 3, 0, 0), np.float32)
            name = f"{name} ({fault})"
        yield compare(runtime.name, f"golden {name}", expected, output, allowed)


def _read_text(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        raise FolderError(f"{path} is missing, or not a plain file")
    if path.stat().st_size > _MOST_JSON_BYTES:
        raise FolderError(f"{path} is too large: at most {_MOST_JSON_BYTES:,} bytes are read")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FolderError(f"{path} is not text") from error


if __name__ == "__main__":
    run_command(VerifyConfig, main)
