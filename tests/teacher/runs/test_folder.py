from __future__ import annotations

import itertools
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch
from safetensors.torch import save as tensors_to_bytes

from plumbing.command import UserError
from plumbing.disk import sha256_of
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import Network
from teacher.networks.residual import Residual, ResidualConfig
from teacher.networks.settings import settings_of
from teacher.runs.folder import (
    ResumeState,
    git_commit,
    load_network,
    read_resume,
    save_resume,
    save_run,
)
from teacher.runs.record import RunRecord, read_record


def record_of(network: Network) -> RunRecord:
    return RunRecord(
        network=network.name,
        network_config=settings_of(network.config),
        settings={"seed": 3, "recipe": {"steps": 2}},
        git_commit=None,
        data={"photos": 4},
        metrics={"validation/psnr": 30.25},
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = Residual(ResidualConfig(blocks=1, channels=4))
    save_run(tmp_path / "run", network, record_of(network))
    return tmp_path / "run"


def alter_record(run: Path, **fields: object) -> None:
    content = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(content | fields))


def refusal(run: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_network(run)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert str(run) in sentence
    return sentence


@pytest.mark.parametrize(
    "network",
    [
        Residual(ResidualConfig(blocks=2, channels=4, scale=Fraction(3))),
        Chain(ChainConfig(body=1, channels=5)),
        Chain(ChainConfig(body=0, channels=4, colour="rgb", activation="relu", scale=Fraction(4))),
    ],
    ids=lambda network: network.name,
)
def test_a_network_comes_back_as_it_was_saved(tmp_path: Path, network: Network) -> None:
    save_run(tmp_path, network, record_of(network))
    loaded, record = load_network(tmp_path)
    assert loaded.config == network.config
    assert not loaded.training
    image = torch.rand(1, 3, 7, 6)
    with torch.inference_mode():
        assert torch.equal(loaded(image), network.eval()(image))
    weights = tmp_path / "model.safetensors"
    assert record.weights_sha256 == sha256_of(weights)
    expected = asdict(record_of(network)) | {"weights_sha256": sha256_of(weights)}
    assert asdict(record) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "run.json"]


@pytest.mark.parametrize("kept", [0, 1, 7, 100, -1])
def test_weights_cut_off_are_told(run: Path, kept: int) -> None:
    weights = run / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    sentence = refusal(run)
    assert "model.safetensors was cut off or altered" in sentence


@pytest.mark.parametrize("place", [0, 9, 300, -1])
def test_one_altered_byte_of_the_weights_is_told(run: Path, place: int) -> None:
    data = bytearray((run / "model.safetensors").read_bytes())
    data[place] ^= 1
    (run / "model.safetensors").write_bytes(bytes(data))
    assert "model.safetensors was cut off or altered" in refusal(run)


def test_missing_weights_are_told(run: Path) -> None:
    (run / "model.safetensors").unlink()
    assert "has no model.safetensors" in refusal(run)


def test_the_weights_of_another_network_are_told(run: Path) -> None:
    state = Residual(ResidualConfig(blocks=2, channels=6)).state_dict()
    (run / "model.safetensors").write_bytes(tensors_to_bytes(state))
    assert "altered" in refusal(run)
    alter_record(run, weights_sha256=sha256_of(run / "model.safetensors"))
    assert "model.safetensors does not fit the network in run.json" in refusal(run)


def test_weights_that_are_no_safetensors_are_told(run: Path) -> None:
    (run / "model.safetensors").write_bytes(b"PK\x03\x04 a pickle, say")
    alter_record(run, weights_sha256=sha256_of(run / "model.safetensors"))
    assert "model.safetensors does not fit the network in run.json" in refusal(run)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe\x00", b"[1]", b"3", b'"text"', b"null", b"{}", b"nonsense"]
)
def test_a_record_that_is_none_is_told(run: Path, content: bytes) -> None:
    (run / "run.json").write_bytes(content)
    assert "run.json" in refusal(run)


def test_a_record_without_end_is_told(run: Path) -> None:
    with (run / "run.json").open("wb") as file:
        file.truncate(5 * 2**20)
    assert "run.json is too large" in refusal(run)


def test_a_missing_record_is_told(run: Path) -> None:
    (run / "run.json").unlink()
    assert "not a run folder: it has no run.json" in refusal(run)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "there is no such folder" in refusal(tmp_path / "nowhere")


def test_a_training_that_has_not_finished_is_told(tmp_path: Path) -> None:
    save_resume(tmp_path, ResumeState(step=1, settings={}, tensors={"a": torch.zeros(1)}))
    assert "has not finished" in refusal(tmp_path)


