from __future__ import annotations

from math import ceil
from pathlib import Path

import numpy as np
import pytest

from export.check.any_size import any_size
from export.check.local_runtimes import run_pytorch
from export.folder.golden import GOLDEN, read_golden
from export.pipeline.golden import write_golden
from plumbing.command import UserError
from teacher.networks.registry import Network
from tests.made.networks import LUMA, RATIO


@pytest.mark.parametrize("network", [LUMA, RATIO], ids=lambda network: str(network.scale))
def test_written_vectors_are_read_back(tmp_path: Path, network: Network) -> None:
    path = tmp_path / GOLDEN
    write_golden(path, run_pytorch(network), 1e-4, network.scale)
    text = path.read_text(encoding="utf-8")
    cases, tolerance = read_golden(text)
    assert tolerance == 1e-4
    assert len(cases) == 3
    for _, picture, output in cases:
        run = any_size(run_pytorch(network), network.scale)
        np.testing.assert_allclose(run(picture), output, rtol=0, atol=1e-6)
        sizes = zip(picture.shape[2:], output.shape[2:], strict=True)
        assert all(after == ceil(before * network.scale) for before, after in sizes)
    assert ("multiples of 2" in text) is (network is RATIO)


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
