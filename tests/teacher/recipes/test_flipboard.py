"""The 2015 recipe, a test for each of its mechanisms."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from teacher.networks.flipboard import Flipboard
from teacher.networks.flipboard_config import FlipboardConfig
from teacher.recipes.flipboard import FlipboardRecipe, project

RECIPE = FlipboardRecipe(steps=25_000)  # 100 steps to an epoch


@pytest.fixture(scope="module")
def network() -> Flipboard:
    torch.manual_seed(0)
    return Flipboard(
        FlipboardConfig(
            patch_px=8, first_maps=5, reproject_units=(7,), reproject_maps=2,
            middle_maps=(3, 3), dense_units=(6, 6),
        )
    )  # fmt: skip


def test_the_posts_values_are_the_defaults() -> None:
    recipe = FlipboardRecipe()
    assert (recipe.batch, recipe.epochs, recipe.bias_rate) == (250, 250, 2.0)
    assert (recipe.momentum_start, recipe.momentum_end, recipe.momentum_epochs) == (0.15, 0.7, 45)
    assert recipe.convolution_norm < recipe.dense_norm
    assert recipe.early_l2 < recipe.late_l2


@pytest.mark.parametrize(
    ("epoch", "momentum"), [(0, 0.15), (20, 0.15 + 20 / 45 * 0.55), (45, 0.7), (60, 0.7)]
)
def test_momentum_rises_over_45_epochs(epoch: int, momentum: float) -> None:
    step = epoch * 100
    assert RECIPE.epoch_at(step) == epoch
    assert RECIPE.momentum_at(step) == pytest.approx(momentum)


def test_the_optimiser_gets_the_momentum_of_the_step(network: Flipboard) -> None:
    optimizer = RECIPE.make_optimizer(network)
    assert all(group["nesterov"] for group in optimizer.param_groups)
    for step in (0, 2000, 6000):
        RECIPE.before_step(optimizer, step)
        for group in optimizer.param_groups:
            assert group["momentum"] == RECIPE.momentum_at(step)


def test_a_step_is_nesterovs(network: Flipboard) -> None:
    # By Sutskever's formula as PyTorch has it: v = m v + g, w = w - lr (g + m v).
    recipe = replace(RECIPE, schedule="constant", early_l2=0.0, late_l2=0.0, earliest_rate=1.0)
    optimizer = recipe.make_optimizer(network)
    _, layer = network.layers()[-1]
    expected, velocity = layer.weight.detach().clone(), torch.zeros_like(layer.weight)
    for step in (0, 3000):
        recipe.before_step(optimizer, step)
        layer.weight.grad = gradient = torch.randn_like(layer.weight)
        optimizer.step()
        momentum = recipe.momentum_at(step)
        # PyTorch starts with the first gradient as the velocity: the same, from v = 0.
        velocity = momentum * velocity + gradient
        expected -= recipe.learning_rate * (gradient + momentum * velocity)
    assert torch.allclose(layer.weight, expected, atol=1e-6)
    optimizer.zero_grad()


def test_the_rate_of_each_layer(network: Flipboard) -> None:
    recipe = replace(RECIPE, earliest_rate=16.0, learning_rate=0.01, schedule="constant")
    optimizer = recipe.make_optimizer(network)
    recipe.before_step(optimizer, 0)
    rates = [group["lr"] for group in optimizer.param_groups]
    # Eight layers: 16, 16^(6/7), ..., 16^(1/7), 1 times 0.01; each weight, then its bias twice.
    expected = [0.01 * 16 ** ((8 - layer) / 7) for layer in range(1, 9)]
    assert rates[0::2] == pytest.approx(expected)
    assert rates[1::2] == pytest.approx([2 * rate for rate in expected])
    assert rates[0] == pytest.approx(0.16)
    assert rates[-2] == pytest.approx(0.01)


def test_every_weight_is_in_one_group(network: Flipboard) -> None:
    grouped = [p for group in RECIPE.make_optimizer(network).param_groups for p in group["params"]]
    assert len(grouped) == len({id(p) for p in grouped}) == len(list(network.parameters())) == 16


def test_l2_of_each_layer(network: Flipboard) -> None:
    recipe = replace(RECIPE, early_l2=1e-5, late_l2=1e-3)
    groups = recipe.make_optimizer(network).param_groups
    # conv 1, dense 1, dense 2, conv 2, conv 3 | dense 3, dense 4, output.
    assert [group["weight_decay"] for group in groups[0::2]] == [1e-5] * 5 + [1e-3] * 3
    assert [group["weight_decay"] for group in groups[1::2]] == [0.0] * 8


def test_l2_is_the_gradient_of_half_the_square() -> None:
    network = Flipboard(FlipboardConfig(patch_px=8, first_maps=2, dense_units=(3, 3)))
    recipe = replace(RECIPE, late_l2=0.5, schedule="constant", learning_rate=0.1)
    optimizer = recipe.make_optimizer(network)
    recipe.before_step(optimizer, 0)
    _, layer = network.layers()[-1]
    before = layer.weight.detach().clone()
    layer.weight.grad = torch.zeros_like(before)
    optimizer.step()
    # The first step: gradient l2 w, and Nesterov adds the momentum's share of it.
    assert torch.allclose(layer.weight, before * (1 - 0.1 * 0.5 * (1 + 0.15)), atol=1e-6)


def test_a_weight_beyond_the_bound_is_projected_back() -> None:
    weight = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    project(weight, 1.0)
    # The direction stays; a unit within the bound stays as it is.
    assert torch.allclose(weight, torch.tensor([[0.6, 0.8], [0.3, 0.4]]), atol=1e-6)


def test_a_filter_is_bounded_over_all_its_channels() -> None:
    weight = torch.ones(2, 3, 5, 5)
    project(weight, 1.5)
    assert torch.allclose(weight.flatten(1).norm(dim=1), torch.tensor(1.5))


def test_max_norm_is_tight_on_convolutions_loose_on_dense_and_none_at_the_end() -> None:
    network = Flipboard(FlipboardConfig(patch_px=8, first_maps=4, dense_units=(5, 5)))
    with torch.no_grad():
        for _, layer in network.layers():
            layer.weight.fill_(10.0)
    recipe = replace(RECIPE, convolution_norm=1.5, dense_norm=4.0)
    recipe.after_step(network)
    bounds = {"convolution": 1.5, "reprojection": 4.0, "dense": 4.0}
    for kind, layer in network.layers():
        norms = layer.weight.flatten(1).norm(dim=1)
        if kind == "output":
            assert torch.all(layer.weight == 10.0)
        else:
            assert torch.allclose(norms, torch.tensor(bounds[kind]), rtol=1e-4)


def test_the_rate_falls_to_zero_along_a_cosine_or_stays() -> None:
    assert RECIPE.rate_at(0) == RECIPE.learning_rate
    assert RECIPE.rate_at(12_500) == pytest.approx(RECIPE.learning_rate / 2)
    assert RECIPE.rate_at(25_000) == pytest.approx(0.0)
    assert replace(RECIPE, schedule="constant").rate_at(20_000) == RECIPE.learning_rate


def test_the_last_weights_are_kept_not_an_average() -> None:
    assert all(RECIPE.averaging_at(step) == 0.0 for step in (0, 10, 20_000))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", 0), ("batch", 0), ("epochs", 0.0), ("learning_rate", 0.0),
        ("learning_rate", float("nan")), ("earliest_rate", 0.0), ("bias_rate", -1.0),
        ("momentum_start", 0.0), ("momentum_end", 1.0), ("momentum_epochs", -1.0),
        ("convolution_norm", 0.0), ("dense_norm", float("nan")), ("early_l2", -1e-5),
        ("late_l2", float("nan")), ("clip_norm", 0.0), ("ema_decay", 1.0),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_told(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field.split("_")[0]):
        replace(RECIPE, **{field: value})
