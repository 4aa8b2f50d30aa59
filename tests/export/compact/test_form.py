"""The compact runtime's file: written, read back, damaged, and exported by the command."""

from __future__ import annotations

import json
import re
import shutil
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import ceil
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from export.check.local_runtimes import run_pytorch
from export.check.pictures import make_picture, to_batch
from export.check.runtime import Arithmetic
from export.compact import form
from export.compact.__main__ import CompactConfig, main
from export.compact.encode import encode
from export.compact.form import compact_problems, open_compact, write_compact
from export.folder.card import CARD
from export.weights.precision import Precision, PrecisionError
from export.weights.rounding import weight_of
from export.weights.tolerances import tolerance
from pixels.scale import SCALES, enlarged_size, padded_to_blocks
from plumbing.command import UserError
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.compact_file import FILE, Golden, decode, read_compact
from teacher.runs.folder import load_network
from tests.made.commands import command_here
from tests.made.networks import lively
from tests.made.runs import MadeChain

SHAPES = [
    ChainConfig(body=0, channels=1),
    ChainConfig(body=2, channels=6, activation="relu"),
    ChainConfig(body=1, channels=5, scale=Fraction(3)),
    ChainConfig(body=1, channels=4, colour="rgb", scale=Fraction(4), activation="relu"),
    ChainConfig(body=1, channels=5, scale=Fraction(3, 2)),
    ChainConfig(body=0, channels=4, colour="rgb", scale=Fraction(4, 3), activation="relu"),
]
RATIO = SHAPES[-2]


def network_of(config: ChainConfig) -> Chain:
    network = lively(Chain(config))
    assert isinstance(network, Chain)
    return network


@pytest.mark.parametrize("config", SHAPES)
def test_float16_is_read_back_as_it_was_rounded(config: ChainConfig, tmp_path: Path) -> None:
    network = network_of(config)
    write_compact(tmp_path / FILE, network, "float16")
    model = read_compact(tmp_path / FILE)
    assert model.weights.config == config and model.precision == "float16"
    rounded = {name: value.half().float() for name, value in network.state_dict().items()}
    for name, value in model.weights.tensors().items():
        np.testing.assert_array_equal(value, rounded[name].numpy())
    assert compact_problems(tmp_path) == []
    picture = np.random.default_rng(0).random((1, 3, 6, 12), dtype=np.float32)
    network.load_state_dict(rounded)
    np.testing.assert_allclose(
        open_compact(tmp_path)(picture), run_pytorch(network)(picture), rtol=0, atol=2e-6
    )


@pytest.mark.slow
def test_int8_is_closer_than_rounding_to_the_nearest(tmp_path: Path) -> None:
    network, _ = load_network(Path("medium-clean"))
    assert isinstance(network, Chain)
    write_compact(tmp_path / FILE, network, "int8")
    nearest = deepcopy(network)
    with torch.no_grad():
        for convolution in nearest.convolutions:
            assert isinstance(convolution, nn.Conv2d)
            weights = convolution.weight
            step = weights.abs().amax(dim=(1, 2, 3), keepdim=True) / 127
            weights.copy_((weights / step).round() * step)
    picture = make_picture("checkerboard", 37, 53)  # not a size that determines the rounding
    wanted = run_pytorch(network)(picture)
    off = np.abs(open_compact(tmp_path)(picture) - wanted).max()
    nearest_off = np.abs(run_pytorch(nearest)(picture) - wanted).max()
    assert off < 0.5 * nearest_off
    assert off < tolerance("float32", "int8")


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_a_channel_of_zeros_stays_zero(
    tmp_path: Path, precision: Literal["float16", "int8"]
) -> None:
    network = network_of(SHAPES[1])
    with torch.no_grad():
        network.convolutions[1].weight[2] = 0  # pyright: ignore[reportIndexIssue]
    write_compact(tmp_path / FILE, network, precision)
    weights = read_compact(tmp_path / FILE).weights
    assert isinstance(weights, ChainWeights)
    read = weights.kernels[1]
    assert not read[2].any() and read[1].any()


def test_weights_that_float16_cannot_hold_are_refused(tmp_path: Path) -> None:
    network = network_of(SHAPES[1])
    with torch.no_grad():
        network.convolutions[0].weight[0, 0, 0, 0] = 1e6  # pyright: ignore[reportIndexIssue]
    with pytest.raises(PrecisionError, match="float16 cannot hold the kernel of layer 0"):
        write_compact(tmp_path / FILE, network, "float16")


