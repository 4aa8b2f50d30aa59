"""Names, ranks and free axes of ONNX files: what a user's code relies on besides the values."""

from __future__ import annotations

import onnx
from onnx import TensorProto

from export.onnx.translate import COLOUR, INPUT, LICENCE, OUTPUT, WEIGHTS
from teacher.enlarging.runner import ONNX_ALIGN, ONNX_MARGIN, ONNX_SCALE

_METADATA = (ONNX_SCALE, ONNX_MARGIN, ONNX_ALIGN, COLOUR, LICENCE, WEIGHTS)
_LEAST_OPSET = 17


def onnx_problems(model: onnx.ModelProto) -> list[str]:
    """Check the names, ranks and axes of an ONNX model: one sentence for each fault."""
    problems = []
    if any(tensor.external_data for tensor in model.graph.initializer):
        return ["weights are stored outside the file, which no export does"]
    try:
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except Exception as error:  # checker and inference have exceptions of their own
        problems.append(f"onnx.checker rejects the model: {str(error).strip().splitlines()[0]}")
    graph = model.graph
    for values, name in ((graph.input, INPUT), (graph.output, OUTPUT)):
        names = [value.name for value in values]
        if names != [name]:
            problems.append(f"inputs or outputs are named {names}, not {name}")
            continue
        tensor = values[0].type.tensor_type
        axes = [axis.dim_param or axis.dim_value for axis in tensor.shape.dim]
        if tensor.elem_type != TensorProto.FLOAT or len(axes) != 4:
            problems.append(f"{name} must be float32 of rank 4, its axes are {axes}")
        elif (name == INPUT and axes[1] != 3) or not all(_is_free(axes[at]) for at in (0, 2, 3)):
            problems.append(f"{name} must have free batch, height and width, its axes are {axes}")
    if min(entry.version for entry in model.opset_import) < _LEAST_OPSET:
        problems.append(f"the opset must be at least {_LEAST_OPSET}")
    properties = {entry.key for entry in model.metadata_props}
    problems += [f"the metadata lack {key}" for key in _METADATA if key not in properties]
    return problems


def _is_free(axis: str | int) -> bool:
    return isinstance(axis, str) or axis == 0
