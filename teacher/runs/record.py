"""The record of a run, `run.json`, and its weights as arrays: all that is known without PyTorch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from plumbing.command import UserError
from plumbing.disk import sha256_of
from teacher.networks.chain_config import ChainConfig
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.weights import IntegerChainWeights
from teacher.networks.settings import AnyConfig, config_of
from teacher.runs.released import find_run

FORMAT = 1
RUN, WEIGHTS = "run.json", "model.safetensors"
RESUME = Path("resume") / "state.safetensors"
_LARGEST_JSON_BYTES = 4 * 2**20

Weights = TypeVar("Weights", ChainWeights, IntegerChainWeights)


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """The contents of `run.json`."""

    network: str
    """Name of the network in `teacher.networks.registry`."""
    network_config: dict[str, Any]
    """Fields of the config of the network."""
    settings: dict[str, Any]
    """The command's settings, defaults included."""
    git_commit: str | None
    """Commit of the code, with `+changes` if the working tree differed; None outside git."""
    data: dict[str, Any]
    """Fingerprint and number of the training photos."""
    metrics: dict[str, float] = field(default_factory=dict)
    """Metrics of the last validation."""
    weights_sha256: str = ""
    """SHA-256 of `model.safetensors`."""
    format: int = FORMAT
    """Version of the layout of this file."""


def read_record(folder: Path) -> RunRecord:
    """Read `run.json`.

    Args:
        folder: A run folder, or the name of released weights.

    Raises:
        UserError: `folder` is not a run folder, its training has not finished, or it was written by
            another version.
    """
    folder = find_run(folder)
    path = folder / RUN
    if not folder.is_dir():
        raise UserError(f"{folder} is not a run folder: there is no such folder")
    if not path.is_file():
        unfinished = (folder / RESUME).is_file()
        raise UserError(
            f"{folder} holds a training that has not finished: run its command again to resume it"
            if unfinished
            else f"{folder} is not a run folder: it has no {RUN}"
        )
    content = _read_json(path)
    if content.get("format") != FORMAT:
        raise UserError(
            f"{path} has format {content.get('format')!r}, this version reads {FORMAT}: "
            "use the version of halfsize that wrote it"
        )
    try:
        return RunRecord(**content)
    except TypeError as error:
        raise UserError(f"{path} is not the record of a run: {error}") from error


def weights_file(folder: Path, record: RunRecord) -> Path:
    """Find the weights of a finished run.

    Args:
        folder: The run folder itself.
        record: Its record.

    Raises:
        UserError: They are missing, truncated or altered.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise UserError(f"{folder} has no {WEIGHTS}: copy it again, or train again")
    if sha256_of(path) != record.weights_sha256:
        raise UserError(
            f"{path} was cut off or altered since it was written (its sha256 differs from the one "
            f"in {RUN}): copy it again, or train again"
        )
    return path


def read_weights(folder: Path) -> dict[str, NDArray]:
    """Read the weights of a finished run, of any network.

    Args:
        folder: A run folder, or the name of released weights.

    Raises:
        UserError: The folder is not a finished run, or its weights are damaged.
    """
    folder = find_run(folder)
    path = weights_file(folder, read_record(folder))
    try:
        return load_file(path)
    except (SafetensorError, TypeError) as error:  # TypeError: a type that NumPy lacks
        raise UserError(f"{path} cannot be read: {error}") from error


def read_chain(folder: Path, record: RunRecord) -> ChainWeights:
    """Read the weights of a finished run whose network is a chain.

    Args:
        folder: A run folder, or the name of released weights.
        record: Its record.

    Raises:
        UserError: The weights are damaged, or do not fit the network in the record.
    """
    return _fitting(folder, record, ChainConfig, ChainWeights.from_tensors)


def read_integer_chain(folder: Path, record: RunRecord) -> IntegerChainWeights:
    """Read the weights of a finished run whose network is a student in whole numbers.

    Args:
        folder: A run folder, or the name of released weights.
        record: Its record.

    Raises:
        UserError: The weights are damaged, out of range, or do not fit the network in the record.
    """
    return _fitting(folder, record, IntegerChainConfig, IntegerChainWeights.from_tensors)


def _fitting(
    folder: Path,
    record: RunRecord,
    kind: type[AnyConfig],
    build: Callable[[AnyConfig, Mapping[str, NDArray]], Weights],
) -> Weights:
    folder = find_run(folder)
    try:
        config = config_of(kind, record.network, record.network_config)
    except ValueError as error:
        raise UserError(f"{folder / RUN}: {error}") from error
    try:
        return build(config, read_weights(folder))
    except ValueError as error:
        raise does_not_fit(folder, str(error)) from error


def does_not_fit(folder: Path, problem: str) -> UserError:
    """Say that a run's weights belong to another network than its record."""
    return UserError(f"{folder / WEIGHTS} does not fit the network in {RUN}: {problem}")


def _read_json(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _LARGEST_JSON_BYTES:
        raise UserError(f"{path} is too large to be the record of a run")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} was cut off or altered: it is no longer JSON") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} is not the record of a run")
    return content
