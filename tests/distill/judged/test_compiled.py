from __future__ import annotations

import pytest
import torch

from distill.losses import JUDGES


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_is_compiled_in_one_piece(judge: str) -> None:
    torch.manual_seed(0)
    shown, truth = torch.rand(2, 2, 3, 24, 18)
    # On GPUs the loss is compiled; what is not traced would break it into pieces.
    compiled = torch.compile(JUDGES[judge], backend="eager", fullgraph=True, dynamic=False)
    torch.testing.assert_close(compiled(shown, truth), JUDGES[judge](shown, truth))
