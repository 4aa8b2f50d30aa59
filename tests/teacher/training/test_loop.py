from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from plumbing.command import UserError
from teacher.networks.registry import Network
from teacher.recipes.optimizers import OptimizerName
from teacher.recipes.recipe import Recipe
from teacher.runs.folder import ResumeState, read_resume, save_resume
from teacher.training.feed import Batch
from teacher.training.processes import Processes
from teacher.training.stopping import StopRequest
from tests.made.training import RECIPE, Interrupter, batch_at, fresh, objective, trainer, weight_sum


def same_weights(first: Network, second: Network) -> bool:
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def written_out(recipe: Recipe) -> tuple[list[Tensor], list[Tensor]]:
    """The whole training once more, in few lines: last weights and averaged ones."""
    network = fresh()
    weights = list(network.parameters())
    averages = [weight.detach().clone() for weight in weights]
    adam = torch.optim.Adam(weights, betas=(0.9, 0.99))
    for step in range(recipe.steps):
        adam.param_groups[0]["lr"] = recipe.rate_at(step)
        adam.zero_grad()
        sum(objective(network, batch_at(step)).values(), torch.zeros(())).backward()
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        for gradient in gradients:
            gradient.mul_(min(1.0, recipe.clip_norm / norm.item()))
        adam.step()
        decay = recipe.averaging_at(step)
        averages = [
            decay * average + (1 - decay) * weight.detach()
            for average, weight in zip(averages, weights, strict=True)
        ]
    return [weight.detach() for weight in weights], averages


@pytest.mark.parametrize("clip_norm", [1e9, 0.05])
def test_training_is_adam_clipped_scheduled_and_averaged(tmp_path: Path, clip_norm: float) -> None:
    recipe = replace(RECIPE, clip_norm=clip_norm)
    last, averaged = written_out(recipe)
    trained = trainer(tmp_path / "averaged", recipe)
    trained.fit()
    for weight, expected, other in zip(trained.network.parameters(), averaged, last, strict=True):
        assert torch.allclose(weight, expected, atol=1e-6)
        assert not torch.allclose(weight, other, atol=1e-5)
    plain = trainer(tmp_path / "plain", replace(recipe, ema_decay=0.0))
    plain.fit()
    for weight, expected in zip(plain.network.parameters(), last, strict=True):
        assert torch.allclose(weight, expected, atol=1e-6)


def test_one_step_averages_the_fresh_and_the_new_weights(tmp_path: Path) -> None:
    averaged = trainer(tmp_path / "a", replace(RECIPE, steps=1))
    newest = trainer(tmp_path / "b", replace(RECIPE, steps=1, ema_decay=0.0))
    averaged.fit()
    newest.fit()
    for weight, old, new in zip(
        averaged.network.parameters(),
        fresh().parameters(),
        newest.network.parameters(),
        strict=True,
    ):
        assert torch.allclose(weight, 0.1 * old + 0.9 * new, atol=1e-7)


def test_the_metrics_are_those_of_the_averaged_network_in_evaluation_mode(tmp_path: Path) -> None:
    trained = trainer(tmp_path)
    assert trained.fit() == {"validation/sum": weight_sum(trained.network)}
    assert not trained.network.training


@pytest.mark.parametrize("at", [1, 6, 11])
@pytest.mark.parametrize(
    ("number", "optimizer"),
    [(signal.SIGINT, "adam"), (signal.SIGTERM, "adam"), (signal.SIGTERM, "soap")],
)
def test_a_training_stopped_and_started_again_ends_with_the_same_weights(
    tmp_path: Path, at: int, number: int, optimizer: OptimizerName
) -> None:
    recipe = replace(RECIPE, optimizer=optimizer)
    whole = trainer(tmp_path / "whole", recipe)
    whole.fit()
    interrupter = Interrupter(at, number)
    with pytest.raises(KeyboardInterrupt) as stopped:
        trainer(tmp_path / "stopped", recipe, batch_at=interrupter).fit()
    state = read_resume(tmp_path / "stopped")
    assert state is not None
    assert f"interrupted at step {state.step} of {RECIPE.steps}: " in str(stopped.value)
    assert "the same command continues from there" in str(stopped.value)
    assert at - 1 <= state.step <= at + 1
    rest = Interrupter(-1)
    again = trainer(tmp_path / "stopped", recipe, batch_at=rest)
    metrics = again.fit()
    assert rest.asked[: RECIPE.steps - state.step] == list(range(state.step, RECIPE.steps))
    assert same_weights(whole.network, again.network)
    assert metrics == {"validation/sum": weight_sum(whole.network)}


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (1e9, "before the first checkpoint: the same command starts again"),
        (0.0, "the same command continues from step "),
    ],
)
def test_a_training_broken_off_says_where_the_same_command_continues(
    tmp_path: Path, seconds: float, sentence: str
) -> None:
    def broken_off(network: Network, batch: Batch) -> dict[str, Tensor]:
        if broken.step == 5:
            raise KeyboardInterrupt  # a second Ctrl-C, or one outside a step
        return objective(network, batch)

    broken = trainer(tmp_path / "run", objective=broken_off, checkpoint_seconds=seconds)
    with pytest.raises(KeyboardInterrupt) as stopped:
        broken.fit()
    assert "interrupted at step 5 of 12" in str(stopped.value)
    state = read_resume(tmp_path / "run")
    place = "there" if state and state.step == 5 else f"step {state.step}" if state else ""
    expected = sentence.replace("step ", place) if state else sentence
    assert str(stopped.value).endswith(expected)


