"""Each engine of the compact runtime gives PyTorch's pixels, for every shape and size."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from onnx import save
from playwright.sync_api import Browser, Error

from export.check.any_size import any_size
from export.check.local_runtimes import run_onnx, run_pytorch
from export.onnx.translate import to_onnx
from pixels.scale import enlarged_size, padded_to_blocks
from pixels.tensors import to_bytes
from pixels.tiling import Enlarge, enlarge_in_tiles
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from tests.browser.engines import EnginePage, open_engine, stored

pytestmark = pytest.mark.browser

GPUS = ("webgl2", "webgpu")
ENGINES = ("wasm", *GPUS)

SHAPES = {
    "luma": ChainConfig(body=2, channels=6),
    "small": ChainConfig(body=6, channels=16, activation="relu"),
    "no body, x4": ChainConfig(body=0, channels=5, scale=Fraction(4)),
    "rgb, x3": ChainConfig(body=1, channels=7, colour="rgb", scale=Fraction(3), activation="relu"),
    "rgb, x4": ChainConfig(body=1, channels=3, colour="rgb", scale=Fraction(4)),
    "luma, x3": ChainConfig(body=1, channels=1, scale=Fraction(3)),
    "luma, 3/2": ChainConfig(body=2, channels=6, scale=Fraction(3, 2)),
    "rgb, 3/2": ChainConfig(body=0, channels=5, colour="rgb", scale=Fraction(3, 2)),
    "luma, 4/3": ChainConfig(body=0, channels=7, scale=Fraction(4, 3), activation="relu"),
    "rgb, 4/3": ChainConfig(body=1, channels=3, colour="rgb", scale=Fraction(4, 3)),
    # More outputs than one pass writes.
    "wide": ChainConfig(body=1, channels=22),
    # More weights than a uniform block holds.
    "very wide": ChainConfig(body=1, channels=460, colour="rgb"),
}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[EnginePage]:
    opened = open_engine(browser, site / "dist", request.param)
    yield opened
    opened.page.close()


def lively(config: ChainConfig) -> Chain:
    """A network in which every weight counts, and whose outputs are not all clipped."""
    network = Chain(config).eval()
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            std = parameter[0].numel() ** -0.5
            torch.nn.init.normal_(parameter, std=std, generator=generator)
        else:
            torch.nn.init.normal_(parameter, std=0.1, generator=generator)
    with torch.no_grad():
        last = network.convolutions[-1].weight
        assert isinstance(last, torch.Tensor)
        last.mul_(0.2)
    return network


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def batch_of(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return picture.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)


def steps_off(engine: EnginePage, network: Chain, picture: NDArray[np.uint8]) -> int:
    """How many steps of a byte the engine is away from PyTorch, at most."""
    return steps_from(run_pytorch(network), engine, picture, network.scale)


def steps_from(
    reference: Enlarge, engine: EnginePage, picture: NDArray[np.uint8], scale: Fraction
) -> int:
    batch = batch_of(picture)
    got = to_bytes(torch.from_numpy(any_size(engine.run, scale)(batch).copy()))
    expected = to_bytes(torch.from_numpy(any_size(reference, scale)(batch)))
    assert got.shape == expected.shape
    assert 0 < expected.mean() < 255
    return int(np.abs(got.astype(int) - expected).max())


# Each shares its code with a light shape of the same scale and one of the same colours.
HEAVY = {
    shape: pytest.param(shape, marks=pytest.mark.heavy)
    for shape in ("rgb, 3/2", "luma, 4/3", "rgb, 4/3")
}


@pytest.mark.parametrize(
    "shape",
    [
        *(name for name in SHAPES if name not in HEAVY),
        "rgb, 4/3",
        HEAVY["rgb, 3/2"],
        HEAVY["luma, 4/3"],
    ],
)
def test_every_shape(engine: EnginePage, tmp_path: Path, shape: str) -> None:
    model, network = stored(lively(SHAPES[shape]), tmp_path)
    assert engine.open(model)
    sizes = (
        [(1, 6), (9, 13)] if shape == "very wide" else [(1, 1), (1, 6), (5, 1), (9, 13), (17, 10)]
    )
    for seed, (height, width) in enumerate(sizes):
        assert steps_off(engine, network, noise(height, width, seed)) <= 1


@pytest.mark.browsers("chromium", "firefox-gpu")
@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ("luma", 20),
        ("luma, 3/2", 20),
        *(
            pytest.param(shape, 200, marks=pytest.mark.heavy)
            for shape in ("luma", "luma, 3/2", "rgb, 3/2", "luma, 4/3", "rgb, 4/3")
        ),
    ],
)
def test_many_sizes_beside_onnx_runtime(
    engine: EnginePage, tmp_path: Path, shape: str, count: int
) -> None:
    network = lively(SHAPES[shape])
    save(to_onnx(network), tmp_path / "float32.onnx")
    reference = run_onnx(tmp_path / "float32.onnx")  # its weights are not rounded
    model, _ = stored(network, tmp_path)
    assert engine.open(model)
    sizes = np.random.default_rng(7).integers(1, 40, (count, 2)).tolist()
    off = {
        (height, width): steps_from(reference, engine, noise(height, width, seed), network.scale)
        for seed, (height, width) in enumerate(sizes)
    }
    assert {size: steps for size, steps in off.items() if steps > 1} == {}


def swapped_in_blocks(network: Chain) -> None:
    """Exchange the two rows of each block in the first layer's kernels."""
    kernel = network.convolutions[0].weight
    assert isinstance(kernel, torch.Tensor)
    blocks = kernel.unflatten(2, (3, network.align_px))
    kernel.copy_(blocks.flip(3).flatten(2, 3))


