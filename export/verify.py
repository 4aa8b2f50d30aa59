"""Check an export folder that someone else made: hashes, card, form, and values.

The folder is not trusted: nothing in it is unpickled, no path in it leads out of it, sizes are
bounded before anything is read, models run in a process with bounded memory and time (ONNX) or in
the browser's sandbox (TF.js). Values are compared with the golden vectors in the folder; with
`--run` also with the PyTorch network that it is said to come from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.console import Console

from export.check.agreement import Agreement, Runtime, agreement_table, check_runtime, compare
from export.check.browser_runtimes import onnx_in_browser, tfjs_backends
from export.check.errors import AgreementError, RuntimeFaultError
from export.check.local_runtimes import failing, run_pytorch
from export.compact.file import FILE as COMPACT_FILE
from export.compact.form import compact_problems, compact_runtimes, open_compact
from export.onnx.contained import onnx_contained, problems_contained
from export.onnx.form import FILE as ONNX_FILE
from export.onnx.problems import tfjs_problems
from export.pipeline.card import CARD, FORMAT
from export.pipeline.golden import GOLDEN, read_golden
from export.tfjs.form import ARITHMETIC, MOST_GMACS
from export.weights.precision import PRECISIONS
from export.weights.tolerances import tolerance
from plumbing.command import UserError, run_command
from plumbing.disk import sha256_of
from plumbing.progress import busy, console
from teacher.runs.folder import load_network
from teacher.training.threads import Threads, use_threads

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,100}")
_MOST_JSON_BYTES = 4 * 2**20
_MOST_BYTES = 512 * 2**20
_MOST_FILES = 256


class FolderError(UserError):
    """The folder is not what its card says, or not an export folder."""


@dataclass(frozen=True, kw_only=True)
class VerifyConfig:
    """Settings of `python -m export.verify`."""

    folder: Annotated[Path, tyro.conf.Positional]
    """Export folder to check."""
    run: Path | None = None
    """Run folder, or released weights, that it should equal; else golden vectors are compared."""
    browser: bool = True
    """Whether the files run in headless Chromium."""
    threads: Threads = None
    """CPU threads; by default all that this process may use."""


def main(config: VerifyConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    card = read_card(config.folder)
    require_files(config.folder, card)
    problems = _problems(config.folder)
    if problems:
        raise FolderError(f"{config.folder}: {problems[0]}")
    if not config.browser:
        console.print("WARNING: --no-browser: no browser checks this", style="bold yellow")
    results: list[Agreement] = []
    for runtime in _runtimes(config, card):
        with busy(f"checking in {runtime.name}"):
            results.extend(_compare_golden(config.folder, runtime))
            if config.run is not None:
                network, _ = load_network(config.run)
                results.extend(check_runtime(runtime, network, run_pytorch(network)))
    Console().print(agreement_table(results))
    if not results:
        raise AgreementError(f"{config.folder}: nothing could run it here, so no value was checked")
    bad = [result for result in results if not result.good]
    if bad:
        worst = max(bad, key=lambda result: result.max_error / result.tolerance)
        raise AgreementError(
            f"{config.folder} gives other pixels than it promises in {len(bad)} of {len(results)} "
            f"checks; worst: {worst.runtime}, {worst.picture}: error {worst.max_error:.2e} at "
            f"{worst.place}, allowed {worst.tolerance:.2e}"
        )
    Console().print(f"{config.folder}: hashes, card, form and values are right")


def read_card(folder: Path) -> dict[str, Any]:
    """Read `halfsize.json` with suspicion.

    Raises:
        FolderError: It is not there, too large, or not a card of this format.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder}: there is no such folder")
    try:
        card = json.loads(_read_text(folder / CARD))
    except (ValueError, RecursionError) as error:
        raise FolderError(f"{folder / CARD} is not JSON: {str(error)[:80]}") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        found = card.get("format") if isinstance(card, dict) else None
        raise FolderError(
            f"{folder / CARD} has format {str(found)[:20]}, this version reads {FORMAT}"
        )
    for field, least in (("scale", 1), ("margin_px", 0), ("align_px", 1), ("parameters", 0)):
        value = card.get(field, 1)
        if type(value) is not int or not least <= value <= 10**12:
            raise FolderError(f"{folder / CARD}: {field} must be a number of at least {least}")
    weights = card.get("weights")
    if not isinstance(weights, dict) or weights.get("precision") not in PRECISIONS:
        raise FolderError(f"{folder / CARD}: weights.precision must be one of {PRECISIONS}")
    return card


