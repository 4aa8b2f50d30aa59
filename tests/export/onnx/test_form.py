from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from export.check.errors import AgreementError, RuntimeFaultError
from export.check.local_runtimes import run_onnx
from export.onnx.problems import onnx_problems
from export.onnx.translate import INPUT, OUTPUT, to_onnx
from export.weights.tolerances import tolerance
from plumbing.command import UserError
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import Network
from teacher.networks.residual import Residual, ResidualConfig
from tests.made.networks import (
    LUMA,
    RATIO,
    RGB,
    check,
    fresh_model,
    lively,
    require_sizes,
    small_flipboard,
)


def require_equal(
    model: onnx.ModelProto, network: Network, folder: Path, *, large: bool = False
) -> None:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    check(network, run_onnx(path), large=large)


@pytest.mark.slow
# Every pair of settings once.
@pytest.mark.parametrize(
    ("scale", "colour", "activation"),
    [
        (2, "luma", "relu"),
        (2, "rgb", "prelu"),
        (3, "luma", "prelu"),
        (3, "rgb", "relu"),
        (4, "luma", "relu"),
        (4, "rgb", "prelu"),
        ("4/3", "rgb", "relu"),
    ],
)
def test_every_kind_of_chain_agrees(
    tmp_path: Path, scale: int | str, colour: str, activation: str
) -> None:
    ratio = Fraction(scale)
    config = ChainConfig(body=1, channels=4, scale=ratio, colour=colour, activation=activation)  # pyright: ignore[reportArgumentType]
    network = lively(Chain(config))
    require_equal(to_onnx(network), network, tmp_path)


@pytest.mark.slow
def test_names_ranks_and_free_axes() -> None:
    model = fresh_model(LUMA)
    onnx.checker.check_model(model, full_check=True)
    (source,), (result,) = model.graph.input, model.graph.output
    assert (source.name, result.name) == (INPUT, OUTPUT)
    dimensions = source.type.tensor_type.shape.dim
    assert [dimension.dim_param for dimension in dimensions] == ["batch", "", "height", "width"]
    assert dimensions[1].dim_value == 3
    assert len(result.type.tensor_type.shape.dim) == 4
    assert model.opset_import[0].version >= 17
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert properties["halfsize.scale"] == "2"
    assert properties["halfsize.margin_px"] == str(LUMA.margin_px)


@pytest.mark.slow
def test_the_file_holds_no_paths_of_this_machine() -> None:
    assert b"/" + b"teacher/" not in fresh_model(RGB).SerializeToString()


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"anchor": "bicubic", "colour": "luma"},
        {"colour": "rgb", "border_px": 1, "stride_px": 3},
        {"anchor": "bicubic", "colour": "ycbcr", "scale": 3},
    ],
)
def test_the_flipboard_network_agrees(tmp_path: Path, settings: dict[str, object]) -> None:
    network = small_flipboard(**settings)
    model = to_onnx(network)
    assert onnx_problems(model) == []
    require_equal(model, network, tmp_path)


def test_a_flipboard_whose_anchor_differs_from_window_to_window_is_refused() -> None:
    with pytest.raises(UserError, match="border-px of at least 2, this one has 1"):
        to_onnx(small_flipboard(anchor="bicubic", border_px=1, stride_px=3))


def rename_output(model: onnx.ModelProto) -> None:
    model.graph.node[-1].output[0] = model.graph.output[0].name = "result"


def fix_the_height(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 19


def forget_the_scale(model: onnx.ModelProto) -> None:
    del model.metadata_props[0]


def leave_an_input_dangling(model: onnx.ModelProto) -> None:
    model.graph.node[-1].input[0] = "nowhere"


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (rename_output, "not enlarged"),
        (fix_the_height, "free batch, height and width"),
        (forget_the_scale, "metadata lack halfsize.scale"),
        (leave_an_input_dangling, "onnx.checker rejects"),
    ],
)
def test_a_wrong_form_is_found(fault: Callable[[onnx.ModelProto], None], sentence: str) -> None:
    model = fresh_model(LUMA)
    assert onnx_problems(model) == []
    fault(model)
    assert any(sentence in problem for problem in onnx_problems(model))


def test_a_truncated_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    content = fresh_model(LUMA).SerializeToString()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RuntimeFaultError, match=r"ONNX Runtime rejects model\.onnx"):
        run_onnx(path)


def test_a_teacher_agrees(tmp_path: Path) -> None:
    require_equal(fresh_model(RGB), RGB, tmp_path, large=True)


@pytest.mark.slow
def test_a_teacher_of_a_ratio_agrees(tmp_path: Path) -> None:
    shape = ResidualConfig(blocks=1, channels=4, colour="luma", scale=Fraction(3, 2))
    network = lively(Residual(shape))
    require_equal(to_onnx(network), network, tmp_path)


@pytest.mark.parametrize("network", [LUMA, RATIO], ids=lambda network: str(network.scale))
def test_random_sizes_agree(tmp_path: Path, network: Network) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(fresh_model(network).SerializeToString())
    require_sizes(network, run_onnx(path), 20, tolerance("float32", "float32"))