def off_by_a_block(network: Chain) -> None:
    """Move the first layer's kernels by one block."""
    kernel = network.convolutions[0].weight
    assert isinstance(kernel, torch.Tensor)
    kernel.copy_(kernel.roll(network.align_px, 3))


def wrong_phase(network: Chain) -> None:
    """Move the anchor by one pixel."""
    network.anchor.copy_(network.anchor.roll(1, 3))


@pytest.mark.parametrize("engine", ["webgl2"], indirect=True)
def test_faults_in_the_reference_would_show(engine: EnginePage, tmp_path: Path) -> None:
    model, network = stored(lively(SHAPES["luma, 3/2"]), tmp_path)
    assert engine.open(model)
    faults: list[Callable[[Chain], None]] = [swapped_in_blocks, off_by_a_block, wrong_phase]
    for plant in faults:
        faulty = copy.deepcopy(network)
        with torch.no_grad():
            plant(faulty)
        assert steps_off(engine, faulty, noise(9, 13)) > 5, plant.__name__
    assert steps_off(engine, network, noise(9, 13)) <= 1


@pytest.mark.parametrize("shape", ["luma", "rgb, x3", "luma, 3/2", HEAVY["rgb, 4/3"]])
def test_tiles_give_the_bytes_of_the_whole(engine: EnginePage, tmp_path: Path, shape: str) -> None:
    model, network = stored(lively(SHAPES[shape]), tmp_path)
    assert engine.open(model)
    scale, margin, align = network.scale, network.margin_px, network.align_px
    picture = padded_to_blocks(noise(37, 53), scale)
    whole = to_bytes(torch.from_numpy(engine.run(batch_of(picture)).copy()))
    tiled = np.zeros_like(whole)
    tile = 19 + -19 % align
    tiles = enlarge_in_tiles(
        engine.run, picture, scale=scale, tile=tile, margin=margin, align=align
    )
    for row, column, values in tiles:
        kept = to_bytes(torch.from_numpy(values[None].copy()))
        rows, columns = (
            slice(int(scale * span.keep_start), int(scale * span.keep_end))
            for span in (row, column)
        )
        tiled[rows, columns] = kept
    np.testing.assert_array_equal(tiled, whole)


@pytest.mark.parametrize("engine", GPUS, indirect=True)
def test_features_too_large_for_16_bits(engine: EnginePage, tmp_path: Path) -> None:
    network = lively(ChainConfig(body=1, channels=4, activation="relu"))
    with torch.no_grad():
        first, body, last = (layer.weight for layer in network.convolutions)
        assert isinstance(first, torch.Tensor) and isinstance(body, torch.Tensor)
        assert isinstance(last, torch.Tensor)
        first.abs_().mul_(300)
        body.mul_(3000)
        last.mul_(1e-5)
    model, network = stored(network, tmp_path)
    picture = noise(12, 15)
    features = network.convolutions[0](torch.ones(1, 1, 3, 3)).relu()
    assert network.convolutions[1](features).max() > np.finfo(np.float16).max
    assert engine.open(model)
    assert steps_off(engine, network, picture) <= 1


@pytest.mark.parametrize("engine", GPUS, indirect=True)
def test_a_lost_context_is_reported_and_can_be_replaced(engine: EnginePage, tmp_path: Path) -> None:
    model, network = stored(lively(SHAPES["luma"]), tmp_path)
    assert engine.open(model)
    assert steps_off(engine, network, noise(6, 7)) <= 1
    engine.lose()
    with pytest.raises(Error, match=r"Exhausted: the .* was lost"):
        engine.run(batch_of(noise(6, 7)))
    assert engine.open(model)
    assert steps_off(engine, network, noise(6, 7)) <= 1


@pytest.mark.parametrize("engine", GPUS, indirect=True)
def test_a_model_in_place_of_another_leaves_nothing(engine: EnginePage, tmp_path: Path) -> None:
    model, network = stored(lively(SHAPES["luma"]), tmp_path)
    for _ in range(3):
        assert engine.open(model)
        assert steps_off(engine, network, noise(6, 7)) <= 1
    *before, now = engine.are_lost()
    assert all(before) and not now