def test_whole_scales_are_written_as_they_always_were() -> None:
    content = encode(network_of(SHAPES[2]), "float16", [blank(Fraction(3))])
    assert content[:16] == b"HSZ\x1a" + bytes([1, 1, 3, 0, 1, 1, 1, 0, 5, 0, 0, 0])


def test_a_ratio_is_in_the_header_and_the_first_kernel_as_the_format_says() -> None:
    network = network_of(RATIO)
    content = encode(network, "float16", [blank(RATIO.scale)])
    assert content[:16] == b"HSZ\x1a" + bytes([2, 1, 3, 0, 1, 1, 1, 0, 5, 0, 2, 0])
    start = 16 + 2 * (5 + 5)  # after biases and slopes
    stored = np.frombuffer(content[start : start + 2 * 6 * 6 * 5], "<f2").reshape(6, 6, 1, 5)
    kernel = weight_of(network.convolutions[0]).detach().half().numpy()
    for row, column, output in ((0, 0, 0), (4, 1, 2), (5, 3, 4)):
        assert stored[row, column, 0, output] == kernel[output, 0, row, column]


def blank(scale: Fraction, height: int = 1, width: int = 1) -> Golden:
    larger = enlarged_size((height, width), scale)
    return np.zeros((height, width, 3), np.uint8), np.zeros((*larger, 3), np.uint8)


def test_version_2_of_a_whole_scale_is_read_as_well() -> None:
    content = bytearray(encode(network_of(SHAPES[2]), "int8", [blank(Fraction(3))]))
    plain = decode(bytes(content))
    content[4], content[14] = 2, 1
    newer = decode(bytes(content))
    assert newer.weights.config == plain.weights.config
    for name, value in newer.weights.tensors().items():
        np.testing.assert_array_equal(value, plain.weights.tensors()[name])


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_golden_vectors_have_any_size(scale: Fraction) -> None:
    network = network_of(ChainConfig(body=0, channels=1, scale=scale))
    sizes = [(1, 1), (2, 3), (255, 1), (1, 254), (7, 8), (9, 12)]
    content = encode(network, "int8", [blank(scale, *size) for size in sizes])
    read = decode(content).golden
    assert [picture.shape[:2] for picture, _ in read] == sizes
    for (height, width), (_, enlarged) in zip(sizes, read, strict=True):
        assert enlarged.shape[:2] == (ceil(height * scale), ceil(width * scale))


