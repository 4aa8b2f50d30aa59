"""Students that were trained as wider networks agree when they are folded and exported."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import torch

from distill.students import SIZES, StudentConfig, fold, fresh, widen
from export.check.agreement import check_runtime
from export.check.local_runtimes import run_onnx, run_pytorch
from export.check.results import require_agreement
from export.check.runtime import Runtime
from export.onnx.translate import to_onnx
from export.weights.tolerances import tolerance

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "student",
    [
        *(
            pytest.param(
                StudentConfig(student=name),
                marks=() if name in ("nano", "large") else pytest.mark.heavy,
            )
            for name in SIZES
        ),
        StudentConfig(student="nano", kernel=5, colour="rgb", activation="prelu"),
    ],
    ids=[*SIZES, "5x5-rgb-prelu"],
)
def test_a_folded_student_exports_and_agrees(tmp_path: Path, student: StudentConfig) -> None:
    torch.manual_seed(0)
    chain = widen(fresh(student.chain(Fraction(2))), 64)
    with torch.no_grad():
        for parameter in chain.parameters():  # as training leaves them: no zero biases
            parameter.add_(0.01 * torch.randn_like(parameter))
    folded = fold(chain)
    path = tmp_path / "model.onnx"
    path.write_bytes(to_onnx(folded).SerializeToString())
    runtime = Runtime(
        name="ONNX Runtime CPU", run=run_onnx(path), tolerance=tolerance("float32", "float32")
    )
    results = check_runtime(runtime, folded, run_pytorch(folded))
    require_agreement(student.student, list(results))
