"""Folders of unknown origin: right ones, altered ones, and hostile ones."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from export.check.errors import RuntimeFaultError
from export.folder.card import CARD
from export.folder.golden import GOLDEN
from export.onnx.contained import onnx_contained, problems_contained
from export.onnx.form import FILE
from export.onnx.translate import INPUT, OUTPUT
from tests.made.commands import Finished, command_here
from tests.made.runs import MadeChain


@pytest.fixture
def folder(chain: MadeChain, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chain.folder / "student-onnx", tmp_path / "given"))


def verify(folder: Path) -> Finished:
    return command_here("export.verify", folder, "--no-browser", "--threads", "1")


def change_card(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / CARD).read_text())
    change(card)
    (folder / CARD).write_text(json.dumps(card))


def replace_file(folder: Path, name: str, content: bytes) -> None:
    """Write another file and a card that describes it, as a forger would."""
    (folder / name).write_bytes(content)
    entry = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def change(card: dict[str, Any]) -> None:
        group = "files" if name in card["files"] else "other_files"
        card[group][name] = entry | {"gzip_bytes": 1}

    change_card(folder, change)


def test_a_right_folder_passes_with_a_warning_of_the_missing_browser(folder: Path) -> None:
    done = verify(folder)
    assert done.status == 0, done.errors
    assert "hashes, card, form and values are right" in " ".join(done.output.split())
    assert "WARNING: --no-browser" in done.errors


@pytest.mark.parametrize("name", [FILE, GOLDEN, "LICENSE.txt"])
def test_a_flipped_byte_is_found(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(bytes(content))
    assert f"{name} was altered" in verify(folder).sentence()


def test_other_weights_with_a_card_to_match_give_other_values(folder: Path) -> None:
    model = onnx.load(folder / FILE)
    tensor = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    tensor.raw_data = bytes(len(tensor.raw_data))
    replace_file(folder, FILE, model.SerializeToString())
    assert "does not give the promised pixels" in verify(folder).sentence()


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", ".hidden", "x\n", ""])
def test_no_path_leaves_the_folder(folder: Path, name: str) -> None:
    (folder.parent / "secret").write_text("secret")
    change_card(folder, lambda card: card["files"].update({name: {"bytes": 6, "sha256": "00"}}))
    assert "not a name of an export" in verify(folder).sentence()


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    shutil.move(folder / FILE, folder.parent / FILE)
    (folder / FILE).symlink_to(folder.parent / FILE)
    assert "not a plain file" in verify(folder).sentence()


def test_a_file_that_the_card_does_not_list_is_refused(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(b"")
    assert "model.pkl" in verify(folder).sentence()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not JSON"),
        pytest.param(b"[" * 100_000, "not JSON", id="deep"),
        (b"[]", "has format None"),
        (b'{"format": 99}', "has format 99, a newer one: update halfsize"),
        (b'{"format": "1"}', "has format 1, expected 1 or 2"),
        (b"\xff\xfe", "not text"),
        (b'{"format": 1}', "scale must be 2, 3, 4, 3/2 or 4/3, got None"),
        (b'{"format": 1, "scale": -1}', "scale must be"),
        (b'{"format": 1, "scale": 1.5}', "scale must be"),
        (b'{"format": 1, "scale": "3/0"}', "scale must be"),
        (b'{"format": 1, "scale": [3, 2]}', "scale must be"),
        (b'{"format": 1, "scale": "3/2", "align_px": 0}', "align_px must be"),
        (b'{"format": 1, "scale": 2}', "weights.precision"),
        (b'{"format": 1, "scale": 2, "weights": {"precision": "int8"}}', "files must list"),
        pytest.param(b" " * (4 * 2**20 + 1), "too large", id="too large"),
    ],
)
def test_a_hostile_card_gets_a_sentence(folder: Path, content: bytes, sentence: str) -> None:
    (folder / CARD).write_bytes(content)
    assert sentence in verify(folder).sentence()


def test_hostile_golden_vectors_get_a_sentence(folder: Path) -> None:
    replace_file(folder, GOLDEN, b"{}")
    assert GOLDEN in verify(folder).sentence()


def doubling(times: int) -> onnx.ModelProto:
    """A kilobyte of graph that makes 2^times copies of its input."""
    names = [INPUT, *(f"twice{number}" for number in range(times)), OUTPUT]
    nodes = [
        helper.make_node("Concat", [before, before], [after], axis=0)
        for before, after in itertools.pairwise(names)
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, axes)
        for name, axes in ((INPUT, ["batch", 3, "height", "width"]), (OUTPUT, ["a", 3, "b", "c"]))
    ]
    graph = helper.make_graph(nodes, "bomb", ends[:1], ends[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


@pytest.mark.process
def test_a_graph_that_needs_all_memory_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(doubling(40).SerializeToString())
    with onnx_contained(path) as run, pytest.raises(RuntimeFaultError, match=r"model\.onnx: "):
        run(np.zeros((1, 3, 8, 8), np.float32))


def test_weights_outside_the_file_are_not_read(folder: Path) -> None:
    model = onnx.load(folder / FILE)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")
    path = folder / FILE
    path.write_bytes(model.SerializeToString())
    (problem,) = problems_contained(path)
    assert "outside the file" in problem
