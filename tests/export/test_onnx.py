from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from export.agreement import FLOAT32_TOLERANCE, AgreementError, check_runtime, require_agreement
from export.onnx_graph import INPUT, OUTPUT, to_onnx
from export.runtimes import run_onnx, run_pytorch
from teacher.chain import Chain, ChainConfig
from teacher.networks import Network, Residual, ResidualConfig
from tests.export.test_agreement import lively

LUMA = lively(Chain(ChainConfig(body=2, channels=6)))
RGB = lively(Residual(ResidualConfig(blocks=1, channels=6)))


def require_equal(model: onnx.ModelProto, network: Network, folder: Path) -> None:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    results = check_runtime(
        "ONNX Runtime",
        run_onnx(path),
        run_pytorch(network),
        scale=network.scale,
        margin_px=network.margin_px,
        tolerance=FLOAT32_TOLERANCE,
    )
    require_agreement("made", list(results))


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("colour", ["luma", "rgb"])
@pytest.mark.parametrize("activation", ["relu", "prelu"])
def test_every_kind_of_chain_agrees(
    tmp_path: Path, scale: int, colour: str, activation: str
) -> None:
    config = ChainConfig(body=1, channels=4, scale=scale, colour=colour, activation=activation)  # pyright: ignore[reportArgumentType]
    network = lively(Chain(config))
    require_equal(to_onnx(network), network, tmp_path)


def test_names_ranks_and_free_axes() -> None:
    model = to_onnx(LUMA)
    onnx.checker.check_model(model, full_check=True)
    (given,), (made,) = model.graph.input, model.graph.output
    assert (given.name, made.name) == (INPUT, OUTPUT)
    dimensions = given.type.tensor_type.shape.dim
    assert [dimension.dim_param for dimension in dimensions] == ["batch", "", "height", "width"]
    assert dimensions[1].dim_value == 3
    assert len(made.type.tensor_type.shape.dim) == 4
    assert model.opset_import[0].version >= 17
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert properties["halfsize.scale"] == "2"
    assert properties["halfsize.margin_px"] == str(LUMA.margin_px)


def test_no_paths_of_the_machine_travel_along() -> None:
    assert b"/" + b"teacher/" not in to_onnx(RGB).SerializeToString()


def test_a_batch_of_three(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(to_onnx(RGB).SerializeToString())
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    batch = np.random.default_rng(3).random((3, 3, 9, 7), dtype=np.float32)
    with torch.inference_mode():
        expected = RGB(torch.from_numpy(batch)).numpy()
    output = np.asarray(session.run(None, {INPUT: batch})[0])
    np.testing.assert_allclose(output, expected, rtol=0, atol=FLOAT32_TOLERANCE)


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
    model = to_onnx(RGB)
    require_equal(model, RGB, tmp_path)
    fault(model)
    with pytest.raises(AgreementError, match=r"error .* at "):
        require_equal(model, RGB, tmp_path)
