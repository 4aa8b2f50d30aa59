"""Weights in fewer bits, and what that may cost."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from export.onnx.translate import INPUT, WEIGHTS
from plumbing.command import UserError

Precision = Literal["float32", "float16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("float32", "float16", "int8")

# Largest loss of PSNR against float32 on the check photos, in dB. 0.005 is what rounding the
# output to bytes changes by itself; 0.05 is a tenth of what the eye tells apart side by side, and
# less than two trainings of one network differ by.
BUDGET_DB: dict[Precision, float] = {"float32": 0.0, "float16": 0.005, "int8": 0.05}

LARGEST_FLOAT16 = 65504.0
_FEW = 16  # numbers; what is smaller stays as it is, since a cast costs more bytes than it saves


class PrecisionError(UserError):
    """Weights cannot be had in so few bits, or lose too much."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What a precision costs."""

    weights: Precision
    """The precision."""
    bytes_: int
    """Of the model's files."""
    psnr_db: float
    """Of the exported model, on the check photos."""
    loss_db: float
    """PSNR of the PyTorch network minus that; negative for a gain."""

    @property
    def within_budget(self) -> bool:
        """Whether it may be written; a NaN may not. Float32 is the measure of the others."""
        return self.weights == "float32" or self.loss_db <= BUDGET_DB[self.weights]


def require_within_budget(loss: Loss) -> None:
    """Insist that a precision costs no more than it may.

    Raises:
        PrecisionError: It does.
    """
    if not loss.within_budget:
        raise PrecisionError(
            f"{loss.weights} weights lose {loss.loss_db:.3f} dB on the check photos, "
            f"{BUDGET_DB[loss.weights]} dB are allowed: use more bits (--weights float32), or "
            "photos like those that the network is for (--photos)"
        )


def require_float16(name: str, values: NDArray[np.float32]) -> None:
    """Insist that numbers do not overflow in 16 bits.

    Raises:
        PrecisionError: One does.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if not largest <= LARGEST_FLOAT16:
        raise PrecisionError(
            f"float16 cannot hold {name}: it has a weight of {largest:.3g}, and float16 ends at "
            f"{LARGEST_FLOAT16:.0f}: use --weights float32"
        )


def to_float16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store weights in 16 bits; input, output and arithmetic stay float32, as every runtime has it.

    Args:
        model: Float32; it is not changed.

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
    _say(result, "float16")
    onnx.checker.check_model(result, full_check=True)
    return result


def to_int8(
    model: onnx.ModelProto, calibration: Sequence[NDArray[np.float32]], *, wide: bool
) -> onnx.ModelProto:
    """Quantise by ONNX Runtime's static quantisation: learned layers only, weights by channel.

    Layers without bias are fixed matrices (colours, bicubic, anchor): they are small, and exact.

    Args:
        model: Float32.
        calibration: Pictures (1, 3, height, width) whose values fix the ranges.
        wide: Whether what flows between layers has 16 bits instead of 8.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    learned = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    with tempfile.TemporaryDirectory() as folder, _quiet():
        given, path = Path(folder) / "float32.onnx", Path(folder) / "int8.onnx"
        given.write_bytes(model.SerializeToString())
        quantize_static(
            given,
            path,
            _Reader(calibration),  # type: ignore[arg-type]
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
    _say(result, "int8")
    onnx.checker.check_model(result, full_check=True)
    return result


class _Reader:
    """Hands pictures to ONNX Runtime's calibration, which asks for a reader."""

    def __init__(self, pictures: Sequence[NDArray[np.float32]]) -> None:
        self._rest: Iterator[NDArray[np.float32]] = iter(pictures)

    def get_next(self) -> dict[str, Any] | None:
        picture = next(self._rest, None)
        return None if picture is None else {INPUT: picture}

    def __iter__(self) -> _Reader:
        return self

    def __next__(self) -> dict[str, Any]:
        given = self.get_next()
        if given is None:
            raise StopIteration
        return given


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the quantiser prints and logs, which is not for users."""
    level = logging.root.level
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
        logging.root.setLevel(level)


def _say(model: onnx.ModelProto, precision: Precision) -> None:
    properties = {entry.key: entry.value for entry in model.metadata_props}
    helper.set_model_props(model, {**properties, WEIGHTS: precision})
