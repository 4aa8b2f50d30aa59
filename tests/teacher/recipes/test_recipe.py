from __future__ import annotations

import math

import pytest
import torch

from teacher.recipes.optimizers import prepare
from teacher.recipes.recipe import Recipe
from teacher.recipes.soap import Soap
from teacher.recipes.stages import StagedRecipe
from teacher.training.objectives import absolute_error, polished


def test_the_rate_rises_in_a_line_and_falls_along_a_cosine() -> None:
    recipe = Recipe(steps=1100, warmup_steps=100, learning_rate=0.01)
    assert recipe.rate_at(0) == pytest.approx(0.0001)
    assert recipe.rate_at(49) == pytest.approx(0.005)
    assert recipe.rate_at(99) == pytest.approx(0.01)
    assert recipe.rate_at(100) == pytest.approx(0.01)
    assert recipe.rate_at(350) == pytest.approx(0.01 * (0.5 + math.sqrt(0.125)))
    assert recipe.rate_at(600) == pytest.approx(0.005)
    assert 0 < recipe.rate_at(1099) < 1e-7


def test_the_warm_up_takes_at_most_a_tenth() -> None:
    recipe = Recipe(steps=50, warmup_steps=100, learning_rate=0.01)
    assert [recipe.rate_at(step) for step in range(5)] == pytest.approx(
        [0.002, 0.004, 0.006, 0.008, 0.01]
    )
    assert recipe.rate_at(5) == pytest.approx(0.01)


@pytest.mark.parametrize("recipe", [Recipe(steps=1), Recipe(steps=9), Recipe(warmup_steps=0)])
def test_short_trainings_and_no_warm_up_begin_at_the_full_rate(recipe: Recipe) -> None:
    assert recipe.rate_at(0) == recipe.learning_rate


def test_the_average_is_short_at_first_and_then_as_long_as_asked() -> None:
    recipe = Recipe(ema_decay=0.9)
    assert recipe.averaging_at(0) == pytest.approx(0.1)
    assert recipe.averaging_at(9) == pytest.approx(10 / 19)
    assert recipe.averaging_at(80) == pytest.approx(0.9)
    assert recipe.averaging_at(10**6) == 0.9
    assert Recipe(ema_decay=0.0).averaging_at(5) == 0.0


def test_the_optimizer_holds_every_parameter() -> None:
    network = torch.nn.Linear(3, 2)
    (group,) = Recipe(learning_rate=0.25).make_optimizer(network).param_groups
    assert list(group["params"]) == list(network.parameters())
    assert (group["lr"], group["betas"]) == (0.25, (0.9, 0.99))


@pytest.mark.parametrize("recipe", [Recipe(optimizer="soap"), StagedRecipe(optimizer="soap")])
def test_soap_holds_every_parameter_and_follows_the_schedule(recipe: Recipe | StagedRecipe) -> None:
    network = torch.nn.Linear(3, 2)
    optimizer = recipe.make_optimizer(network)
    assert isinstance(optimizer, Soap)
    recipe.before_step(optimizer, 50)
    (group,) = optimizer.param_groups
    assert list(group["params"]) == list(network.parameters())
    assert group["lr"] == recipe.rate_at(50)


def test_a_rate_is_set_in_place_where_it_is_a_tensor() -> None:
    weights = [torch.nn.Parameter(torch.ones(2))]
    for rate in (0.5, torch.tensor(0.5)):
        optimizer = torch.optim.Adam(weights, lr=rate, foreach=False)
        before = optimizer.param_groups[0]["lr"]
        prepare(optimizer, rate=0.25, step=1)
        now = optimizer.param_groups[0]["lr"]
        assert float(now) == 0.25
        assert (now is before) == isinstance(rate, torch.Tensor)


def test_the_last_part_polishes_on_as_many_pixels_of_larger_crops() -> None:
    recipe = Recipe(steps=100, batch=16, crop_px=48, polish_share=0.1, polish_crop_px=96)
    assert [recipe.polishes(step) for step in (0, 89, 90, 99)] == [False, False, True, True]
    assert (recipe.crops_at(89), recipe.crops_at(90)) == ((16, 48), (4, 96))
    assert sorted(recipe.batches) == [4, 16]
    assert recipe.largest_crop_px == 96
    assert Recipe(batch=1, polish_share=0.5, polish_crop_px=200).crops_at(19_999) == (1, 200)
    plain = Recipe(steps=100, batch=16, crop_px=48)
    assert not plain.polishes(99)
    assert (plain.batches, plain.largest_crop_px) == ((16,), 48)


def test_polishing_squares_the_error() -> None:
    class Given(torch.nn.Module):
        def native(self, rgb: torch.Tensor) -> torch.Tensor:
            return rgb[:, :1]

        def core(self, image: torch.Tensor) -> torch.Tensor:
            return image + 0.5

    recipe = Recipe(steps=2, polish_share=0.5)
    same = torch.zeros((3, 3, 4, 4), dtype=torch.uint8)
    batch_at = polished(lambda step: [same, same], recipe)
    errors = [absolute_error(Given(), batch_at(step))["truth"].item() for step in range(2)]  # pyright: ignore
    assert errors == pytest.approx([0.5, 0.25])
    assert len(polished(lambda step: [same, same], Recipe())(0)) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("polish_share", -0.1),
        ("polish_share", 1.1),
        ("polish_crop_px", 7),
        ("steps", 0),
        ("batch", 0),
        ("warmup_steps", -1),
        ("crop_px", 7),
        ("learning_rate", 0.0),
        ("learning_rate", 1.0),
        ("learning_rate", math.nan),
        ("clip_norm", 0.0),
        ("clip_norm", math.nan),
        ("ema_decay", -0.1),
        ("ema_decay", 1.0),
        ("ema_decay", math.nan),
    ],
)
def test_values_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name.replace("_", "-")):
        Recipe(**{name: value})  # pyright: ignore[reportArgumentType]


def test_rates_follow_the_optimiser_and_nothing_else_changes() -> None:
    soap = StagedRecipe(steps=7)
    adam = soap.suited_to("adam")
    assert [stage.learning_rate for stage in adam.stages] == [1e-3, 2e-4, 5e-5]
    assert adam.suited_to("soap") == soap
    assert adam.suited_to(None) == adam.suited_to("adam") == adam.suited_to("sgd") == adam
    assert Recipe(steps=7).suited_to("soap") == Recipe(
        steps=7, optimizer="soap", learning_rate=0.01
    )
