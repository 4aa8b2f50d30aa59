from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import pytest
import torch
from torch import Tensor, nn

from teacher.recipes.optimizers import prepare
from teacher.recipes.soap import Soap

STEPS = 60


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    """Roundings would otherwise grow along a path, and tolerances with them."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def drawn(*shape: int, seed: int) -> Tensor:
    chances = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=chances)


def orthogonal(side: int, seed: int) -> Tensor:
    return torch.linalg.qr(drawn(side, side, seed=seed))[0]


def path(start: Tensor, gradients: Sequence[Tensor], rate: float = 0.01) -> list[Tensor]:
    """Where a weight is after each gradient."""
    weight = nn.Parameter(start.clone())
    optimizer = Soap([weight], lr=rate)
    places = []
    for step, gradient in enumerate(gradients):
        if step % 10 == 0:
            optimizer.turn()
        weight.grad = gradient.clone()
        optimizer.step()
        places.append(weight.detach().clone())
    return places


def test_a_turned_problem_is_solved_along_a_turned_path() -> None:
    # Adam's path is another one in other coordinates; that of directions is not.
    left, right = orthogonal(5, seed=1), orthogonal(5, seed=2)
    gradients = [drawn(5, 5, seed=10 + step) for step in range(STEPS)]
    plain = path(torch.zeros(5, 5), gradients)
    turned = path(torch.zeros(5, 5), [left @ gradient @ right for gradient in gradients])
    for here, there in zip(plain, turned, strict=True):
        assert torch.allclose(left @ here @ right, there, atol=1e-9)
    assert plain[-1].abs().max() > 0.05


def test_the_first_step_only_learns_directions() -> None:
    first, second = path(torch.ones(3, 4), [drawn(3, 4, seed=1), drawn(3, 4, seed=2)])
    assert torch.equal(first, torch.ones(3, 4))
    assert not torch.equal(second, first)


def test_the_second_step_goes_one_rate_along_every_direction() -> None:
    # The averages hold this gradient alone: what Adam makes of it has only signs, turned back.
    gradients = [drawn(4, 4, seed=1), drawn(4, 4, seed=2)]
    _, place = path(torch.zeros(4, 4), gradients, rate=0.5)
    left, _, right = torch.linalg.svd(gradients[0])
    signs = (left.T @ gradients[1] @ right.T).sign()
    assert torch.allclose(place, -0.5 * left @ signs @ right, atol=1e-9)


def test_a_vector_is_adjusted_by_adam() -> None:
    gradients = [drawn(6, seed=step) for step in range(STEPS)]
    weight = nn.Parameter(torch.zeros(6))
    adam = torch.optim.Adam([weight], lr=0.01, betas=(0.95, 0.95))
    for gradient in gradients[1:]:
        weight.grad = gradient
        adam.step()
    assert torch.allclose(path(torch.zeros(6), gradients)[-1], weight, atol=1e-9)


def test_a_kernel_is_a_matrix_with_a_row_for_each_output() -> None:
    gradients = [drawn(3, 2, 3, 3, seed=step) for step in range(STEPS)]
    kernel = path(torch.zeros(3, 2, 3, 3), gradients)[-1]
    matrix = path(torch.zeros(3, 18), [gradient.flatten(1) for gradient in gradients])[-1]
    assert torch.equal(kernel.flatten(1), matrix)


def descended(make: Callable[[list[nn.Parameter]], torch.optim.Optimizer]) -> float:
    """The error that is left of a valley that lies across the coordinates."""
    spread = torch.logspace(-1.5, 0.5, 8)
    across = orthogonal(8, seed=1) * spread @ orthogonal(8, seed=2)
    wanted = drawn(8, 8, seed=3)
    weight = nn.Parameter(torch.zeros(8, 8))
    optimizer = make([weight])
    for step in range(400):
        prepare(optimizer, rate=0.03 * 0.5 * (1 + math.cos(math.pi * step / 400)), step=step)
        optimizer.zero_grad()
        (across @ (weight - wanted)).square().sum().backward()
        optimizer.step()
    return float((across @ (weight.detach() - wanted)).square().sum())


def test_a_valley_across_the_coordinates_is_no_obstacle() -> None:
    soap = descended(lambda weights: Soap(weights, lr=0.03))
    adam = descended(lambda weights: torch.optim.Adam(weights, lr=0.03, betas=(0.95, 0.95)))
    assert soap < 0.01 * adam


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0])
def test_the_first_gradient_may_be_of_any_size(value: float) -> None:
    # Whether the loss is finite is the training's affair, which names the step.
    first, second = path(torch.ones(3, 4), [torch.full((3, 4), value), drawn(3, 4, seed=1)])
    assert torch.equal(first, torch.ones(3, 4))
    assert value != 0.0 or second.isfinite().all()


def test_weights_without_a_gradient_stay() -> None:
    weight = nn.Parameter(torch.ones(2, 2))
    Soap([weight], lr=1.0).step()
    assert torch.equal(weight.detach(), torch.ones(2, 2))


def test_directions_are_corrected_before_every_tenth_step_and_stay_orthogonal() -> None:
    weight = nn.Parameter(torch.zeros(4, 3))
    optimizer = Soap([weight], lr=0.1)
    moved = []
    for step in range(31):
        before = {name: slot.clone() for name, slot in optimizer.state[weight].items()}
        prepare(optimizer, rate=0.1, step=step)
        after = optimizer.state[weight]
        if any(not torch.equal(before[name], after[name]) for name in before):
            moved.append(step)
        weight.grad = drawn(4, 3, seed=step)
        optimizer.step()
        for side, length in (("rows", 4), ("columns", 3)):
            basis = optimizer.state[weight][f"{side}_basis"]
            assert torch.allclose(basis.T @ basis, torch.eye(length), atol=1e-9)
    assert moved == [10, 20, 30]


def test_a_rate_that_is_a_tensor_is_read_at_each_step() -> None:
    plain, read = nn.Parameter(torch.ones(3, 4)), nn.Parameter(torch.ones(3, 4))
    rate = torch.tensor(0.0)
    optimizers = Soap([plain], lr=0.0), Soap([read], lr=rate)
    for step in range(25):
        for optimizer, weight in zip(optimizers, (plain, read), strict=True):
            prepare(optimizer, rate=0.1 / (1 + step), step=step)
            weight.grad = drawn(3, 4, seed=step)
            optimizer.step()
    assert optimizers[1].param_groups[0]["lr"] is rate
    assert torch.allclose(plain, read, atol=1e-9)
    assert not torch.allclose(plain, torch.ones(3, 4))
