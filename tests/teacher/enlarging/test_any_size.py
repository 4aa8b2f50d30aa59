"""Pictures of any size at any scale: padded to whole blocks, enlarged, and cut."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pixels.alpha import enlarge_alpha
from pixels.picture import Picture
from pixels.resize import resize
from pixels.scale import SCALES, enlarged_size
from pixels.sending.codecs import enlarged_to, reduce
from pixels.tensors import to_bytes, to_float
from teacher.enlarging.ensemble import self_ensemble
from teacher.enlarging.network import network_enlarger
from teacher.enlarging.pictures import enlarge_picture, enlarged_bands
from teacher.enlarging.runner import Enlarger, open_enlarger, tiled
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import Network
from teacher.networks.residual import Residual, ResidualConfig
from tests.made.networks import lively
from tests.made.photos import noise, photo

LENGTHS = range(1, 41)
RNG = np.random.default_rng(5)
SIZES = [
    *((height, 7) for height in LENGTHS),
    *((8, width) for width in LENGTHS),
    *((int(height), int(width)) for height, width in RNG.integers(1, 41, (20, 2))),
]


def run(network: Network, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.inference_mode():
        return network(torch.from_numpy(batch)).numpy()


def silent(scale: Fraction) -> Chain:
    """A student that has learned nothing: bicubic, or repeated luma."""
    network = Chain(ChainConfig(body=0, channels=2, scale=scale)).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    return network


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_every_photo_comes_back_in_its_own_size_whole_and_in_tiles(scale: Fraction) -> None:
    network = lively(Chain(ChainConfig(body=0, channels=3, scale=scale)))
    margin, align = network.margin_px, network.align_px
    settings = {"scale": scale, "margin_px": margin, "align_px": align}
    whole, cut = (
        tiled(lambda batch: run(network, batch), **settings, tile_px=tile_px)  # pyright: ignore
        for tile_px in (1000, 1)
    )
    for height, width in SIZES:
        sent = reduce(noise(height, width, height + 41 * width), "bicubic", scale)
        first, second = (np.concatenate(list(bands(sent))) for bands in (whole, cut))
        assert enlarged_to(first, (height, width)).shape == (height, width, 3)
        # Sums in another order may tip a value that lies on the edge between two bytes.
        assert np.abs(first.astype(int) - second).max() <= 1
        assert (first != second).mean() < 0.01
        # A file of any other size, which nobody reduced, is enlarged as well.
        odd = noise(height, width)
        expected = (*enlarged_size((height, width), scale), 3)
        assert np.concatenate(list(cut(odd))).shape == expected


@pytest.mark.parametrize("scale", [Fraction(3, 2), Fraction(4, 3)], ids=str)
@pytest.mark.parametrize("size", [(40, 41), (37, 44), (39, 36)])
def test_what_comes_back_lies_where_it_was(scale: Fraction, size: tuple[int, int]) -> None:
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    ramp = np.stack([5 * y + 20, 4 * x + 30, 2 * x + 2 * y + 10], axis=-1).astype(np.uint8)
    restored = network_enlarger(silent(scale))(reduce(ramp, "bicubic", scale))
    inner = slice(6, -6)  # at the edges a ramp is cut off
    difference = np.abs(enlarged_to(restored, size)[inner, inner].astype(int) - ramp[inner, inner])
    assert difference.max() <= 2


@pytest.mark.parametrize("scale", [Fraction(3, 2), Fraction(4, 3)], ids=str)
def test_plain_enlargement_by_a_ratio_is_that_of_the_padded_picture(scale: Fraction) -> None:
    image = photo(29, 31)
    down, (height, width) = scale.denominator, enlarged_size((29, 31), scale)
    padded = np.pad(image, ((0, -29 % down), (0, -31 % down), (0, 0)), mode="edge")
    full = enlarged_size((padded.shape[0], padded.shape[1]), scale)
    bicubic = open_enlarger("bicubic", plain_scale=scale).enlarge(image)
    assert np.array_equal(bicubic, resize(padded, full)[:height, :width])
    lanczos = open_enlarger("lanczos", plain_scale=scale).enlarge(image)
    expected = Image.fromarray(padded).resize((full[1], full[0]), Image.Resampling.LANCZOS)
    assert np.array_equal(lanczos, np.asarray(expected)[:height, :width])


@pytest.mark.parametrize("method", ["bicubic", "lanczos"])
def test_plain_enlargement_in_bands_is_that_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    enlarger = open_enlarger(method, plain_scale=Fraction(4, 3))
    image = photo(41, 22)
    whole = enlarger.enlarge(image)
    monkeypatch.setattr("teacher.enlarging.runner.band_rows", lambda _: 9)
    bands = list(enlarger.bands(image))
    assert len(bands) > 3
    assert np.array_equal(np.concatenate(bands), whole)


def test_transparency_has_the_size_of_the_colours_in_bands_too() -> None:
    scale = Fraction(3, 2)
    network = silent(scale)
    enlarger = Enlarger(
        name="silent",
        scale=scale,
        parameters=None,
        bands=tiled(
            lambda batch: run(network, batch), scale=scale, margin_px=4, tile_px=16, align_px=2
        ),
    )
    alpha = np.zeros((35, 37), np.uint8)
    alpha[5:30, 7:] = 255
    picture = Picture(photo(35, 37), alpha)
    whole = enlarge_picture(enlarger, picture)
    assert whole.size == (53, 56)
    bands = list(enlarged_bands(enlarger, picture))
    assert len(bands) > 1
    assert np.array_equal(np.concatenate([band.rgb for band in bands]), whole.rgb)
    joined = np.concatenate([band.alpha for band in bands if band.alpha is not None])
    assert whole.alpha is not None
    assert np.array_equal(joined, whole.alpha)
    assert np.array_equal(whole.alpha, enlarge_alpha(alpha, scale))


@pytest.mark.parametrize("tile_px", [1, 1000])
def test_a_self_ensemble_of_a_ratio_is_the_mean_of_eight(tile_px: int) -> None:
    network = lively(Residual(ResidualConfig(blocks=1, channels=3, scale=Fraction(3, 2))))
    image = photo(34, 28)
    averaged = self_ensemble(lambda batch: run(network, batch), align_px=2)
    bands = tiled(
        averaged, scale=network.scale, margin_px=network.margin_px, tile_px=tile_px, align_px=2
    )
    found = np.concatenate(list(bands(image)))
    batch = to_float(image).numpy()
    turned = [
        np.rot90(run(network, np.ascontiguousarray(np.rot90(part, turns, (2, 3)))), -turns, (2, 3))
        for part in (batch, batch[..., ::-1])
        for turns in range(4)
    ]
    mean = (sum(turned[:4]) + sum(turned[4:])[..., ::-1]) / 8  # pyright: ignore
    expected = to_bytes(torch.from_numpy(np.ascontiguousarray(mean)))
    assert np.abs(found.astype(int) - expected).max() <= 1
