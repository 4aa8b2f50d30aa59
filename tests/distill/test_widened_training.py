"""A student in training is checkpointed by its factors, and ends as one that never stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from distill.students import fold, fresh, widen
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.recipes.stages import Stage, StagedRecipe
from teacher.runs.folder import read_resume
from teacher.training.feed import Batch
from teacher.training.loop import Trainer
from tests.made.training import Interrupter, batch_at, trainer

RECIPE = StagedRecipe(
    steps=12,
    stage1=Stage(share=0.5, learning_rate=0.01, batch=2, crop_px=8),
    stage2=Stage(share=0.25, learning_rate=0.005, batch=2, crop_px=8),
    stage3=Stage(share=0.25, learning_rate=0.001, batch=2, crop_px=8, norm="l2"),
    ema_decay=0.8,
)


def widened(folder: Path, batch_at: Callable[[int], Batch] = batch_at) -> Trainer:
    torch.manual_seed(6)
    network = widen(fresh(ChainConfig(body=1, channels=3, activation="relu")), 8)
    return trainer(folder, RECIPE, network=network, batch_at=batch_at)


@pytest.mark.parametrize("at", [2, 7, 11])
def test_stopped_in_any_stage_and_started_again(tmp_path: Path, at: int) -> None:
    whole = widened(tmp_path / "whole")
    whole.fit()
    with pytest.raises(KeyboardInterrupt):
        widened(tmp_path / "stopped", Interrupter(at)).fit()
    state = read_resume(tmp_path / "stopped")
    assert state is not None
    assert any("parametrizations" in name for name in state.tensors)
    again = widened(tmp_path / "stopped")
    again.fit()
    assert isinstance(whole.network, Chain) and isinstance(again.network, Chain)
    plain, other = fold(whole.network), fold(again.network)
    assert all(torch.equal(plain.state_dict()[name], other.state_dict()[name])
               for name in plain.state_dict())  # fmt: skip


def test_the_average_is_kept_and_it_is_a_chain_of_its_own(tmp_path: Path) -> None:
    trained = widened(tmp_path)
    trained.fit()
    assert isinstance(trained.network, Chain)
    folded = fold(trained.network)
    image = torch.rand(1, 3, 9, 7)
    with torch.no_grad():
        assert (folded(image) - trained.network(image)).abs().max() < 1e-6
        pairs = zip(folded.convolutions, trained.network.convolutions, strict=True)
        # The parametrised kernel is an attribute, no parameter.
        assert all(torch.equal(getattr(plain, "weight"), getattr(wide, "weight"))  # noqa: B009
                   for plain, wide in pairs)  # fmt: skip
    assert all(tensor.requires_grad for tensor in folded.parameters())