def test_signals_work_as_before_after_a_training(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    trainer(tmp_path).fit()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_the_first_signal_is_remembered_and_the_second_breaks_off() -> None:
    with StopRequest() as stop:
        assert not stop.asked
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def inside() -> None:
        with StopRequest():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [before]


def test_other_settings_in_the_same_folder_are_refused_by_name(tmp_path: Path) -> None:
    trainer(tmp_path).fit()
    before = (tmp_path / "resume" / "state.safetensors").read_bytes()
    other = trainer(tmp_path, settings={"seed": 2, "data": {"photos": 2}, "new": 1})
    with pytest.raises(UserError, match=r"other settings \(new, seed\)"):
        other.fit()
    assert (tmp_path / "resume" / "state.safetensors").read_bytes() == before


def test_processes_that_cannot_share_the_batch_are_refused(tmp_path: Path) -> None:
    sentence = "a batch of 3 crops cannot be shared equally by 2 processes: give a --batch that"
    with pytest.raises(UserError, match=sentence):
        trainer(tmp_path, replace(RECIPE, batch=3), processes=Processes(count=2))


def spoil_from(step: int, value: float) -> Callable[[int], Batch]:
    return lambda number: [layer * (value if number >= step else 1.0) for layer in batch_at(number)]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_state(
    tmp_path: Path, value: float
) -> None:
    spoilt = trainer(tmp_path, batch_at=spoil_from(5, value), checkpoint_seconds=0.0)
    with pytest.raises(UserError, match=r"the loss is (nan|inf) at step 5: lower --learning-rate"):
        spoilt.fit()
    state = read_resume(tmp_path)
    assert state is not None
    assert state.step == 5
    assert all(tensor.isfinite().all() for tensor in state.tensors.values())


def test_a_state_that_does_not_fit_the_network_is_told(tmp_path: Path) -> None:
    trainer(tmp_path).fit()
    state = read_resume(tmp_path)
    assert state is not None
    wrong = [
        {name: tensor for name, tensor in state.tensors.items() if name != left_out}
        for left_out in ("averaged.activations.0.weight", "network.convolutions.0.weight")
    ]
    wrong.append({**state.tensors, "network.convolutions.0.weight": torch.zeros(2)})
    wrong.append({**state.tensors, "optimizer.first.exp_avg": torch.zeros(2)})
    wrong.append({**state.tensors, "stray": torch.zeros(2)})
    wrong.append({})
    for tensors in wrong:
        save_resume(tmp_path, ResumeState(step=3, settings=state.settings, tensors=tensors))
        with pytest.raises(UserError, match=f"does not fit the network: delete {tmp_path}"):
            trainer(tmp_path).fit()


def test_losses_rates_and_validation_are_logged(tmp_path: Path) -> None:
    trained = trainer(tmp_path)
    metrics = trained.fit()
    events = EventAccumulator(str(tmp_path)).Reload()
    assert set(events.Tags()["scalars"]) == {
        *("loss", "loss/near", "loss/far", "gradient", "rate", "validation/sum"),
        "time/waiting_share",
    }
    rates = {event.step: event.value for event in events.Scalars("rate")}
    assert rates == {
        step: pytest.approx(RECIPE.rate_at(step - 1)) for step in range(1, RECIPE.steps + 1)
    }
    first = {event.step: event.value for event in events.Scalars("loss")}[1]
    terms = objective(fresh(), batch_at(0))
    assert first == pytest.approx(sum(term.item() for term in terms.values()))
    last = events.Scalars("validation/sum")[-1]
    assert (last.step, last.value) == (12, pytest.approx(metrics["validation/sum"]))