def require_files(folder: Path, card: dict[str, Any]) -> None:
    """Insist that the folder holds the card's files, byte for byte, and nothing else.

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
                f"{folder / CARD} names {name[:80]!r}: no file of an export is so named"
            )
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise FolderError(f"{path} is missing, or is no plain file")
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise FolderError(f"{path} has {size:,} bytes: more than any export has")
        said = entry if isinstance(entry, dict) else {}
        if said.get("bytes") != size or said.get("sha256") != sha256_of(path):
            raise FolderError(f"{path} was altered: it is not the file that the card describes")
    extra = sorted({path.name for path in folder.iterdir()} - {CARD, *listed})
    if extra:
        raise FolderError(f"{folder} holds {extra[0][:80]!r}, which its card does not list")
    if GOLDEN not in listed or not {ONNX_FILE, "model.json", COMPACT_FILE} & set(card["files"]):
        raise FolderError(f"{folder / CARD} must list a model and {GOLDEN}")


def _problems(folder: Path) -> list[str]:
    if (folder / ONNX_FILE).is_file():
        return problems_contained(folder / ONNX_FILE)
    if (folder / COMPACT_FILE).is_file():
        return compact_problems(folder)
    try:
        json.loads(_read_text(folder / "model.json"))
        return tfjs_problems(folder)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        return [f"model.json is no graph model: {str(error)[:80]}"]


def _compare_golden(folder: Path, runtime: Runtime) -> Iterator[Agreement]:
    cases, allowed = read_golden(_read_text(folder / GOLDEN))
    # What a GPU's arithmetic rounds is no fault of it.
    if runtime.name.startswith(("TF.js web", "halfsize web")):
        allowed += tolerance("browser-gpu", "float32")
    for name, given, expected in cases:
        try:
            output = runtime.run(given)
        except RuntimeFaultError as fault:
            output = np.zeros((0, 3, 0, 0), np.float32)
            name = f"{name} ({fault})"
        yield compare(runtime.name, f"golden {name}", expected, output, allowed)


def _runtimes(config: VerifyConfig, card: dict[str, Any]) -> Iterator[Runtime]:
    precision = card["weights"]["precision"]
    near = tolerance("float32", precision)
    path = config.folder / ONNX_FILE
    if path.is_file():
        with onnx_contained(path) as run:
            yield Runtime(name="ONNX Runtime CPU", run=run, tolerance=near)
        if config.browser:
            try:
                with onnx_in_browser(path) as run:
                    yield Runtime(name="onnxruntime-web wasm", run=run, tolerance=near)
            except RuntimeFaultError as fault:
                yield Runtime(name="onnxruntime-web wasm", run=failing(fault), tolerance=near)
    elif (config.folder / COMPACT_FILE).is_file():
        run = open_compact(config.folder)
        yield Runtime(name="file read back", run=run, tolerance=near, batches=True)
        if config.browser:
            yield from compact_runtimes(config.folder, precision, [])
    elif config.browser:
        for backend, run in tfjs_backends(config.folder):
            if run is not None:
                yield Runtime(
                    name=f"TF.js {backend}",
                    run=run,
                    tolerance=tolerance(ARITHMETIC[backend], precision),
                    most_gmacs=MOST_GMACS.get(backend),
                )


def _read_text(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        raise FolderError(f"{path} is missing, or is no plain file")
    if path.stat().st_size > _MOST_JSON_BYTES:
        raise FolderError(f"{path} is too large: at most {_MOST_JSON_BYTES:,} bytes are read")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FolderError(f"{path} is not text") from error


if __name__ == "__main__":
    run_command(VerifyConfig, main)