@pytest.mark.parametrize(
    ("engine", "channels", "size"),
    [("webgl2", 1, (1, 20_000)), ("webgpu", 1024, (560, 560))],
    indirect=["engine"],
)
def test_pictures_too_large_are_reported(
    engine: EnginePage, tmp_path: Path, channels: int, size: tuple[int, int]
) -> None:
    model, _ = stored(lively(ChainConfig(body=0, channels=channels)), tmp_path)
    assert engine.open(model)
    with pytest.raises(Error, match="Exhausted: out of memory"):
        engine.run(np.zeros((1, 3, *size), np.float32))


def opaque(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.dstack([noise(height, width, seed), np.full((height, width), 255, np.uint8)])


@pytest.mark.browsers("chromium", "firefox-gpu")
@pytest.mark.parametrize("engine", ["webgpu"], indirect=True)
@pytest.mark.parametrize(
    "shape", ["luma", "rgb, x3", "no body, x4", "luma, 3/2", HEAVY["rgb, 4/3"]]
)
def test_painting_gives_the_bytes(engine: EnginePage, tmp_path: Path, shape: str) -> None:
    model, network = stored(lively(SHAPES[shape]), tmp_path)
    assert engine.open(model)
    sizes = [(1, 1), (1, 6), (5, 1), (9, 13), (37, 53), (64, 23)]
    for seed, (height, width) in enumerate(sizes):
        picture = opaque(height, width, seed)
        for colours in ("srgb", "display-p3"):
            whole = engine.paint(picture, network, colorSpace=colours)
            assert whole is not None
            assert whole.got.shape[:2] == enlarged_size((height, width), network.scale)
            np.testing.assert_array_equal(whole.got, whole.expected)
            assert whole.tiles == [[1, 1]]
            assert whole.read_bytes == 4
    # Tiles, and time between them in which the browser may show what there is.
    tiled = engine.paint(opaque(37, 53), network, tile_px=19, pauseMs=40)
    assert tiled is not None
    np.testing.assert_array_equal(tiled.got, tiled.expected)
    assert len(tiled.tiles) > 5
    assert tiled.tiles[-1] == [len(tiled.tiles)] * 2
    # A photo's own size, where it is smaller.
    rows, columns = enlarged_size((37, 53), network.scale)
    cut = engine.paint(opaque(37, 53), network, size={"width": columns - 1, "height": rows})
    assert cut is not None
    np.testing.assert_array_equal(cut.got, tiled.expected[:, :-1])


@pytest.mark.parametrize("engine", ["webgpu"], indirect=True)
def test_what_is_not_painted(engine: EnginePage, tmp_path: Path) -> None:
    model, network = stored(lively(SHAPES["luma"]), tmp_path)
    assert engine.open(model)
    for y, x in [(0, 0), (8, 12), (4, 7)]:
        picture = opaque(9, 13)
        picture[y, x, 3] = 254
        assert engine.paint(picture, network) is None
    limit = engine.page.evaluate("() => devices.at(-1).limits.maxTextureDimension2D")
    assert engine.paint(opaque(1, limit // 2 + 1), network) is None
    assert engine.paint(opaque(9, 13), network) is not None


@pytest.mark.parametrize("engine", ["webgpu"], indirect=True)
@pytest.mark.parametrize("trouble", ["no canvas", "taken away"])
def test_bytes_if_the_browser_does_not_paint(
    engine: EnginePage, tmp_path: Path, trouble: str
) -> None:
    model, network = stored(lively(SHAPES["luma"]), tmp_path)
    assert engine.open(model)
    if trouble == "no canvas":
        engine.page.evaluate("() => { OffscreenCanvas.prototype.getContext = () => null; }")
        assert engine.paint(opaque(37, 53), network, tile_px=19) is None
    else:
        assert engine.paint(opaque(37, 53), network, tile_px=19, takeAt=3) is None
    assert steps_off(engine, network, noise(37, 53)) <= 1
    assert engine.paint(opaque(9, 13), network) is None  # nor is it tried again


@pytest.mark.parametrize("engine", ["webgpu"], indirect=True)
def test_painting_stops_when_it_is_no_longer_wanted(engine: EnginePage, tmp_path: Path) -> None:
    model, network = stored(lively(SHAPES["luma"]), tmp_path)
    assert engine.open(model)
    with pytest.raises(Error, match="not wanted any more"):
        engine.paint(opaque(37, 53), network, tile_px=19, stopAt=3)
    assert engine.paint(opaque(9, 13), network) is not None


@pytest.mark.parametrize("engine", ["webgpu"], indirect=True)
def test_a_device_lost_while_painting_is_reported(engine: EnginePage, tmp_path: Path) -> None:
    model, network = stored(lively(SHAPES["luma"]), tmp_path)
    assert engine.open(model)
    with pytest.raises(Error, match=r"Exhausted: the .* was lost"):
        engine.paint(opaque(37, 53), network, tile_px=19, loseAt=3)
    # Nor is it painted again: bytes need less.
    assert engine.open(model)
    assert engine.paint(opaque(9, 13), network) is None
    assert steps_off(engine, network, noise(6, 7)) <= 1
