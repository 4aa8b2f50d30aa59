from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pixels.resize import resize
from pixels.tensors import to_bytes, to_float
from plumbing.command import UserError
from teacher.enlarging.network import network_enlarger
from teacher.enlarging.runner import ONNX_MARGIN, ONNX_SCALE, open_enlarger
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import parameter_count
from teacher.networks.residual import Residual, ResidualConfig
from teacher.runs.folder import load_network
from tests.made.models import write_repeating_onnx
from tests.made.photos import noise, photo


def repeated(image: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    return image.repeat(scale, axis=0).repeat(scale, axis=1)


@pytest.mark.parametrize("scale", [2, 3])
def test_bicubic_and_lanczos_need_no_network(scale: int) -> None:
    image = photo(12, 17)
    height, width = 12 * scale, 17 * scale
    bicubic = open_enlarger("bicubic", plain_scale=Fraction(scale))
    assert np.array_equal(bicubic.enlarge(image), resize(image, (height, width)))
    lanczos = open_enlarger("lanczos", plain_scale=Fraction(scale))
    expected = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
    assert np.array_equal(lanczos.enlarge(image), np.asarray(expected))
    for enlarger, name in ((bicubic, "bicubic"), (lanczos, "lanczos")):
        assert (enlarger.name, enlarger.scale, enlarger.parameters) == (name, scale, None)


@pytest.mark.parametrize(
    "network",
    [
        Residual(ResidualConfig(blocks=1, channels=6)),
        Chain(ChainConfig(body=1, channels=6, scale=Fraction(3))),
    ],
    ids=lambda network: network.name,
)
@pytest.mark.parametrize("tile_px", [1, 23, 256])
def test_a_picture_in_tiles_is_the_picture_at_once(network: Residual | Chain, tile_px: int) -> None:
    image = noise(41, 57)
    tiled = network_enlarger(network, tile_px=tile_px)(image)
    with torch.inference_mode():
        whole = to_bytes(network(to_float(image)))
    assert tiled.shape == whole.shape
    # Sums in another order may tip a value that lies on the edge between two bytes.
    difference = np.abs(tiled.astype(int) - whole)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def test_a_single_pixel_is_enlarged() -> None:
    network = Chain(ChainConfig(body=1, channels=4))
    assert network_enlarger(network)(noise(1, 1)).shape == (2, 2, 3)


def test_a_run_folder_gives_its_network(tiny_run: Path) -> None:
    enlarger = open_enlarger(str(tiny_run))
    network, _ = load_network(tiny_run)
    assert enlarger.name == "tiny"
    assert enlarger.scale == 2
    assert enlarger.parameters == parameter_count(network)
    image = photo(20, 25)
    assert np.array_equal(enlarger.enlarge(image), network_enlarger(network)(image))


@pytest.mark.parametrize("scale", [2, 3])
@pytest.mark.parametrize("tile_px", [16, 256])
def test_an_onnx_file_is_run_in_tiles(tmp_path: Path, scale: int, tile_px: int) -> None:
    path = write_repeating_onnx(tmp_path / "repeat.onnx", scale)
    enlarger = open_enlarger(str(path), tile_px=tile_px)
    assert (enlarger.name, enlarger.scale, enlarger.parameters) == ("repeat", scale, None)
    image = noise(37, 53)
    assert np.array_equal(enlarger.enlarge(image), repeated(image, scale))


@pytest.mark.parametrize(("gain", "expected"), [(2.0, [0, 200, 255, 255]), (-1.0, [0, 0, 0, 0])])
def test_what_a_model_gives_beyond_the_bytes_is_clipped(
    tmp_path: Path, gain: float, expected: list[int]
) -> None:
    path = write_repeating_onnx(tmp_path / "bright.onnx", gain=gain)
    image = np.repeat(np.array([[[0], [100], [128], [255]]], np.uint8), 3, axis=2)
    enlarged = open_enlarger(str(path)).enlarge(image)
    assert enlarged[0, ::2, 0].tolist() == expected


def refusal(model: Path | str) -> str:
    with pytest.raises(UserError) as caught:
        open_enlarger(str(model))
    assert "\n" not in str(caught.value)
    assert str(model) in str(caught.value)
    return str(caught.value)


def test_models_that_are_not_there_are_told(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "none.onnx")
    for wrong in ("runs/nowhere", "small-fime"):
        sentence = refusal(wrong)
        assert "no such run folder, export folder or .onnx file" in sentence
        assert "nano-web, residual-clean, residual-web, small-clean, small-fine," in sentence
        assert "bicubic, lanczos" in sentence
    assert "not a run folder" in refusal(tmp_path)
    (tmp_path / "photo.png").write_bytes(b"")
    assert "not a run folder" in refusal(tmp_path / "photo.png")


def test_onnx_files_that_cannot_be_run_are_told(tmp_path: Path) -> None:
    path = write_repeating_onnx(tmp_path / "a.onnx")
    whole = path.read_bytes()
    for broken in (b"", b"no model", whole[: len(whole) // 2]):
        path.write_bytes(broken)
        assert "is not a readable ONNX model" in refusal(path)


@pytest.mark.parametrize("missing", [ONNX_SCALE, ONNX_MARGIN])
def test_onnx_files_of_others_are_told(tmp_path: Path, missing: str) -> None:
    properties = {name: "2" for name in (ONNX_SCALE, ONNX_MARGIN) if name != missing}
    path = write_repeating_onnx(tmp_path / "a.onnx", 2, properties)
    sentence = refusal(path)
    assert missing in sentence
    assert "export.onnx" in sentence


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({ONNX_SCALE: "3", ONNX_MARGIN: "3"}, "is marked as x3, but"),
        ({ONNX_SCALE: "2", ONNX_MARGIN: "-1"}, "which is impossible"),
    ],
)
def test_an_onnx_file_that_lies_about_itself_is_told(
    tmp_path: Path, properties: dict[str, str], problem: str
) -> None:
    path = write_repeating_onnx(tmp_path / "model.onnx", properties=properties)
    with pytest.raises(UserError, match=problem):
        open_enlarger(str(path)).enlarge(np.zeros((8, 8, 3), np.uint8))
