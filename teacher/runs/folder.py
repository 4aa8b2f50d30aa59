"""Run folders: written atomically, verified when read.

    runs/NAME/model.safetensors   weights of the finished network
    runs/NAME/run.json            how to rebuild it, how it was made, how good it is
    runs/NAME/resume/             the state that a killed training resumes from
    runs/NAME/events.*            TensorBoard

`run.json` is written last and holds the hash of the weights: a folder with it is complete.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import load_file
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor, nn

from plumbing.command import UserError
from plumbing.disk import sha256_of, whole_file
from plumbing.paths import IS_INSTALLED, ROOT
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.integer.weights import IntegerChainWeights
from teacher.networks.registry import Network, build
from teacher.runs.record import (
    RESUME,
    RUN,
    WEIGHTS,
    RunRecord,
    does_not_fit,
    read_record,
    weights_file,
)
from teacher.runs.released import find_run


@dataclass(frozen=True, kw_only=True)
class ResumeState:
    """Everything that a training needs to resume as if it had never stopped."""

    step: int
    """Number of steps done."""
    settings: dict[str, Any]
    """Settings of the training that wrote it."""
    tensors: dict[str, Tensor]
    """Weights, their moving average, and the optimiser's state, by name."""


def save_run(folder: Path, network: nn.Module, record: RunRecord) -> None:
    """Write the finished network, then its record."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
    with whole_file(folder / WEIGHTS) as temporary:
        temporary.write_bytes(tensors_to_bytes(weights))
    content = asdict(record) | {"weights_sha256": sha256_of(folder / WEIGHTS)}
    with whole_file(folder / RUN) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load_network(folder: Path) -> tuple[Network, RunRecord]:
    """Rebuild the network of a finished run, in evaluation mode.

    Args:
        folder: A run folder, or the name of released weights.

    Raises:
        UserError: The folder is not a finished run, or its weights are truncated, altered, or do
            not fit the network in the record.
    """
    folder = find_run(folder)
    record = read_record(folder)
    path = weights_file(folder, record)
    try:
        network = build(record.network, record.network_config)
    except ValueError as error:
        raise UserError(f"{folder / RUN}: {error}") from error
    try:
        tensors = load_file(path)
        if isinstance(network, IntegerChain):  # all that arithmetic relies on, types included
            network = IntegerChain.of(
                IntegerChainWeights.from_tensors(
                    network.config, {name: tensor.numpy() for name, tensor in tensors.items()}
                )
            )
        else:
            network.load_state_dict(tensors)
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise does_not_fit(folder, str(error).splitlines()[0]) from error
    return network.eval(), record


def save_resume(folder: Path, state: ResumeState) -> None:
    """Write the state of a running training, replacing the previous state."""
    path = folder / RESUME
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().contiguous().cpu() for name, tensor in state.tensors.items()}
    header = {
        "step": str(state.step),
        "settings": json.dumps(state.settings),
        "sha256": _sha256_of_tensors(tensors),
    }
    with whole_file(path) as temporary:
        temporary.write_bytes(tensors_to_bytes(tensors, metadata=header))


def read_resume(folder: Path) -> ResumeState | None:
    """Read the state of a stopped training; None if there is no state.

    Raises:
        UserError: The state exists but cannot be read.
    """
    path = folder / RESUME
    if not path.is_file():
        return None
    try:
        # Read in one go, not with `safe_open`, which opens the file twice: a running training may
        # replace it in between.
        content = path.read_bytes()
        header = _safetensors_metadata(content)
        tensors = tensors_from_bytes(content)
        if header["sha256"] != _sha256_of_tensors(tensors):
            raise ValueError("it was altered since it was written")
        return ResumeState(
            step=int(header["step"]), settings=json.loads(header["settings"]), tensors=tensors
        )
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read ({error}): delete {folder} to start from the beginning"
        ) from error


def git_commit() -> str | None:
    """Return the commit of this code; None outside git, and where it is installed."""
    if IS_INSTALLED:  # perhaps inside somebody's repository, whose commit says nothing
        return None
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty=+changes", "--exclude=*"]
    try:
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return finished.stdout.strip() or None


def _safetensors_metadata(content: bytes) -> dict[str, str]:
    """Read the metadata of a safetensors file: 8 bytes of length, then JSON."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length])["__metadata__"]


def _sha256_of_tensors(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(name.encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
