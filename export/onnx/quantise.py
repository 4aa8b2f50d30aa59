"""ONNX models with weights in 16 or 8 bits."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from export.onnx.translate import INPUT, WEIGHTS
from export.weights.precision import Precision, require_float16

_FEW = 16  # numbers; smaller tensors stay as they are, since a cast costs more bytes than it saves


def to_float16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store weights in 16 bits; input, output and arithmetic stay float32, which every runtime has.

    Args:
        model: In float32; it is not changed.

    Raises:
        PrecisionError: A weight overflows.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _FEW:
            continue
        name, values = tensor.name, numpy_helper.to_array(tensor)
        require_float16(name, values)
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.float16"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    _name_precision(result, "float16")
    onnx.checker.check_model(result, full_check=True)
    return result


def to_int8(
    model: onnx.ModelProto, calibration: Sequence[NDArray[np.float32]], *, wide: bool
) -> onnx.ModelProto:
    """Quantise with ONNX Runtime's static quantisation: learned layers only, weights by channel.

    Layers without bias are fixed matrices (colours, bicubic, anchor): they are small, and stay
    exact.

    Args:
        model: In float32.
        calibration: Pictures (1, 3, height, width) whose values fix the ranges.
        wide: Whether the values between layers have 16 bits instead of 8.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    learned = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    with tempfile.TemporaryDirectory() as folder, _silence():
        source, path = Path(folder) / "float32.onnx", Path(folder) / "int8.onnx"
        source.write_bytes(model.SerializeToString())
        quantize_static(
            source,
            path,
            _CalibrationReader(calibration),  # type: ignore[arg-type]
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt16 if wide else QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=[node.name for node in learned if len(node.input) > 2],
            op_types_to_quantize=["Conv", "Gemm"],
        )
        result = onnx.load(path)
    del result.metadata_props[:]
    result.metadata_props.extend(model.metadata_props)
    _name_precision(result, "int8")
    onnx.checker.check_model(result, full_check=True)
    return result


class _CalibrationReader:
    """Passes pictures to ONNX Runtime's calibration, which requires a reader."""

    def __init__(self, pictures: Sequence[NDArray[np.float32]]) -> None:
        self._remaining: Iterator[NDArray[np.float32]] = iter(pictures)

    def get_next(self) -> dict[str, Any] | None:
        picture = next(self._remaining, None)
        return None if picture is None else {INPUT: picture}

    def __iter__(self) -> _CalibrationReader:
        return self

    def __next__(self) -> dict[str, Any]:
        inputs = self.get_next()
        if inputs is None:
            raise StopIteration
        return inputs


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Suppress the quantiser's prints and logs, which are not for users."""
    level = logging.root.level
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
        logging.root.setLevel(level)


def _name_precision(model: onnx.ModelProto, precision: Precision) -> None:
    properties = {entry.key: entry.value for entry in model.metadata_props}
    helper.set_model_props(model, {**properties, WEIGHTS: precision})
