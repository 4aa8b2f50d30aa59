from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from export.check.local_runtimes import run_onnx, run_pytorch
from export.check.pictures import load_check_photos, make_picture
from export.onnx.quantise import to_float16, to_int8
from export.onnx.translate import WEIGHTS, to_onnx
from export.weights.precision import Loss, PrecisionError, require_within_budget
from plumbing.command import UserError
from tests.made.networks import LUMA
from tests.made.photos import write_photos


def save(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def largest_error(path: Path) -> float:
    picture = make_picture("noise", 37, 53)
    return float(np.abs(run_onnx(path)(picture) - run_pytorch(LUMA)(picture)).max())


def test_float16_weights_are_near_and_halved(tmp_path: Path) -> None:
    model = to_onnx(LUMA)
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
    model = to_onnx(LUMA)
    (tensor,) = [t for t in model.graph.initializer if t.name == "convolutions.1.weight"]
    values = numpy_helper.to_array(tensor).copy()
    values[0, 0, 0, 0] = value
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    with pytest.raises(PrecisionError, match=r"float16 cannot hold convolutions\.1\.weight"):
        to_float16(model)


@pytest.mark.parametrize("wide", [False, True])
def test_int8_quantises_the_learned_layers_only(tmp_path: Path, wide: bool) -> None:
    pictures = [make_picture(kind, 24, 24) for kind in ("photo", "noise", "checkerboard")]
    model = to_int8(to_onnx(LUMA), pictures, wide=wide)
    assert 0 < largest_error(save(model, tmp_path)) < 16 / 255
    integers = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT8]
    kernels = [t for t in integers if len(t.dims) == 4]
    assert len(kernels) == LUMA.config.body + 2  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("weights", "loss", "good"),
    [
        ("float16", 0.0049, True),
        ("float16", 0.0051, False),
        ("int8", 0.049, True),
        ("int8", 0.051, False),
        ("int8", float("nan"), False),
        ("float32", 0.0, True),
    ],
)
def test_the_budget_is_held(weights: str, loss: float, good: bool) -> None:
    cost = Loss(weights=weights, bytes_=1, psnr_db=30.0, loss_db=loss)  # pyright: ignore[reportArgumentType]
    assert cost.within_budget is good
    if not good:
        with pytest.raises(PrecisionError, match=f"{weights} weights lose .* dB are allowed"):
            require_within_budget(cost)


def test_photos_to_judge_by_are_not_those_calibrated_on(tmp_path: Path) -> None:
    photos = load_check_photos(write_photos(tmp_path / "photos", [(192, 200)] * 4), 2)
    assert (len(photos.calibration), len(photos.checks)) == (2, 2)
    for small, truth in photos.checks:
        assert small.shape == (1, 3, 96, 96)
        assert truth.shape == (192, 192, 3)
        assert not any(np.array_equal(small, other) for other in photos.calibration)


def test_too_few_photos_are_told(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos", [(192, 192), (40, 300)])
    with pytest.raises(UserError, match="at least 192x192"):
        load_check_photos(folder, 2)
