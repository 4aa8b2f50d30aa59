from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from export.check.local_runtimes import run_pytorch
from export.pipeline.golden import GOLDEN, read_golden, write_golden
from plumbing.command import UserError
from tests.made.networks import LUMA


def test_written_vectors_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / GOLDEN
    write_golden(path, run_pytorch(LUMA), 1e-4)
    cases, tolerance = read_golden(path.read_text(encoding="utf-8"))
    assert tolerance == 1e-4
    assert len(cases) == 3
    for _, picture, output in cases:
        np.testing.assert_allclose(run_pytorch(LUMA)(picture), output, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"format": 1, "tolerance": 1e9, "cases": []}',
        '{"format": 1, "tolerance": 1e-4, "cases": []}',
        '{"format": 1, "tolerance": 1e-4, "cases": [{"name": "a", '
        '"input": {"shape": [99999, 99999, 3], "values": [0]}, "output": {}}]}',
        '{"format": 1, "tolerance": 1e-4, "cases": [{"name": "a", '
        '"input": {"shape": [1, 1, 3], "values": [1e999, 0, 0]}, "output": {}}]}',
    ],
)
def test_hostile_vectors_get_a_sentence(content: str) -> None:
    with pytest.raises(UserError, match=GOLDEN):
        read_golden(content)
