"""Exports of students in whole numbers: the very bytes, in every form."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from export.check.local_runtimes import run_onnx
from export.check.whole_bytes import rounded
from export.compact.form import compact_problems
from export.folder.card import CARD
from export.onnx.translate import to_onnx
from plumbing.disk import sha256_of
from teacher.networks.compact_file import FILE, read_compact
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.integer.config import IntegerChainConfig
from tests.made.commands import command_here
from tests.made.integer.whole_numbers import awkward_pictures, made_weights, word_by_word
from tests.made.networks import check, require_sizes, saved

CONFIG = IntegerChainConfig(body=1, channels=6, activation="prelu", bits=7)
WEIGHTS = made_weights(CONFIG)
HEAVY = [pytest.mark.slow, pytest.mark.heavy]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("runs") / "whole", IntegerChain.of(WEIGHTS))


def exported(form: str, run: Path, out: Path) -> dict:
    command = (f"export.{form}", "--run", run, "--out", out, "--no-browser", "--threads", "1")
    done = command_here(*command)
    assert done.status == 0, done.errors
    return json.loads((out / CARD).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("form", "precision"),
    [
        ("compact", "int8"),
        pytest.param("onnx", "float32", marks=HEAVY),
        pytest.param("tfjs", "float32", marks=HEAVY),
    ],
)
def test_an_export_gives_the_very_bytes(
    form: str, precision: str, run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    card = exported(form, run, out)
    assert card["arithmetic"] == "integer" and card["network"]["bits"] == 7
    assert card["weights"]["precision"] == precision and card["weights"]["tried"] == []
    assert card["agreement"]["checks"] > 20
    for worst in card["agreement"]["worst"]:
        assert (worst["max_error"], worst["tolerance"]) == (0.0, 0.0)
    given = ("--run", run) if form != "compact" else ()
    done = command_here("export.verify", out, "--no-browser", "--threads", "1", *given)
    assert done.status == 0 or form == "tfjs", done.errors

    done = command_here(
        f"export.{form}", "--run", run, "--out", tmp_path / "b", "--weights", "float16"
    )
    assert done.status == 1 and "a student in whole numbers" in done.errors


def test_a_byte_that_is_off_by_one_is_found(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    card = exported("compact", run, out)
    golden = json.loads((out / "golden.json").read_text(encoding="utf-8"))
    values = golden["cases"][1]["output"]["values"]
    at = int(np.argmax(np.array(values) < 0.9))
    values[at] += 1 / 255
    (out / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    entry = card["other_files"]["golden.json"]
    entry["bytes"] = (out / "golden.json").stat().st_size
    entry["sha256"] = sha256_of(out / "golden.json")
    (out / CARD).write_text(json.dumps(card), encoding="utf-8")
    done = command_here("export.verify", out, "--no-browser", "--threads", "1")
    assert done.status == 1 and "golden noise 3x5: error 3.92e-03" in done.errors
    card["arithmetic"] = "words"
    (out / CARD).write_text(json.dumps(card), encoding="utf-8")
    done = command_here("export.verify", out, "--no-browser")
    assert done.status == 1 and "arithmetic must be one of" in done.errors


def test_golden_vectors_of_a_file_belong_to_its_weights(run: Path, tmp_path: Path) -> None:
    exported("compact", run, tmp_path / "out")
    path = tmp_path / "out" / FILE
    content = path.read_bytes()
    model = read_compact(path)
    assert len(model.summed) == 4
    assert any({*picture.ravel()} == {0, 255} for picture, _ in model.summed)
    assert compact_problems(path.parent) == []
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "golden vectors do not match" in compact_problems(path.parent)[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c,
        lambda c: replace(c, scale=Fraction(3, 2), bits=8),
        pytest.param(lambda c: replace(c, colour="rgb", activation="relu"), marks=HEAVY),
        pytest.param(lambda c: replace(c, colour="rgb", scale=Fraction(4, 3)), marks=HEAVY),
    ],
    ids=["luma 2", "luma 3-2", "rgb 2", "rgb 4-3"],
)
def test_onnx_runtime_gives_the_bytes_of_the_format(
    change: Callable[[IntegerChainConfig], IntegerChainConfig], tmp_path: Path
) -> None:
    weights = made_weights(change(CONFIG))
    network = IntegerChain.of(weights)
    path = tmp_path / "model.onnx"
    path.write_bytes(to_onnx(network).SerializeToString())
    run = run_onnx(path)
    check(network, run)
    whole = 12  # a multiple of every `down`
    for name, picture in awkward_pictures().items():
        cut = np.resize(picture, (whole, whole, 3))
        batch = cut.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0)
        made = np.rint(run(batch)[0].transpose(1, 2, 0) * 255).astype(np.uint8)
        np.testing.assert_array_equal(made, word_by_word(weights, cut), name)


@pytest.mark.slow
@pytest.mark.heavy
def test_two_hundred_sizes_in_onnx_runtime(tmp_path: Path) -> None:
    network = IntegerChain.of(WEIGHTS)
    path = tmp_path / "model.onnx"
    path.write_bytes(to_onnx(network).SerializeToString())
    run = run_onnx(path)
    require_sizes(network, lambda batch: rounded(run(rounded(batch))), 200, 1e-6)
