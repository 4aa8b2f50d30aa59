from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from pixels.tiling import enlarge_in_tiles, plan_spans, plan_tiles, smallest_tile
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import Network
from teacher.networks.residual import Residual, ResidualConfig
from tests.made.photos import noise

GOLDEN: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "golden" / "tiling.json").read_text()
)
PLANS = [
    *((length, 17, 8) for length in (1, 16, 17, 18, 19, 25, 26, 27, 200)),
    *((length, 64, 8) for length in (63, 64, 65, 111, 112, 113, 1000)),
    *((100, 1, 0), (9, 3, 1), (6000, 256, 35)),
]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['length']}-{case['tile']}")
def test_the_plan_is_the_golden_one(case: dict[str, Any]) -> None:
    spans = plan_spans(case["length"], case["tile"], case["margin"], case.get("align", 1))
    found = [[span.read_start, span.read_end, span.keep_start, span.keep_end] for span in spans]
    assert found == case["spans"]


@pytest.mark.parametrize(("length", "tile", "margin"), PLANS)
def test_every_pixel_is_kept_exactly_once(length: int, tile: int, margin: int) -> None:
    spans = plan_spans(length, tile, margin)
    kept = [pixel for span in spans for pixel in range(span.keep_start, span.keep_end)]
    assert kept == list(range(length))
    assert all(span.keep_start < span.keep_end for span in spans)


@pytest.mark.parametrize(("length", "tile", "margin"), PLANS)
def test_windows_are_alike_and_keep_the_margin(length: int, tile: int, margin: int) -> None:
    for span in plan_spans(length, tile, margin):
        assert span.read_end - span.read_start == min(length, tile)
        assert span.read_start >= 0
        assert span.read_end <= length
        assert span.read_start == 0 or span.keep_start - span.read_start >= margin
        assert span.read_end == length or span.read_end - span.keep_end >= margin


@pytest.mark.parametrize(("length", "tile", "margin"), [(0, 8, 1), (9, 8, 4), (9, 8, -1)])
def test_impossible_plans_are_refused(length: int, tile: int, margin: int) -> None:
    with pytest.raises(ValueError, match="cannot cut"):
        plan_spans(length, tile, margin)


def test_tiles_go_row_by_row() -> None:
    starts = [(row.read_start, column.read_start) for row, column in plan_tiles((3, 9), 3, 1)]
    assert starts == [(0, column) for column in range(7)]
    tall = [(row.read_start, column.read_start) for row, column in plan_tiles((4, 4), 3, 1)]
    assert tall == [(0, 0), (0, 1), (1, 0), (1, 1)]


def joined(
    enlarge: Any,  # noqa: ANN401
    image: NDArray[np.uint8],
    scale: int,
    tile: int,
    margin: int,
) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    result = np.full((3, scale * height, scale * width), np.nan, np.float32)
    for row, column, piece in enlarge_in_tiles(
        enlarge, image, scale=Fraction(scale), tile=tile, margin=margin
    ):
        rows = slice(scale * row.keep_start, scale * row.keep_end)
        result[:, rows, scale * column.keep_start : scale * column.keep_end] = piece
    return result


@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (29, 37), (33, 16)])
def test_nearest_neighbour_in_tiles_is_nearest_neighbour(scale: int, size: tuple[int, int]) -> None:
    def nearest(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return batch.repeat(scale, axis=2).repeat(scale, axis=3)

    image = noise(*size)
    result = joined(nearest, image, scale, tile=16, margin=3)
    expected = image.repeat(scale, axis=0).repeat(scale, axis=1).transpose(2, 0, 1)
    assert np.array_equal(result, expected / np.float32(255.0))


def dense_chain(scale: int) -> Chain:
    """Every pixel of the receptive field counts, and none can cancel another."""
    network = Chain(
        ChainConfig(body=1, channels=4, scale=Fraction(scale), activation="relu", colour="rgb")
    )
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.abs() / 4)
        for convolution in network.convolutions:
            torch.nn.init.zeros_(convolution.bias)  # pyright: ignore[reportArgumentType]
    return network


def run(network: Network, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.inference_mode():
        return network(torch.from_numpy(batch)).numpy()


NETWORKS = {
    "luma x2": lambda: Chain(ChainConfig(body=2, channels=8)),
    "rgb x3": lambda: Chain(ChainConfig(body=1, channels=8, colour="rgb", scale=Fraction(3))),
    "luma x4 without a body": lambda: Chain(ChainConfig(body=0, channels=8, scale=Fraction(4))),
    "residual x2": lambda: Residual(ResidualConfig(blocks=2, channels=8)),
    "residual x3": lambda: Residual(ResidualConfig(blocks=1, channels=8, scale=Fraction(3))),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [(37, 53), (18, 41), (5, 90)])
def test_a_network_in_tiles_gives_what_it_gives_for_the_whole(
    name: str, size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    network = NETWORKS[name]().eval()
    image = noise(*size)
    tile = 2 * network.margin_px + 3
    tiled = joined(
        lambda batch: run(network, batch), image, int(network.scale), tile, network.margin_px
    )
    whole = run(network, image.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0))[0]
    assert np.abs(tiled - whole).max() <= 1e-5
    # The same bytes, but where a value lies on the very edge between two of them.
    clear = np.abs(whole * 255 % 1 - 0.5) > 0.003
    assert clear.mean() > 0.99
    assert np.array_equal(np.floor(tiled * 255 + 0.5)[clear], np.floor(whole * 255 + 0.5)[clear])


@pytest.mark.parametrize("scale", [2, 3])
def test_a_margin_one_pixel_too_small_shows(scale: int) -> None:
    torch.manual_seed(0)
    network = dense_chain(scale)
    image = noise(30, 30)

    def error(margin: int) -> float:
        tiled = joined(
            lambda batch: network.core(torch.from_numpy(batch)).detach().numpy(),
            image,
            scale,
            16,
            margin,
        )
        batch = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32) / 255)
        return float(np.abs(tiled - network.core(batch).detach().numpy()[0]).max())

    assert error(network.margin_px) <= 1e-5
    assert error(network.margin_px - 1) > 1e-4


def test_a_network_that_breaks_its_promise_of_size_is_refused() -> None:
    tiles = enlarge_in_tiles(lambda batch: batch, noise(4, 4), scale=Fraction(2), tile=4, margin=0)
    with pytest.raises(ValueError, match="expected"):
        next(tiles)


@pytest.mark.parametrize("align", [1, 4])
@pytest.mark.parametrize("size", [(1, 1), (40, 61), (416, 600), (257, 512), (90, 3000)])
def test_the_smallest_tile_takes_no_more_windows_and_wastes_little(
    size: tuple[int, int], align: int
) -> None:
    most, margin = 256, 8
    tile = smallest_tile(size, most, margin, align)
    assert 2 * margin < tile <= most and tile % align == 0
    for length in size:
        spans = plan_spans(length, tile, margin, align)
        assert len(spans) == len(plan_spans(length, most, margin, align))
    longest = plan_spans(max(size), tile, margin, align)
    read = sum(span.read_end - span.read_start for span in longest)
    assert read < max(size) + len(longest) * (2 * margin + align)
