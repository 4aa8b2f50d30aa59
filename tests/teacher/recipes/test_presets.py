"""Networks, presets and flags of `python -m teacher.train`."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch
import tyro

from teacher.enlarging.runner import open_enlarger
from teacher.networks.flipboard import Flipboard
from teacher.networks.registry import parameter_count
from teacher.networks.residual import Residual
from teacher.recipes.presets import FLIPBOARD, RESIDUAL, PresetName
from teacher.runs.folder import load_network
from teacher.train import TrainFlipboard, TrainResidual, defaults
from teacher.training.speed import Speed
from tests.made.commands import TINY, TINY_FLIPBOARD, command_here
from tests.made.photos import photo


def test_every_preset_is_some_networks() -> None:
    assert {*RESIDUAL, *FLIPBOARD} == set(get_args(PresetName))


def test_flipboard_2015_has_the_posts_values() -> None:
    preset = FLIPBOARD["flipboard-2015"]
    assert (preset.recipe.batch, preset.recipe.epochs) == (250, 250)
    assert (preset.shape.anchor, preset.shape.colour) == ("none", "rgb")
    assert preset.shape.dense_keep == 0.5


@pytest.mark.parametrize(
    ("words", "rate"),
    [
        ([], 1e-3),
        (["--optimizer", "soap"], 1e-2),
        (["--optimizer=soap", "--preset", "standard"], 4e-3),
        (["--optimizer", "soap", "--learning-rate", "0.005"], 5e-3),
        (["--optimizer", "adam"], 1e-3),
    ],
)
def test_an_optimiser_takes_its_own_rate_unless_one_is_given(words: list[str], rate: float) -> None:
    start = defaults(words)
    assert isinstance(start, TrainResidual)
    parsed = tyro.cli(TrainResidual, args=["--run", "r", *words], default=start)
    assert parsed.recipe.learning_rate == rate


def test_large_is_edsr() -> None:
    # EDSR x2 has 40.7 M parameters, of which ours lacks the tail's 256-to-1024 convolution.
    with torch.device("meta"):
        count = parameter_count(Residual(RESIDUAL["large"].shape))
    assert count == pytest.approx(40.7e6 - 2.36e6, rel=0.01)


@pytest.mark.slow
def test_flags_override_a_preset(tmp_path: Path, photos_folder: Path) -> None:
    run = tmp_path / "run"
    done = command_here(
        *("teacher.train", "--preset", "quick", "--photos", photos_folder, "--run", run),
        *("--validation", photos_folder, "--steps", "2", "--channels", "6", "--crop-px", "12"),
        *("--threads", "1", "--colour", "luma", "--seed", "4"),
    )
    assert done.status == 0, done.errors
    network, record = load_network(run)
    assert isinstance(network, Residual)
    assert (network.config.blocks, network.config.channels) == (4, 6)
    assert network.config.colour == "luma"
    assert record.settings["recipe"]["batch"] == 8
    assert record.settings["seed"] == 4
    assert (run / "report.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.parametrize("colour", ["luma", "ycbcr"])
def test_flipboard_trains_and_enlarges(tmp_path: Path, photos_folder: Path, colour: str) -> None:
    run = tmp_path / "run"
    done = command_here(
        *("teacher.train", *TINY_FLIPBOARD, "--photos", photos_folder, "--run", run),
        *("--validation", photos_folder, "--steps", "3", "--colour", colour),
    )
    assert done.status == 0, done.errors
    network, record = load_network(run)
    assert isinstance(network, Flipboard)
    assert record.settings["recipe"]["crop_px"] == 8
    # The statistics of the photos travel with the weights.
    assert torch.all(network.deviation > 0.01)
    assert network.deviation.mean() != 1.0
    enlarge = open_enlarger(str(run)).enlarge
    assert enlarge(photo(1, 1)).shape == (2, 2, 3)
    assert enlarge(photo(21, 30)).shape == (42, 60, 3)


def test_a_preset_decides_the_network_and_the_network_the_flags() -> None:
    assert isinstance(defaults([]), TrainResidual)
    assert isinstance(defaults(["--preset", "flipboard-2015"]), TrainFlipboard)
    assert isinstance(defaults(["--preset=quick", "--network=flipboard"]), TrainFlipboard)
    assert isinstance(defaults(["--preset", "quick"]), TrainResidual)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--network", "flipboard", "--preset", "large"), "which has quick, flipboard-2015"),
        (("--preset", "flipboard-2015", "--network", "residual"), "quick, standard, large"),
        (("--network", "vgg"), "residual"),
        (("--preset", "slow"), "flipboard-2015"),
        (("--network",), "--network"),
        (("--colour", "grey"), "colour"),
        (("--steps", "0"), "steps"),
        (("--seed", "-1"), "seed"),
        (("--threads", "0"), "threads"),
        (("--precision", "fp8"), "precision"),
        (("--residual-scale", "0"), "residual-scale"),
        (("--checkpoint-seconds", "-1"), "checkpoint-seconds"),
        (("--network", "flipboard", "--blocks", "3"), "blocks"),
        (("--network", "flipboard", "--dense-keep", "0"), "dense-keep"),
        (("--network", "flipboard", "--momentum-end", "1"), "momentum"),
        (("--network", "flipboard", "--stride-px", "3"), "stride-px"),
    ],
)
def test_wrong_usage_is_told_with_status_2(
    tmp_path: Path, photos_folder: Path, arguments: tuple[str, ...], says: str
) -> None:
    run = tmp_path / "run"
    done = command_here("teacher.train", "--photos", photos_folder, "--run", run, *arguments)
    assert done.status == 2, done.errors
    assert says in done.errors + done.output
    assert "Traceback" not in done.errors
    assert not run.exists()


@pytest.mark.parametrize(
    ("network", "flags"),
    [
        ("residual", ("--blocks", "--residual-scale", "--warmup-steps", "--ema-decay")),
        ("flipboard", ("--first-filter-px", "--dense-keep", "--bias-rate", "--momentum-epochs")),
    ],
)
def test_help_has_the_networks_own_flags(network: str, flags: tuple[str, ...]) -> None:
    done = command_here("teacher.train", "--network", network, "--help")
    assert done.status == 0
    common = ("--network", "--preset", "--colour", "--steps", "--seed", "--photos", "--precision")
    for flag in (*common, *flags):
        assert flag in done.output
    assert "crop_px" not in done.output


def test_bf16_and_compile_are_for_gpus_unless_asked_for() -> None:
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert not Speed().uses_bf16(cpu)
    assert Speed(precision="bf16").uses_bf16(cpu)
    assert not Speed(precision="float32").uses_bf16(gpu)
    assert not Speed().compiles(cpu)
    assert Speed().compiles(gpu)
    assert Speed(compile="on").compiles(cpu)
    assert not Speed(compile="off").compiles(gpu)


@pytest.mark.slow
@pytest.mark.parametrize("network", [TINY, TINY_FLIPBOARD])
def test_bf16_learns_what_float32_learns(
    tmp_path: Path, photos_folder: Path, network: tuple[str, ...]
) -> None:
    weights = []
    for precision in ("float32", "bf16"):
        run = tmp_path / precision
        done = command_here(
            *("teacher.train", "--photos", photos_folder, "--run", run, *network),
            *("--steps", "4", "--precision", precision),
        )
        assert done.status == 0, done.errors
        weights.append(torch.cat([p.flatten() for p in load_network(run)[0].parameters()]))
    assert not torch.equal(*weights)
    # bfloat16 has 8 bits: four small steps end within a hundredth of the weights' size.
    assert (weights[0] - weights[1]).norm() < 0.02 * weights[0].norm()