def test_written_golden_vectors_are_those_of_the_picture_continued_by_its_edge(
    tmp_path: Path,
) -> None:
    write_compact(tmp_path / FILE, network_of(RATIO), "float16")
    model = read_compact(tmp_path / FILE)
    sizes = [picture.shape[:2] for picture, _ in model.golden]
    assert any(height % 2 and width % 2 for height, width in sizes)
    assert isinstance(model.weights, ChainWeights)
    network = Chain.of(model.weights)
    for picture, enlarged in model.golden:
        height, width = picture.shape[:2]
        rows, columns = (
            np.minimum(np.arange(side + side % 2), side - 1) for side in (height, width)
        )
        whole = run_pytorch(network)(to_batch(picture[rows][:, columns]))
        bytes_ = np.floor(whole[0].transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
        expected = bytes_[: ceil(height * 1.5), : ceil(width * 1.5)]
        np.testing.assert_allclose(enlarged, expected, rtol=0, atol=1)  # halves round either way


def test_golden_vectors_cut_at_the_wrong_side_are_found(tmp_path: Path) -> None:
    write_compact(tmp_path / FILE, network_of(RATIO), "float16")
    model = read_compact(tmp_path / FILE)
    assert isinstance(model.weights, ChainWeights)
    stored = Chain.of(model.weights)
    assert compact_problems(tmp_path) == []

    def wrong(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        rows, columns = enlarged_size((picture.shape[0], picture.shape[1]), RATIO.scale)
        blocks = padded_to_blocks(picture, RATIO.scale)
        larger = run_pytorch(stored)(to_batch(blocks))[0].transpose(1, 2, 0)
        return np.floor(larger[-rows:, -columns:] * 255 + 0.5).astype(np.uint8)

    golden = [(picture, wrong(picture)) for picture, _ in model.golden]
    (tmp_path / FILE).write_bytes(encode(stored, "float16", golden))
    assert "golden vectors do not match its weights" in compact_problems(tmp_path)[0]


@pytest.mark.slow
@pytest.mark.parametrize("config", [SHAPES[1], RATIO], ids=["whole", "ratio"])
def test_a_damaged_file_is_one_sentence_or_a_network(config: ChainConfig, tmp_path: Path) -> None:
    write_compact(tmp_path / FILE, network_of(config), "int8")
    content = (tmp_path / FILE).read_bytes()
    random = np.random.default_rng(1)
    refused = 0
    for _ in range(250):
        changed = bytearray(content)
        match random.integers(3):
            case 0:
                changed = changed[: random.integers(len(content))]
            case 1:
                changed[random.integers(len(content))] ^= 1 << int(random.integers(8))
            case _:
                changed[random.integers(16)] = int(random.integers(256))
        try:
            decode(bytes(changed))
        except UserError:
            refused += 1
    assert refused > 125


def test_no_other_ratio_is_read() -> None:
    content = bytearray(encode(network_of(RATIO), "int8", [blank(RATIO.scale)]))
    read = []
    for up, down in product([*range(8), 255], [*range(8), 255, 256, 258, 65535]):
        content[6], content[14:16] = up, down.to_bytes(2, "little")
        try:
            decode(bytes(content))
        except UserError as error:
            # The other four ask for more or fewer bytes than there are.
            known = f"{up}/{down}" in ("2/1", "3/1", "4/1", "4/3")
            sentence = "truncated|bytes after the network" if known else "it enlarges .* none of"
            assert re.search(sentence, str(error))
        else:
            read.append((up, down))
    assert read == [(3, 2)]


@pytest.mark.parametrize(
    ("at", "value", "sentence"),
    [
        (0, 0, "not a halfsize model"),
        (4, 0, "version 0"),
        (4, 4, "newer version, 4: update halfsize"),
        (4, 2, "it enlarges 2/0 times, which is none of 4/3, 3/2, 2, 3, 4"),
        (6, 9, "it enlarges 9/1 times"),
        (14, 2, "undefined value"),
        (9, 0, "cannot have 0 golden"),
        (13, 4, "too many weights"),
        (10, 9, "truncated"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, at: int, value: int, sentence: str) -> None:
    write_compact(tmp_path / FILE, network_of(SHAPES[1]), "float16")
    content = bytearray((tmp_path / FILE).read_bytes())
    content[at] = value
    with pytest.raises(UserError, match=sentence):
        decode(bytes(content))
    with pytest.raises(UserError, match="bytes after the network"):
        decode((tmp_path / FILE).read_bytes() + b"!")


def test_verify_accepts_what_the_command_writes(chain: MadeChain) -> None:
    card = json.loads((chain.page_model / CARD).read_text(encoding="utf-8"))
    assert list(card["files"]) == [FILE]
    assert {"golden.json", "LICENSE.txt", "CREDITS.txt"} == set(card["other_files"])
    assert card["weights"]["precision"] in ("int8", "float16")
    runtimes = [entry["runtime"] for entry in card["agreement"]["worst"]]
    assert {"file read back", "halfsize wasm"} <= set(runtimes)
    done = command_here("export.verify", chain.page_model, "--no-browser", "--threads", "1")
    assert done.status == 0, done.errors


def test_wrong_golden_vectors_are_found(chain: MadeChain, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(chain.page_model, tmp_path / "given"))
    content = bytearray((folder / FILE).read_bytes())
    content[-1] ^= 0x80
    (folder / FILE).write_bytes(content)
    assert "golden vectors do not match its weights" in compact_problems(folder)[0]


def test_a_teacher_is_refused(chain: MadeChain, tmp_path: Path) -> None:
    done = command_here("export.compact", "--run", chain.teacher, "--out", tmp_path / "out")
    assert done.status == 1 and "students (chains of 3x3 convolutions)" in done.errors
    assert not (tmp_path / "out").exists()


def test_smallest_takes_more_bits_where_the_engines_refuse_fewer(
    chain: MadeChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strict(arithmetic: Arithmetic, precision: Precision) -> float:
        return 1e-6 if precision == "int8" else tolerance(arithmetic, precision)

    monkeypatch.setattr(form, "tolerance", strict)
    settings = CompactConfig(run=chain.student, out=tmp_path / "out", browser=False, threads=1)
    main(settings)
    card = json.loads((tmp_path / "out" / CARD).read_text(encoding="utf-8"))
    assert card["weights"]["precision"] == "float16"
    assert "int8 weights: out differs from PyTorch" in card["weights"]["refused"][0]
    assert len(read_compact(tmp_path / "out" / FILE).golden) > 0
    assert card["files"][FILE]["bytes"] == (tmp_path / "out" / FILE).stat().st_size
    assert all(entry["tolerance"] > 1e-6 for entry in card["agreement"]["worst"])
    monkeypatch.setattr(form, "tolerance", lambda *_: 1e-9)
    with pytest.raises(UserError, match="differs from PyTorch"):
        main(replace(settings, out=tmp_path / "none"))
    assert not (tmp_path / "none").exists()
