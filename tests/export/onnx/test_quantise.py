from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from export.check.local_runtimes import run_onnx, run_pytorch
from export.check.pictures import make_picture
from export.onnx.quantise import to_float16, to_int8
from export.onnx.translate import WEIGHTS
from export.weights.precision import PrecisionError
from tests.made.networks import LUMA, fresh_model


def save(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def largest_error(path: Path) -> float:
    picture = make_picture("noise", 37, 53)
    return float(np.abs(run_onnx(path)(picture) - run_pytorch(LUMA)(picture)).max())


def test_float16_weights_are_near_and_halved(tmp_path: Path) -> None:
    model = fresh_model(LUMA)
    half = to_float16(model)
    assert 0 < largest_error(save(half, tmp_path)) < 1e-3
    sizes = {tensor.name: tensor.ByteSize() for tensor in model.graph.initializer}
    halved = [t for t in half.graph.initializer if t.data_type == onnx.TensorProto.FLOAT16]
    assert halved
    for tensor in halved:
        assert tensor.ByteSize() < 0.75 * sizes[tensor.name.removesuffix(".float16")]
    assert {p.key: p.value for p in half.metadata_props}[WEIGHTS] == "float16"


@pytest.mark.parametrize("value", [1e6, -70000.0, np.nan])
def test_an_overflow_in_float16_names_the_weights(value: float) -> None:
    model = fresh_model(LUMA)
    (tensor,) = [t for t in model.graph.initializer if t.name == "convolutions.1.weight"]
    values = numpy_helper.to_array(tensor).copy()
    values[0, 0, 0, 0] = value
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    with pytest.raises(PrecisionError, match=r"float16 cannot hold convolutions\.1\.weight"):
        to_float16(model)


@pytest.mark.parametrize("wide", [False, True])
def test_int8_quantises_the_learned_layers_only(tmp_path: Path, wide: bool) -> None:
    pictures = [make_picture(kind, 24, 24) for kind in ("photo", "noise", "checkerboard")]
    model = to_int8(fresh_model(LUMA), pictures, wide=wide)
    assert 0 < largest_error(save(model, tmp_path)) < 16 / 255
    integers = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT8]
    kernels = [t for t in integers if len(t.dims) == 4]
    assert len(kernels) == LUMA.config.body + 2  # pyright: ignore[reportAttributeAccessIssue]
