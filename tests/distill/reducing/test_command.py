"""distill.reducing: what it trains, that it resumes and repeats, and what it refuses."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from distill.reducing.objective import ThroughStudent
from teacher.networks.chain import Chain
from teacher.reducing.network import Reducer
from teacher.reducing.weights import ReducerConfig, read_reducer
from teacher.runs.folder import load_network
from teacher.runs.record import read_record
from tests.made.commands import Finished, command_here
from tests.made.photos import write_photos

FEW = (
    *("--steps", "3", "--threads", "1", "--channels", "4", "--body", "1"),
    *("--stage1.batch", "2", "--stage1.crop-px", "24"),
    *(f"--stage{stage}.crop-px=24" for stage in "23"),
)  # fmt: skip


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("photos"), [(72, 78), (66, 72)])


def reducing(photos: Path, run: Path, student: str | Path, *more: str) -> Finished:
    return command_here(
        *("distill.reducing", "--photos", photos, "--validation", photos),
        *("--run", run, "--student", student, *FEW, *more),
    )


@pytest.mark.parametrize(
    ("student", "scale"), [("nano-web", Fraction(1, 2)), ("nano-fine-3-2", Fraction(2, 3))]
)
def test_a_reducer_is_trained_for_a_student(
    student: str, scale: Fraction, photos: Path, tmp_path: Path
) -> None:
    done = reducing(photos, tmp_path / "run", student)
    assert done.status == 0, done.errors
    assert "dB after bicubic" in done.output
    read, record = read_reducer(tmp_path / "run"), read_record(tmp_path / "run")
    assert read.weights.config == ReducerConfig(channels=4, body=1, scale=scale)
    assert np.abs(read.weights.kernels[-1]).max() > 0  # it began with zeros
    assert record.settings["student"] == read_record(Path(student)).weights_sha256
    assert record.settings["nearness"] == 0.2
    assert record.metrics["validation/psnr"] == pytest.approx(
        record.metrics["validation/bicubic_psnr"], abs=1.0
    )
    again = reducing(photos, tmp_path / "run", student)
    assert (again.status, "finished already" in again.output + again.errors) == (0, True)
    other = reducing(photos, tmp_path / "run", student, "--nearness", "0.3")
    assert (other.status, "nearness" in other.errors) == (1, True)


def test_what_cannot_be_trained_for_is_refused(photos: Path, tmp_path: Path) -> None:
    whole = reducing(photos, tmp_path / "run", "small-fine-integer")
    assert (whole.status, "--student" in whole.errors) == (1, True)
    none = reducing(photos, tmp_path / "run", tmp_path / "none")
    assert (none.status, "run folder" in none.errors) == (1, True)
    less = reducing(photos, tmp_path / "run", "nano-web", "--nearness=-1")
    assert (less.status, "nearness must be" in less.errors) == (2, True)
    taught = reducing(photos, tmp_path / "run", "nano-web", "--stage1.teacher", "1")
    assert (taught.status, "leave the teacher's weight 0" in taught.errors) == (2, True)


def batch(side: int) -> list[torch.Tensor]:
    """Crops with the weight 1 of an absolute distance, as `mixed_batches` gives them."""
    chances = torch.Generator().manual_seed(1)
    original = torch.randint(256, (2, 3, 2 * side, 2 * side), generator=chances)
    weights = torch.zeros(2, 4, 1, 1)
    weights[:, 0] = 1.0
    reduced = torch.nn.functional.avg_pool2d(original.float(), 2)
    return [reduced.byte(), original.byte(), torch.empty(2, 3, 0, 0).byte(), weights]


def test_the_student_gets_what_the_reducer_makes_and_neither_is_changed() -> None:
    network, _ = load_network(Path("nano-web"))
    assert isinstance(network, Chain)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    objective = ThroughStudent(network, nearness=2.0)
    reducer = Reducer(ReducerConfig(channels=4, body=1))
    given = batch(16)
    terms = objective(reducer, given)  # pyright: ignore[reportArgumentType]
    plain = network.core(network.native(given[0].float() / 255))
    truth = network.native(given[1].float() / 255)
    assert terms["truth"].item() == pytest.approx((plain - truth).abs().mean().item(), rel=1e-5)
    assert terms["moved"].item() == 0.0
    with torch.no_grad():
        reducer.convolutions[-1].bias.fill_(3 / 255)  # pyright: ignore
    moved = objective(reducer, given)  # pyright: ignore[reportArgumentType]
    assert moved["moved"].item() == pytest.approx(2.0 * 3**2 / 255, rel=1e-4)
    assert moved["truth"].item() != terms["truth"].item()
    sum(moved.values()).backward()  # pyright: ignore
    assert all(weights.grad is not None for weights in reducer.parameters())
    assert all(weights.grad is None for weights in network.parameters())
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])
