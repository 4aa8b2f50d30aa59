"""`python -m teacher.train` as a user meets it, sudden ends included."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from pixels.store.store import PhotoStore
from plumbing.command import UserError
from plumbing.disk import sha256_of
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.runs.folder import load_network, read_resume
from teacher.training.objectives import absolute_error as objective
from tests.made.commands import TINY, Finished, command_here, command_on_full_disk
from tests.made.photos import write_photos
from tests.made.runs import ROOT


def arguments(photos: Path, run: Path, *more: str | Path) -> list[str | Path]:
    named = ["teacher.train", "--photos", photos, "--validation", photos, "--run", run]
    return [*named, *TINY, *more]


def train(photos: Path, run: Path, *more: str) -> Finished:
    return command_here(*map(str, arguments(photos, run, "--steps", "2", *more)))


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_run_folder_holds_all_that_is_promised(tiny_run: Path, photos_folder: Path) -> None:
    found = set(names(tiny_run))
    (events,) = [name for name in found if name.startswith("events.out.tfevents.")]
    expected = {"model.safetensors", "run.json", "report.png"}
    expected |= {"resume", "resume/state.safetensors"}
    assert found == {events, *expected}
    record = json.loads((tiny_run / "run.json").read_text())
    assert record["network"] == "residual"
    sizes = {"blocks": 1, "channels": 4, "scale": 2}
    assert record["network_config"] == {**sizes, "colour": "rgb", "residual_scale": 1.0}
    assert record["settings"]["seed"] == 0
    assert record["settings"]["recipe"]["steps"] == 2
    assert record["settings"]["recipe"]["ema_decay"] == 0.999
    (store,) = (tiny_run.parent / "stores").iterdir()
    fingerprint = PhotoStore(store).fingerprint
    assert record["data"] == {"fingerprint": fingerprint, "photos": 3}
    assert record["weights_sha256"] == sha256_of(tiny_run / "model.safetensors")
    assert record["metrics"]["validation/psnr"] > 10
    assert 0 < record["metrics"]["validation/ssim"] <= 1
    assert load_network(tiny_run)[0].scale == 2
    assert len(list(photos_folder.iterdir())) == 3  # nothing was written beside the photos


def test_the_same_command_gives_the_same_bytes_and_another_seed_others(
    tmp_path: Path, photos_folder: Path, tiny_run: Path
) -> None:
    expected = (tiny_run / "model.safetensors").read_bytes()
    assert train(photos_folder, tmp_path / "same").status == 0
    assert (tmp_path / "same" / "model.safetensors").read_bytes() == expected
    assert train(photos_folder, tmp_path / "other", "--seed", "1").status == 0
    assert (tmp_path / "other" / "model.safetensors").read_bytes() != expected


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["3", "4", "3/2"])
def test_other_scales_train_as_well(tmp_path: Path, photos_folder: Path, scale: str) -> None:
    done = train(photos_folder, tmp_path / "run", "--scale", scale, "--crop-px", "12")
    assert done.status == 0, done.errors
    assert load_network(tmp_path / "run")[0].scale == Fraction(scale)


def test_a_teacher_of_another_scale_takes_a_body_over(
    tmp_path: Path, photos_folder: Path, tiny_run: Path
) -> None:
    trained, _ = load_network(tiny_run)
    other = ("--scale", "3/2", "--crop-px", "12", "--body-from", str(tiny_run))
    # Steps that change nothing.
    done = train(photos_folder, tmp_path / "run", *other, "--learning-rate", "1e-30")
    assert done.status == 0, done.errors
    network, record = load_network(tmp_path / "run")
    assert record.settings["body_from"] == sha256_of(tiny_run / "model.safetensors")
    body = {name for name in network.state_dict() if name.startswith(("blocks.", "join."))}
    assert len(body) == 6
    for name in body:
        torch.testing.assert_close(network.state_dict()[name], trained.state_dict()[name])
    assert network.state_dict()["head.weight"].shape != trained.state_dict()["head.weight"].shape
    refused = train(photos_folder, tmp_path / "no", *other, "--channels", "5")
    assert "is no residual network with --blocks 1 --channels 5" in refused.sentence()
    assert not (tmp_path / "no" / "run.json").exists()


def test_a_finished_run_given_again_says_so_and_is_kept(
    tmp_path: Path, photos_folder: Path, tiny_run: Path
) -> None:
    run = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    before = {name: (run / name).read_bytes() for name in ("run.json", "model.safetensors")}
    done = train(photos_folder, run)
    assert done.status == 0
    assert "is finished already" in done.errors
    for more, changed in ((["--steps", "3"], "recipe"), (["--channels", "5"], "network")):
        sentence = train(photos_folder, run, *more).sentence()
        assert f"finished run with other settings ({changed})" in sentence
        assert str(run) in sentence
    assert {name: (run / name).read_bytes() for name in before} == before


def test_the_loss_is_the_mean_absolute_error_before_clipping() -> None:
    network = Chain(ChainConfig(body=0, channels=2))  # in its own colours: luma
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.convolutions[-1].bias.fill_(0.5)  # pyright: ignore
    reduced = torch.full((1, 3, 4, 4), 204, dtype=torch.uint8)
    original = torch.full((1, 3, 8, 8), 255, dtype=torch.uint8)
    original[..., ::2] = 51
    # The output is 0.8 + 0.5 = 1.3 everywhere; the truth is 1 and 0.2.
    (loss,) = objective(network, [reduced, original]).values()
    assert loss.item() == pytest.approx((0.3 + 1.1) / 2)


def start(*named: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, named)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_steps(process: subprocess.Popen[str], run: Path, steps: int) -> None:
    """Wait until a checkpoint of so many steps is there."""
    while True:
        assert process.poll() is None, process.stderr and process.stderr.read()
        state = read_resume(run)
        if state is not None and state.step >= steps:
            return
        time.sleep(0.01)


@pytest.mark.process
def test_a_killed_training_goes_on_and_ends_with_the_same_bytes(
    tmp_path: Path, photos_folder: Path
) -> None:
    run = tmp_path / "killed"
    named = arguments(photos_folder, run, "--steps", "30", "--checkpoint-seconds", "0")
    with start(*named) as process:
        wait_for_steps(process, run, 3)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    state = read_resume(run)
    assert state is not None
    assert 3 <= state.step < 30
    with pytest.raises(UserError, match="has not finished"):
        load_network(run)
    assert "other settings (seed)" in command_here(*map(str, [*named, "--seed", "1"])).sentence()
    again = command_here(*map(str, named))
    assert again.status == 0, again.errors
    whole = arguments(photos_folder, tmp_path / "whole", "--steps", "30")
    assert command_here(*map(str, whole)).status == 0
    expected = (tmp_path / "whole" / "model.safetensors").read_bytes()
    assert (run / "model.safetensors").read_bytes() == expected
    assert not list(run.rglob(".part-*"))


@pytest.mark.process
def test_ctrl_c_leaves_a_checkpoint_and_says_so_in_a_sentence(
    tmp_path: Path, photos_folder: Path
) -> None:
    run = tmp_path / "run"
    named = arguments(photos_folder, run, "--steps", "1000000", "--checkpoint-seconds", "0.2")
    with start(*named) as process:
        wait_for_steps(process, run, 1)
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read() if process.stderr else ""
    finished = Finished(process.returncode, "", " ".join(errors.split()))
    said = re.fullmatch(
        r"interrupted at step (\d+) of 1000000: the same command continues from there",
        finished.sentence(130),
    )
    assert said
    assert [name for name in names(run) if not name.startswith("events")] == [
        *("resume", "resume/state.safetensors")
    ]
    state = read_resume(run)
    assert state is not None
    assert state.step == int(said[1]) >= 1


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_a_damaged_checkpoint_is_told(
    tmp_path: Path, photos_folder: Path, tiny_run: Path, damage: str
) -> None:
    run = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    (run / "run.json").unlink()
    path = run / "resume" / "state.safetensors"
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-10], "text": b"no state at all", "empty": b""}[damage])
    sentence = train(photos_folder, run).sentence()
    assert str(path) in sentence
    assert f"delete {run} to start from the beginning" in sentence
    assert not (run / "run.json").exists()


@pytest.mark.process
def test_a_full_disk_is_told_and_leaves_nothing_that_looks_whole(
    tmp_path: Path, photos_folder: Path, tiny_run: Path
) -> None:
    # The store of photos is there already; the first events or checkpoint are what do not fit.
    shutil.copytree(tiny_run.parent / "stores", tmp_path / "stores")
    run = tmp_path / "run"
    done = command_on_full_disk(3_000, *arguments(photos_folder, run, "--steps", "2"))
    state = run / "resume" / "state.safetensors"
    told = [f"{path}: cannot write: file too large" for path in (run, state)]
    assert done.sentence() in told
    assert {name for name in names(run) if not name.startswith("events")} <= {"resume"}


@pytest.mark.slow
def test_photos_that_are_left_out_do_not_stop_a_training(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "in", [(40, 50), (20, 20)])
    (folder / "bad.jpg").write_bytes(b"no photo")
    done = train(folder, tmp_path / "run")
    assert done.status == 0, done.errors
    assert done.errors.count("skipped:") >= 2
    assert "bad.jpg" in done.errors.replace(" ", "")  # long paths are wrapped
    assert json.loads((tmp_path / "run" / "run.json").read_text())["data"]["photos"] == 1


def test_folders_without_a_usable_photo_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    write_photos(tmp_path / "tiny", [(20, 20), (23, 90)])
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_bytes(b"no photo")
    for name, problem in (
        ("empty", "contains no pictures"),
        ("file", "is not a folder"),
        ("nowhere", "does not exist"),
        ("tiny", "none of the 2 photos can be used"),
        ("broken", "none of the 1 photos can be used"),
    ):
        sentence = train(tmp_path / name, tmp_path / "run").sentence()
        assert problem in sentence
        assert str(tmp_path / name) in sentence
        assert not (tmp_path / "run").exists()


def test_a_run_folder_that_cannot_be_made_is_told(tmp_path: Path, photos_folder: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for run in (tmp_path / "file", tmp_path / "file" / "run"):
        assert str(tmp_path / "file") in train(photos_folder, run).sentence()
    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "wrong",
    [
        *(("--steps", "0"), ("--batch", "0"), ("--crop-px", "7"), ("--learning-rate", "0")),
        *(("--learning-rate", "nan"), ("--ema-decay", "1"), ("--blocks", "0"), ("--scale", "5")),
        *(("--channels", "few"), ("--threads", "0"), ("--layers", "3"), ("--clip-norm", "0")),
        *(("--seed=-1", ""), ("--seed", str(2**63)), ("--checkpoint-seconds", "nan")),
    ],
)
def test_bad_values_exit_with_2(
    tmp_path: Path, photos_folder: Path, wrong: tuple[str, str]
) -> None:
    done = train(photos_folder, tmp_path / "run", *filter(None, wrong))
    assert done.status == 2, done.errors
    assert wrong[0].strip("-").partition("=")[0] in done.errors
    assert "Traceback" not in done.errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["--photos", "--run"])
def test_a_missing_flag_exits_with_2(photos_folder: Path, missing: str) -> None:
    given = {"--photos": str(photos_folder), "--run": os.devnull}
    del given[missing]
    done = command_here("teacher.train", *next(iter(given.items())))
    assert done.status == 2
    assert missing in done.errors


def test_help_explains_every_flag() -> None:
    done = command_here("teacher.train", "--help")
    assert done.status == 0
    own = ("photos", "run", "validation", "seed", "checkpoint-seconds", "threads")
    network = ("blocks", "channels", "scale")
    recipe = ("steps", "batch", "crop-px", "learning-rate", "warmup-steps", "clip-norm")
    text = "\n".join(line.strip() for line in done.output.splitlines())
    for name in (*own, *network, *recipe, "ema-decay"):
        (explained,) = re.findall(rf"^--{name} (.*?)(?=^--|\Z)", text, re.DOTALL | re.MULTILINE)
        # A sentence, then the default.
        sentence = r"[A-Z].* .* .*\. \((default: .*|required)\)"
        assert re.search(sentence, " ".join(explained.split())), name
