"""The written TF.js files, read back without a browser; every planted fault is found."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from export.check.errors import AgreementError, RuntimeFaultError
from export.tfjs.problems import tfjs_problems
from export.tfjs.read_back import run_graph_model
from teacher.networks.registry import Network
from teacher.runs.folder import load_network
from tests.made.networks import check
from tests.made.runs import MadeChain


@pytest.fixture
def folder(chain: MadeChain, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chain.folder / "teacher-tfjs", tmp_path / "tfjs"))


@pytest.fixture
def network(chain: MadeChain) -> Network:
    return load_network(chain.teacher)[0]


def test_the_files_as_they_are_agree(folder: Path, network: Network) -> None:
    assert tfjs_problems(folder) == []
    check(network, run_graph_model(folder), large=True)


Model = dict[str, Any]


def nodes(model: Model, *kinds: str) -> list[dict[str, Any]]:
    return [node for node in model["modelTopology"]["node"] if node["op"] in kinds]


def place_of(model: Model, name: str) -> tuple[int, list[int]]:
    """Offset of a weight in the file, and its shape."""
    start = 0
    for entry in model["weightsManifest"][0]["weights"]:
        count = 1
        for side in entry["shape"]:
            count *= side
        if entry["name"] == name:
            return start, entry["shape"]
        start += 4 * count
    raise KeyError(name)


def other_padding(model: Model, data: bytearray) -> None:
    attributes = nodes(model, "_FusedConv2D")[1]["attr"]
    attributes["padding"]["s"] = base64.b64encode(b"VALID").decode()


def swapped_channels(model: Model, data: bytearray) -> None:
    """The last kernel's biases in PyTorch's order: colour before sub-pixel."""
    name = nodes(model, "_FusedConv2D")[-1]["input"][1]
    start, (height, width, inputs, outputs) = place_of(model, name)
    for row in range(height * width * inputs):
        at = start + 4 * outputs * row
        values = [bytes(data[at + 4 * n : at + 4 * n + 4]) for n in range(outputs)]
        data[at : at + 4 * outputs] = b"".join(values[3 * (n % 4) + n // 4] for n in range(outputs))


def transposed_kernel(model: Model, data: bytearray) -> None:
    name = nodes(model, "_FusedConv2D")[0]["input"][1]
    start, (height, width, inputs, outputs) = place_of(model, name)
    size = 4 * inputs * outputs
    cells = [bytes(data[start + size * n : start + size * (n + 1)]) for n in range(height * width)]
    turned = [cells[width * (n % height) + n // height] for n in range(height * width)]
    data[start : start + size * height * width] = b"".join(turned)


def dropped_bias(model: Model, data: bytearray) -> None:
    name = nodes(model, "_FusedConv2D")[0]["input"][2]
    start, (count,) = place_of(model, name)
    data[start : start + 4 * count] = bytes(4 * count)


def flipped_byte(model: Model, data: bytearray) -> None:
    start, _ = place_of(model, nodes(model, "_FusedConv2D")[2]["input"][1])
    data[start + 3] ^= 0x40


FAULTS = [other_padding, swapped_channels, transposed_kernel, dropped_bias, flipped_byte]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_found(
    folder: Path, network: Network, fault: Callable[[Model, bytearray], None]
) -> None:
    plant(folder, fault)
    with pytest.raises(AgreementError, match=r"error .* at |the start of it"):
        check(network, run_graph_model(folder))


def plant(folder: Path, fault: Callable[[Model, bytearray], None]) -> None:
    model = json.loads((folder / "model.json").read_text())
    (weights,) = folder.glob("*.bin")
    data = bytearray(weights.read_bytes())
    fault(model, data)
    (folder / "model.json").write_text(json.dumps(model))
    weights.write_bytes(bytes(data))


def test_truncated_weights_are_reported(folder: Path) -> None:
    (weights,) = folder.glob("*.bin")
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(RuntimeFaultError, match="the weights end before"):
        run_graph_model(folder)


def test_an_unknown_operator_is_reported(folder: Path, network: Network) -> None:
    def unknown(model: Model, data: bytearray) -> None:
        nodes(model, "DepthToSpace")[0]["op"] = "Einsum"

    plant(folder, unknown)
    with pytest.raises(AgreementError, match="the operator Einsum is not known"):
        check(network, run_graph_model(folder))