@pytest.mark.parametrize("number", [0, 2, None, "1"])
def test_a_record_of_another_version_is_told(run: Path, number: object) -> None:
    alter_record(run, format=number)
    sentence = refusal(run)
    assert f"has format {number!r}" in sentence
    assert "this version reads 1" in sentence


@pytest.mark.parametrize(
    "fields",
    [
        {"network": "flipboard"},
        {"network": None},
        {"network_config": {"blocks": 0}},
        {"network_config": {"layers": 3}},
        {"network_config": {"blocks": "1"}},
        {"network_config": []},
        {"network_config": None},
        {"stray": 1},
    ],
)
def test_a_record_of_an_unknown_network_is_told(run: Path, fields: dict[str, Any]) -> None:
    alter_record(run, **fields)
    assert "run.json" in refusal(run)


def test_a_record_without_a_field_is_told(run: Path) -> None:
    content = json.loads((run / "run.json").read_text())
    del content["network_config"]
    (run / "run.json").write_text(json.dumps(content))
    assert "run.json is not the record of a run" in refusal(run)


def test_read_record_gives_what_was_written(run: Path) -> None:
    assert read_record(run).settings == {"seed": 3, "recipe": {"steps": 2}}


STATE = ResumeState(
    step=17,
    settings={"seed": 3, "recipe": {"rate": 1e-3}},
    tensors={"network.a": torch.rand(3, 4), "optimizer.0.step": torch.tensor(17.0)},
)


def test_a_resume_state_comes_back_as_it_was(tmp_path: Path) -> None:
    assert read_resume(tmp_path) is None
    save_resume(tmp_path, STATE)
    state = read_resume(tmp_path)
    assert state is not None
    assert (state.step, state.settings) == (STATE.step, STATE.settings)
    assert set(state.tensors) == set(STATE.tensors)
    assert all(torch.equal(state.tensors[name], STATE.tensors[name]) for name in STATE.tensors)


def test_a_resume_state_is_read_whole_while_others_take_its_place(tmp_path: Path) -> None:
    for step in (1, 2):
        tensors = {f"{name}": torch.full((50,), step) for name in range(100)}
        save_resume(tmp_path, ResumeState(step=step, settings={}, tensors=tensors))
        [written] = (tmp_path / "resume").glob("state.*")
        written.rename(tmp_path / f"{step}")
    enough = Event()

    def replace_again_and_again() -> None:
        for step in itertools.cycle((1, 2)):
            os.link(tmp_path / f"{step}", tmp_path / "next")
            (tmp_path / "next").replace(written)
            if enough.is_set():
                return

    with ThreadPoolExecutor(1) as pool:
        pool.submit(replace_again_and_again)
        while not written.exists():
            time.sleep(0.001)
        try:
            for _ in range(100):
                state = read_resume(tmp_path)
                assert state is not None
                assert all((tensor == state.step).all() for tensor in state.tensors.values())
        finally:
            enough.set()


@pytest.mark.parametrize("kept", [0, 1, 7, 40, -1])
def test_a_resume_state_cut_off_is_told(tmp_path: Path, kept: int) -> None:
    save_resume(tmp_path, STATE)
    path = tmp_path / "resume" / "state.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=r"state\.safetensors cannot be read .*delete"):
        read_resume(tmp_path)


def test_a_resume_state_with_one_altered_byte_is_told(tmp_path: Path) -> None:
    save_resume(tmp_path, STATE)
    path = tmp_path / "resume" / "state.safetensors"
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(UserError, match="altered since it was written"):
        read_resume(tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        None,
        {},
        {"step": "3"},
        {"settings": "{}"},
        {"step": "three", "settings": "{}"},
        {"step": "3", "settings": "{"},
    ],
)
def test_a_resume_state_without_its_notes_is_told(
    tmp_path: Path, header: dict[str, str] | None
) -> None:
    (tmp_path / "resume").mkdir()
    data = tensors_to_bytes({"a": torch.zeros(1)}, metadata=header)
    (tmp_path / "resume" / "state.safetensors").write_bytes(data)
    with pytest.raises(UserError, match=r"state\.safetensors cannot be read"):
        read_resume(tmp_path)


def test_the_commit_is_forty_digits_or_unknown() -> None:
    commit = git_commit()
    assert commit is None or set(commit.removesuffix("+changes")) <= set("0123456789abcdef")
    assert commit is None or len(commit.removesuffix("+changes")) == 40