def test_a_ratio_is_in_the_metadata() -> None:
    properties = {entry.key: entry.value for entry in fresh_model(RATIO).metadata_props}
    assert properties["halfsize.scale"] == "3/2"
    assert properties["halfsize.align_px"] == "2"
    assert properties["halfsize.margin_px"] == "6"
    assert onnx_problems(fresh_model(RATIO)) == []


def swap_channel_order(model: onnx.ModelProto) -> None:
    (node,) = [node for node in model.graph.node if node.op_type == "DepthToSpace"]
    (mode,) = [attribute for attribute in node.attribute if attribute.name == "mode"]
    mode.s = b"DCR"


def transpose_a_kernel(model: onnx.ModelProto) -> None:
    change(model, "head.weight", lambda kernel: kernel.swapaxes(2, 3))


def drop_a_bias(model: onnx.ModelProto) -> None:
    change(model, "tail.bias", np.zeros_like)


def flip_one_byte(model: onnx.ModelProto) -> None:
    (tensor,) = [t for t in model.graph.initializer if t.name == "join.weight"]
    data = bytearray(tensor.raw_data)
    data[3] ^= 0x40  # the exponent of the first weight
    tensor.raw_data = bytes(data)


def pad_otherwise(model: onnx.ModelProto) -> None:
    node = next(node for node in model.graph.node if node.op_type == "Conv")
    (pads,) = [attribute for attribute in node.attribute if attribute.name == "pads"]
    pads.ints[:] = [0, 1, 2, 1]


def change(model: onnx.ModelProto, name: str, how: Callable[[np.ndarray], np.ndarray]) -> None:
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name == name]
    changed = np.ascontiguousarray(how(numpy_helper.to_array(tensor)))
    tensor.CopyFrom(numpy_helper.from_array(changed, name))


@pytest.mark.parametrize(
    "fault",
    [swap_channel_order, transpose_a_kernel, drop_a_bias, flip_one_byte, pad_otherwise],
    ids=lambda fault: fault.__name__,
)
def test_a_planted_fault_is_found(tmp_path: Path, fault: Callable[[onnx.ModelProto], None]) -> None:
    model = fresh_model(RGB)
    fault(model)
    with pytest.raises(AgreementError, match=r"error .* at "):
        require_equal(model, RGB, tmp_path)


def swap_pixels_of_blocks(model: onnx.ModelProto) -> None:
    """Rows and columns exchanged inside each block of the first kernel, not those of blocks."""

    def swapped(kernel: np.ndarray) -> np.ndarray:
        blocks = kernel.reshape(-1, 1, 3, 2, 3, 2)
        return blocks.transpose(0, 1, 2, 5, 4, 3).reshape(kernel.shape)

    change(model, "convolutions.0.weight", swapped)


def move_the_kernel_by_a_block(model: onnx.ModelProto) -> None:
    strided(model)[0].ints[:] = [0, 2, 4, 2]


def move_the_anchor_by_a_phase(model: onnx.ModelProto) -> None:
    """Sub-pixels of a row in another order; the whole picture has the same mean."""

    def moved(kernel: np.ndarray) -> np.ndarray:
        return np.roll(kernel.reshape(3, 3, 3, *kernel.shape[1:]), 1, axis=2).reshape(kernel.shape)

    (pad,) = [node for node in model.graph.node if node.op_type == "Pad"]
    (bicubic,) = [node for node in model.graph.node if pad.output[0] in node.input]
    change(model, bicubic.input[1], moved)


def swap_planes_of_blocks(model: onnx.ModelProto) -> None:
    change(model, "convolutions.2.weight", lambda kernel: kernel[[0, 3, 6, 1, 4, 7, 2, 5, 8]])


def pad_with_zeros(model: onnx.ModelProto) -> None:
    (pad,) = [node for node in model.graph.node if node.op_type == "Pad"]
    (mode,) = [attribute for attribute in pad.attribute if attribute.name == "mode"]
    mode.s = b"constant"


def cut_at_the_wrong_side(model: onnx.ModelProto) -> None:
    """Blocks begin one pixel late: what a cut of the first row instead of the last one gives."""
    strided(model)[0].ints[:] = [1, 2, 3, 2]


def strided(model: onnx.ModelProto) -> list[onnx.AttributeProto]:
    """The paddings of the convolutions over blocks of pixels."""
    attributes = [{a.name: a for a in node.attribute} for node in model.graph.node]
    return [a["pads"] for a in attributes if "strides" in a and a["strides"].ints[0] == 2]


@pytest.mark.parametrize(
    "fault",
    [
        swap_pixels_of_blocks,
        move_the_kernel_by_a_block,
        move_the_anchor_by_a_phase,
        swap_planes_of_blocks,
        pad_with_zeros,
        cut_at_the_wrong_side,
    ],
    ids=lambda fault: fault.__name__,
)
def test_a_planted_fault_of_a_ratio_is_found(
    tmp_path: Path, fault: Callable[[onnx.ModelProto], None]
) -> None:
    model = fresh_model(RATIO)
    fault(model)
    with pytest.raises(AgreementError, match=r"error .* at "):
        require_equal(model, RATIO, tmp_path)
