"""Students of 3/2 and 4/3: trained, tuned, taught, measured and refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from distill.growth import with_body_of
from distill.search import StudentSearchConfig
from distill.students import fresh, widen
from distill.timing import milliseconds_per_megapixel
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import parameter_count
from teacher.runs.folder import load_network
from teacher.runs.record import read_record
from teacher.searching.study import StudyConfig
from tests.made.commands import Finished, command_here
from tests.made.networks import lively
from tests.made.photos import write_photos
from tests.made.training import no_reports as no_reports

FEW = (
    *("--expansion", "16", "--steps", "4", "--threads", "1", "--no-teacher-ensemble"),
    *(f"--stage{stage}.{rest}" for stage in "123" for rest in ("batch=2", "crop-px=12")),
)  # fmt: skip
TINY = ("--student", "nano", "--body", "1", "--channels", "3", *FEW)
TWO_THIRDS = Fraction(3, 2)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("photos"), [(64, 70), (61, 66)])


def distil(photos: Path, run: Path, *more: str | Path) -> Finished:
    return command_here(
        "distill.run", "--photos", photos, "--validation", photos, "--run", run, *more
    )


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    run = tmp_path_factory.mktemp("students") / "three-halves"
    done = distil(photos, run, "--scale", "3/2", "--degradation", "fine", *TINY)
    assert done.status == 0, done.errors
    return run


def test_a_student_of_two_thirds_is_trained_on_coded_photos(student: Path) -> None:
    network, record = load_network(student)
    assert network.scale == TWO_THIRDS
    assert record.network_config["scale"] == record.settings["network"]["scale"] == "3/2"
    assert record.settings["degradation"]["kind"] == "fine"
    assert record.metrics["validation/psnr"] > 20


def test_tuning_keeps_the_ratio_and_measures_the_gain(
    tmp_path: Path, student: Path, photos: Path
) -> None:
    done = distil(photos, tmp_path / "run", "--start-from", student, *FEW)
    assert done.status == 0, done.errors
    assert load_network(tmp_path / "run")[0].config == load_network(student)[0].config
    assert "gain" in done.output


def test_a_student_begins_with_the_body_of_another_ratio(
    tmp_path: Path, student: Path, photos: Path
) -> None:
    rates = [word for stage in "123" for word in (f"--stage{stage}.learning-rate", "1e-7")]
    flags = ("--body-from", student, "--scale", "4/3", *FEW, *rates)
    done = distil(photos, tmp_path / "run", *flags)
    assert done.status == 0, done.errors
    made, before = load_network(tmp_path / "run")[0], load_network(student)[0]
    assert made.scale == Fraction(4, 3)
    weights = [network.state_dict()["convolutions.1.weight"] for network in (made, before)]
    assert (weights[0] - weights[1]).abs().max() < 1e-4  # a tiny rate stays near
    record = read_record(tmp_path / "run")
    assert record.settings["body_from"] == read_record(student).weights_sha256
    for other in (("--start-from", student), ("--student", "nano")):
        refused = distil(photos, tmp_path / "other", *flags, *other)
        assert refused.status == 2
        assert "--body-from" in refused.errors


def test_a_body_is_taken_over_and_the_ends_are_fresh() -> None:
    chain = Chain(ChainConfig(body=2, channels=4))
    lively(chain)
    made = with_body_of(chain, TWO_THIRDS)
    assert made.config.scale == TWO_THIRDS
    for copy, layer in zip(made.convolutions[1:-1], chain.convolutions[1:-1], strict=True):
        assert torch.equal(copy.weight, layer.weight)  # pyright: ignore
    state = made.state_dict()
    assert state["convolutions.0.weight"].shape == (4, 1, 6, 6)
    assert state["convolutions.3.weight"].shape == (9, 4, 3, 3)


@pytest.mark.parametrize("colour", ["luma", "rgb"])
@pytest.mark.parametrize("scale", [TWO_THIRDS, Fraction(4, 3)], ids=str)
def test_widening_changes_nothing_even_where_colours_are_channels(
    scale: Fraction, colour: str
) -> None:
    # As many channels as colours: the first kernel is not taken for one of the body.
    channels = 1 if colour == "luma" else 3
    config = ChainConfig(body=1, channels=channels, colour=colour, scale=scale)  # pyright: ignore
    chain = fresh(config)
    down = scale.denominator
    image = torch.rand(1, 3, 4 * down, 4 * down)
    with torch.inference_mode():
        before = chain(image)
        assert torch.allclose(widen(chain, 64)(image), before, atol=1e-5)


def test_a_teacher_of_a_ratio_teaches_and_enlarges_photos_without_a_larger_version(
    tmp_path: Path, photos: Path
) -> None:
    teacher = tmp_path / "teacher"
    common = ("--photos", photos, "--validation", photos, "--threads", "1")
    done = command_here(
        *("teacher.train", *common, "--run", teacher, "--scale", "4/3", "--steps", "2"),
        *("--blocks", "1", "--channels", "3", "--crop-px", "12", "--batch", "2"),
    )
    assert done.status == 0, done.errors
    sources = ("--zoomed-photos", "1", "--lr-only-photos", photos)
    done = distil(photos, tmp_path / "run", "--teacher", teacher, *sources, *TINY)
    assert done.status == 0, done.errors
    assert load_network(tmp_path / "run")[0].scale == Fraction(4, 3)


@pytest.mark.parametrize("wrong", ["5/4", "1", "1.5x", "3/0", "1.5"])
@pytest.mark.parametrize(
    "command",
    [
        ("teacher.prepare", "photos", "--store", "s"),
        ("teacher.train", "--run", "r"),
        ("distill.run", "--run", "r"),
        ("distill.students",),
        ("teacher.evaluate", "--photos", "p"),
        ("teacher.upscale", "a", "b", "--model", "bicubic"),
    ],
    ids=lambda command: command[0],
)
def test_other_ratios_are_refused_with_one_sentence(
    tmp_path: Path, command: tuple[str, ...], wrong: str
) -> None:
    sentence = command_here(*command, "--scale", wrong).sentence(2)
    assert sentence == f"--scale: scale must be 2, 3, 4, 3/2 or 4/3, got {wrong}"


def test_what_has_another_ratio_is_refused(tmp_path: Path, student: Path, photos: Path) -> None:
    sentence = distil(photos, tmp_path / "r", "--start-from", student, "--scale", "2").sentence(2)
    assert "--scale is 2, but --start-from" in sentence
    assert "enlarges x3/2" in sentence
    sentence = distil(
        *(photos, tmp_path / "r", "--teacher", "residual-clean", "--scale", "3/2")
    ).sentence(2)
    assert "--scale is 3/2, but --teacher residual-clean enlarges x2" in sentence
    odd = distil(photos, tmp_path / "r", "--scale", "4/3", "--stage2.crop-px", "16").sentence(2)
    assert "multiple of 3 pixels at --scale 4/3, got 16" in odd
    (store,) = (student.parent / "stores").iterdir()
    other = command_here(
        *("distill.run", "--store", store, "--run", tmp_path / "r", "--scale", "2", *TINY)
    )
    assert "holds photos for scale 3/2, but the network's scale is 2" in other.sentence(1)
    assert not (tmp_path / "r" / "run.json").exists()


def test_the_table_of_students_has_ratios() -> None:
    done = command_here("distill.students", "--scale", "3/2")
    assert done.status == 0
    (row,) = [line.split() for line in done.output.splitlines() if line.split()[:1] == ["small"]]
    # First 36 x 16 + 16, body 6 (9 x 256 + 16), last 9 x 144 + 9; margin 8 blocks of 2.
    assert row[4] == f"{592 + 6 * 2320 + 1305:,}"
    assert row[6:8] == ["16", "px"]


def test_a_search_of_a_ratio_stays_within_its_parameters(tmp_path: Path) -> None:
    study = StudyConfig(study=tmp_path / "study")
    config = StudentSearchConfig(study=study, scale=TWO_THIRDS, parameters=9000)
    chosen = {"body": 3, "activation": "relu", "expansion": 64, "stage3.norm": "l2"}
    chosen |= {f"stage{stage}.learning-rate": 1e-3 for stage in (1, 2)} | {"stage1.share": 0.5}
    training = config.training(chosen, tmp_path / "run")
    assert training.scale == TWO_THIRDS
    shapes = [training.network, replace(training.network, channels=training.network.channels + 2)]  # pyright: ignore
    counts = [parameter_count(Chain(shape.chain(TWO_THIRDS))) for shape in shapes]
    assert counts[0] <= 9000 < counts[1]
    assert " --scale 3/2 " in " ".join(config.command_line(chosen))


def test_a_plot_has_one_ratio() -> None:
    done = command_here(
        *("distill.frontier", "--benchmark", "b", "--run", "r", "--teacher", "residual-clean"),
        *("--no-teacher-heard", "--scale", "3/2"),
    )
    assert "--scale is 3/2, but --teacher residual-clean enlarges x2" in done.sentence(2)


def test_networks_of_several_ratios_are_timed_on_one_picture() -> None:
    networks = {
        str(scale): Chain(ChainConfig(body=0, channels=2, scale=scale)).eval()
        for scale in (Fraction(2), TWO_THIRDS, Fraction(4, 3))
    }
    times = milliseconds_per_megapixel(networks, 13)
    assert set(times) == set(networks)
    assert all(value > 0 for value in times.values())
