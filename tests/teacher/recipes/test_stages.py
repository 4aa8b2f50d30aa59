from __future__ import annotations

import math
from dataclasses import replace

import pytest

from teacher.recipes.stages import Stage, StagedRecipe

FIRST = Stage(share=0.7, learning_rate=0.01, batch=16, crop_px=48)
SECOND = Stage(share=0.2, learning_rate=0.002, batch=4, crop_px=96)
THIRD = Stage(share=0.1, learning_rate=0.0005, batch=6, crop_px=64)
RECIPE = StagedRecipe(steps=1000, warmup_steps=50, stage1=FIRST, stage2=SECOND, stage3=THIRD)


def test_each_stage_has_its_part_of_the_steps() -> None:
    stages = [RECIPE.stage_at(step) for step in range(1000)]
    assert [stages.count(stage) for stage in (FIRST, SECOND, THIRD)] == [700, 200, 100]
    assert stages == sorted(stages, key=[FIRST, SECOND, THIRD].index)


def test_the_rate_warms_up_once_and_restarts_with_each_stage() -> None:
    assert RECIPE.rate_at(0) == pytest.approx(0.0002)
    assert RECIPE.rate_at(50) == pytest.approx(0.01)
    assert RECIPE.rate_at(375) == pytest.approx(0.005)
    assert RECIPE.rate_at(699) < 1e-6
    assert RECIPE.rate_at(700) == pytest.approx(0.002)
    assert RECIPE.rate_at(800) == pytest.approx(0.001)
    assert RECIPE.rate_at(850) == pytest.approx(0.001 * (1 + math.cos(math.pi * 0.75)))
    assert RECIPE.rate_at(900) == pytest.approx(0.0005)
    assert RECIPE.rate_at(999) < 1e-6


def test_what_all_stages_have_in_common() -> None:
    assert RECIPE.batches == (16, 4, 6)
    assert RECIPE.largest_crop_px == 96


def test_a_stage_without_a_share_counts_for_nothing() -> None:
    alone = replace(
        RECIPE, stage1=replace(FIRST, share=0.0), stage2=replace(SECOND, share=0.0, crop_px=500),
        stage3=replace(THIRD, share=1.0),
    )  # fmt: skip
    assert {alone.stage_at(step) for step in range(1000)} == {alone.stage3}
    assert (alone.batches, alone.largest_crop_px) == ((6,), 64)
    assert alone.rate_at(0) == pytest.approx(0.00001)  # the warm-up is that of the training


@pytest.mark.parametrize("steps", range(1, 30))
def test_every_step_of_a_short_training_has_a_stage_and_a_rate(steps: int) -> None:
    recipe = StagedRecipe(steps=steps)
    for step in range(steps):
        assert recipe.stage_at(step) in recipe.stages
        assert 0.0 <= recipe.rate_at(step) <= recipe.stage_at(step).learning_rate


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("share", value) for value in (-0.1, 1.1, math.nan)),
        *(("learning_rate", value) for value in (0.0, 1.0, math.nan)),
        *(("batch", 0), ("crop_px", 7), ("truth", -1.0), ("teacher", -1.0), ("teacher", math.nan)),
        *(
            (judge, value)
            for judge in ("ssimulacra2", "colorvideovdp")
            for value in (-1.0, math.nan)
        ),
    ],
)
def test_a_stage_refuses_what_is_out_of_range(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name.replace("_", "-")):
        replace(FIRST, **{name: value})


def test_a_stage_without_any_target_is_refused() -> None:
    with pytest.raises(ValueError, match="one of them above"):
        replace(FIRST, truth=0.0, teacher=0.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("steps", 0), ("warmup_steps", -1), ("clip_norm", 0.0), ("ema_decay", 1.0)],
)
def test_a_recipe_refuses_what_is_out_of_range(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name.replace("_", "-")):
        replace(RECIPE, **{name: value})


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        replace(RECIPE, stage1=replace(FIRST, share=0.5))


def test_runs_record_a_judge_only_for_stages_that_ask_it() -> None:
    judged = replace(RECIPE, stage3=replace(THIRD, ssimulacra2=0.01)).recorded
    assert judged["stage3"]["ssimulacra2"] == 0.01
    # Runs from before there was a judge go on with equal settings.
    assert all("ssimulacra2" not in judged[stage] for stage in ("stage1", "stage2"))
    assert RECIPE.recorded["stage1"]["norm"] == FIRST.norm
