"""Students in whole numbers by command: made from floats, resumed, used as any model."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch

from distill.losses import nearness
from pixels.stills.files import read_picture
from plumbing.paths import ROOT
from teacher.networks.chain import Chain
from teacher.networks.integer.calibration import calibrated
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.registry import parameter_count
from teacher.runs.folder import load_network
from teacher.runs.record import read_record
from tests.made.commands import command_here
from tests.made.integer.whole_numbers import word_by_word
from tests.made.photos import photo, write_photos
from tests.made.training import no_reports as no_reports

FEW = (
    *("--expansion", "8", "--steps", "4", "--threads", "1", "--warmup-steps", "0"),
    *(f"--stage{stage}.{rest}" for stage in "123" for rest in ("batch=2", "crop-px=12")),
)  # fmt: skip
RATES = tuple(word for stage in "123" for word in (f"--stage{stage}.learning-rate", "1e-6"))


@pytest.fixture(scope="module")
def floats(tmp_path_factory: pytest.TempPathFactory, photos_folder: Path) -> Path:
    run = tmp_path_factory.mktemp("floats") / "first"
    tiny = ("--student", "nano", "--body", "1", "--channels", "4", "--activation", "prelu")
    data = ("--photos", photos_folder, "--validation", photos_folder)
    done = command_here("distill.run", *data, "--run", run, *tiny, *FEW)
    assert done.status == 0, done.errors
    return run


def rounded(folder: Path, floats: Path, photos: Path, *more: str) -> tuple[Path, str]:
    run = folder / "whole"
    data = ("--photos", photos, "--validation", photos, "--run", run)
    words = ("--start-from", floats, "--arithmetic", "integer", *FEW, *RATES, *more)
    done = command_here("distill.run", *data, *words)
    assert done.status == 0, done.errors
    return run, done.output


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_network(run)[0].state_dict()


def test_a_run_in_whole_numbers(tmp_path: Path, floats: Path, photos_folder: Path) -> None:
    run, output = rounded(tmp_path, floats, photos_folder, "--bits", "7")
    assert "tuned" in output
    network, record = load_network(run)
    before, _ = load_network(floats)
    assert isinstance(network, IntegerChain)
    assert (record.network, record.network_config["bits"]) == ("integer-chain", 7)
    assert parameter_count(network) == parameter_count(before)
    assert record.settings["start_from"] == read_record(floats).weights_sha256
    # The float twin's pixels, but for the rounding: the rates are tiny.
    picture = torch.rand(1, 3, 20, 24)
    with torch.inference_mode():
        assert (network(picture) - before(picture)).abs().max() < 3 / 255

    # Stopped after the last step, or after any: the same integers.
    wanted = weights(run)
    (run / "run.json").unlink()
    rounded(tmp_path, floats, photos_folder, "--bits", "7")
    again = weights(run)
    assert all(torch.equal(again[name], tensor) for name, tensor in wanted.items())

    # It is a model as any other.
    photos = write_photos(tmp_path / "photos", [(21, 17)])
    done = command_here("teacher.upscale", photos, tmp_path / "large", "--model", run)
    assert done.status == 0, done.errors
    (made,) = (tmp_path / "large").iterdir()
    (photo,) = photos.iterdir()
    expected = word_by_word(network.weights(), read_picture(photo).rgb)
    np.testing.assert_array_equal(read_picture(made).rgb, expected)
    big = write_photos(tmp_path / "big", [(64, 64)])
    done = command_here("teacher.evaluate", "--photos", big, "--model", run)
    assert done.status == 0, done.errors

    # But for training it is an end.
    done = command_here(
        "distill.run", "--photos", photos, "--run", tmp_path / "x", "--start-from", run
    )
    assert done.status == 1 and "holds a student in whole numbers" in done.errors


def test_altered_weights_are_refused(tmp_path: Path, floats: Path, photos_folder: Path) -> None:
    from safetensors.numpy import load_file, save_file

    from plumbing.disk import sha256_of

    run, _ = rounded(tmp_path, floats, photos_folder)
    tensors = load_file(run / "model.safetensors")
    for change, sentence in (
        ({"layers.1.biases": np.full(4, 2**24, np.int32)}, "a sum of layer 1 can reach 2^24"),
        ({"layers.0.kernels": tensors["layers.0.kernels"].astype(np.float32)}, "shape and type"),
    ):
        save_file(tensors | change, run / "model.safetensors")
        record = json.loads((run / "run.json").read_text(encoding="utf-8"))
        record["weights_sha256"] = sha256_of(run / "model.safetensors")
        (run / "run.json").write_text(json.dumps(record), encoding="utf-8")
        photos = write_photos(tmp_path / "p", [(8, 8)])
        for command in (
            ("teacher.upscale", photos, tmp_path / "out", "--model", run),
            ("export.compact", "--run", run, "--out", tmp_path / "out"),
        ):
            done = command_here(*command)
            assert done.status == 1 and sentence in done.errors, done.errors


def test_whole_numbers_need_a_finished_student(tmp_path: Path) -> None:
    words = ("--photos", ROOT, "--run", tmp_path / "x", "--arithmetic", "integer")
    done = command_here("distill.run", *words)
    assert done.status == 2 and "name it with --start-from" in done.errors
    done = command_here("distill.run", *words, "--start-from", ROOT, "--teacher", ROOT)
    assert done.status == 2 and "leave out --teacher" in done.errors


def test_it_learns_to_give_what_the_floats_give(floats: Path) -> None:
    chain, _ = load_network(floats)
    assert isinstance(chain, Chain)
    batch = [torch.from_numpy(photo(16, 16, seed)).permute(2, 0, 1)[None] for seed in range(2)]
    batch[1:] = [torch.zeros(1, 3, 0, 0)] * 3  # neither the truth nor a teacher
    objective = nearness(chain)
    with torch.no_grad():
        assert objective(deepcopy(chain), batch)["floats"] == 0
    network = calibrated(deepcopy(chain), [batch[0] / 255.0], 7)
    rounded = objective(network, batch)["floats"]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.02
    before = objective(network, batch)["floats"]
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(40):
        optimizer.zero_grad()
        objective(network, batch)["floats"].backward()
        optimizer.step()
    assert rounded < objective(network, batch)["floats"] < 0.05 * before
