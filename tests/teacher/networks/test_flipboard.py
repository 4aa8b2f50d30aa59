"""The 2015 network: its layers, its dropout, its windows, and the contract of all networks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from pixels.tensors import to_float
from pixels.tiling import enlarge_in_tiles, plan_spans
from teacher.enlarging.ensemble import self_ensemble
from teacher.enlarging.network import network_enlarger
from teacher.networks.dropout import Dropout, MaskGenerator
from teacher.networks.flipboard import Flipboard, blending_window
from teacher.networks.flipboard_config import FlipboardConfig
from teacher.networks.registry import build, macs_per_output_pixel
from teacher.training.objectives import patch_square_error, standardise
from tests.made.photos import photo

SMALL = FlipboardConfig(
    patch_px=8,
    stride_px=2,
    first_maps=6,
    reproject_units=(10,),
    reproject_maps=2,
    middle_maps=(3, 3),
    dense_units=(12, 12),
)


def trained(config: FlipboardConfig) -> Flipboard:
    """A network whose every part matters: random biases and statistics too."""
    torch.manual_seed(3)
    network = Flipboard(config).eval()
    for _, layer in network.layers():
        nn.init.normal_(layer.bias, std=0.1)  # pyright: ignore[reportArgumentType]
    channels = network.colour.channels
    spread = torch.full((channels,), 0.2)
    network.standardise(torch.full((channels,), 0.4), spread, spread)
    return network


def test_eight_layers_in_the_posts_order() -> None:
    network = Flipboard(FlipboardConfig())
    kinds = [kind for kind, _ in network.layers()]
    assert kinds == [
        *("convolution", "reprojection", "reprojection", "convolution", "convolution"),
        *("dense", "dense", "output"),
    ]
    maps = [layer.out_channels for _, layer in network.layers() if isinstance(layer, nn.Conv2d)]
    assert maps[0] == max(maps) > max(maps[1:])


def test_the_dense_layers_reproject_to_more_than_the_patch_had() -> None:
    config = FlipboardConfig()
    assert config.reproject_maps * config.patch_px**2 > 3 * config.patch_px**2
    assert config.reproject_maps * config.patch_px**2 > config.reproject_units[-1]


def test_relu_everywhere_but_at_the_end_and_no_pooling() -> None:
    body = list(Flipboard(SMALL).body)
    for index, layer in enumerate(body[:-1]):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert isinstance(body[index + 1], nn.ReLU)
    assert isinstance(body[-1], nn.Linear)
    allowed = (nn.Conv2d, nn.Linear, nn.ReLU, Dropout, nn.Flatten, nn.Unflatten)
    assert all(isinstance(layer, allowed) for layer in body)


@pytest.mark.parametrize("gain", [1.0, 1.5])
def test_fresh_weights_are_glorot_normal_and_biases_zero(gain: float) -> None:
    torch.manual_seed(0)
    network = Flipboard(replace(FlipboardConfig(), weight_gain=gain))
    for _, layer in network.layers():
        area = layer.weight[0, 0].numel() if isinstance(layer, nn.Conv2d) else 1
        fans = (layer.weight.shape[0] + layer.weight.shape[1]) * area
        expected = gain**2 * 2.0 / fans
        # A sample variance of n normal numbers is off by sqrt(2 / n): allow five times that.
        allowed = 5.0 * (2.0 / layer.weight.numel()) ** 0.5
        assert layer.weight.var().item() == pytest.approx(expected, rel=allowed)
        # Normal, not uniform: one in 370 lies beyond three deviations, and none of a uniform.
        beyond = (layer.weight.abs() > 3.0 * expected**0.5).float().mean().item()
        assert 0.0005 < beyond < 0.006
        assert layer.bias is not None
        assert not layer.bias.any()


def test_dropout_keeps_the_share_it_says_and_the_expectation() -> None:
    masks = MaskGenerator()
    masks.begin(0, 0)
    dropped = Dropout(0.3, masks).train()(torch.ones(500, 400))
    # 200,000 draws: the share's deviation is 0.001.
    assert (dropped != 0).float().mean().item() == pytest.approx(0.3, abs=0.005)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)
    assert torch.allclose(dropped[dropped != 0], torch.tensor(1 / 0.3))


def test_dropout_takes_whole_maps_of_a_convolution() -> None:
    masks = MaskGenerator()
    masks.begin(0, 0)
    dropped = Dropout(0.5, masks).train()(torch.ones(50, 20, 4, 4))
    kept = (dropped != 0).flatten(2)
    assert torch.equal(kept.any(dim=2), kept.all(dim=2))
    assert 0.4 < kept.float().mean() < 0.6


def test_dropout_rests_outside_training_and_at_one() -> None:
    ones = torch.ones(3, 5)
    assert torch.equal(Dropout(0.1, MaskGenerator()).eval()(ones), ones)
    assert torch.equal(Dropout(1.0, MaskGenerator()).train()(ones), ones)


def test_what_is_dropped_hangs_on_seed_and_step_alone() -> None:
    def mask(seed: int, step: int) -> torch.Tensor:
        masks = MaskGenerator()
        masks.begin(seed, step)
        return Dropout(0.5, masks).train()(torch.ones(4, 50))

    assert torch.equal(mask(1, 7), mask(1, 7))
    assert not torch.equal(mask(1, 7), mask(1, 8))
    assert not torch.equal(mask(1, 7), mask(2, 7))


def test_processes_share_one_mask() -> None:
    def mask(rank: int, processes: int, size: int) -> torch.Tensor:
        masks = MaskGenerator()
        masks.begin(5, 5, rank=rank, processes=processes)
        return Dropout(0.5, masks).train()(torch.ones(size, 50))

    assert torch.equal(torch.cat([mask(0, 2, 3), mask(1, 2, 3)]), mask(0, 1, 6))


def test_each_layer_has_its_own_inclusion_probability() -> None:
    config = replace(SMALL, first_keep=0.1, middle_keep=0.9, dense_keep=0.5)
    keeps = [layer.keep for layer in Flipboard(config).body if isinstance(layer, Dropout)]
    assert keeps == [0.1, 1.0, 1.0, 0.9, 0.9, 0.5, 0.5]


@pytest.mark.parametrize("anchor", ["none", "bicubic"])
def test_photos_are_standardised(anchor: str) -> None:
    network = Flipboard(replace(SMALL, anchor=anchor))  # pyright: ignore[reportArgumentType]
    # Noise of mean 100 and deviation 20: the network must see mean 0 and deviation 1.
    rng = np.random.default_rng(0)

    def batch_at(step: int) -> list[torch.Tensor]:
        drawn = (rng.normal(100, 20, (64, 3, side, side)) for side in (8, 16))
        return [torch.from_numpy(layer.round().clip(0, 255).astype(np.uint8)) for layer in drawn]

    standardise(network, batch_at, 64)
    if anchor == "none":
        assert network.mean.flatten().tolist() == pytest.approx([100 / 255] * 3, abs=1e-3)
        assert network.deviation.flatten().tolist() == pytest.approx([20 / 255] * 3, rel=0.01)
    seen = network.seen(batch_at(0)[0].float() / 255.0)
    standard = (seen - network.mean) / network.deviation
    assert standard.mean().item() == pytest.approx(0.0, abs=0.03)
    assert standard.std().item() == pytest.approx(1.0, abs=0.03)


def test_a_black_photo_is_no_division_by_zero() -> None:
    network = Flipboard(SMALL)
    black = [torch.zeros(4, 3, side, side, dtype=torch.uint8) for side in (8, 16)]
    standardise(network, lambda step: black, 4)
    assert torch.isfinite(patch_square_error(network, black)["truth"])


def test_the_loss_is_the_mean_square_in_standard_deviations() -> None:
    network = trained(SMALL)
    batch = [torch.randint(0, 256, (5, 3, side, side), dtype=torch.uint8) for side in (8, 16)]
    given = network.enlarge_patches(batch[0].float() / 255)
    wanted = batch[1].float()[:, :, 4:12, 4:12] / 255
    expected = (((given - wanted) / 0.2) ** 2).mean().item()
    assert patch_square_error(network, batch)["truth"].item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("side", "stride"), [(8, 2), (8, 8), (12, 6), (16, 8), (6, 1)])
def test_overlapping_windows_add_up_to_one(side: int, stride: int) -> None:
    window = blending_window(side, stride)
    total = torch.zeros(side * 4, side * 4)
    for top in range(0, side * 3 + 1, stride):
        for left in range(0, side * 3 + 1, stride):
            total[top : top + side, left : left + side] += window
    inner = total[side:-side, side:-side]
    assert torch.allclose(inner, torch.ones_like(inner), atol=1e-6)
    assert window.min() > 0


def test_a_picture_is_its_windows_blended() -> None:
    network = trained(SMALL)
    image = torch.rand(1, 3, 9, 11)
    blended = network.core(image)
    # By hand, for one pixel of the input: every window that covers it, weighed.
    y, x, output, border, stride = 4, 6, 4, 2, 2
    padded = nn.functional.pad(image, (8,) * 4, mode="replicate")
    total = torch.zeros(3, 2, 2)
    for top in range(-2, 9, stride):
        for left in range(-2, 11, stride):
            if top <= y < top + output and left <= x < left + output:
                rows = slice(top - border + 8, top - border + 16)
                columns = slice(left - border + 8, left - border + 16)
                patch = network.enlarge_patches(padded[:, :, rows, columns])[0]
                inside = (
                    slice(2 * (y - top), 2 * (y - top) + 2),
                    slice(2 * (x - left), 2 * (x - left) + 2),
                )
                total += patch[:, *inside] * network.window[inside]
    assert torch.allclose(blended[0, :, 8:10, 12:14], total, atol=1e-5)


CONFIGS = [
    SMALL,
    replace(SMALL, anchor="bicubic", colour="luma"),
    replace(SMALL, patch_px=9, border_px=0, stride_px=3, colour="ycbcr", scale=3),
    replace(SMALL, patch_px=7, border_px=1, stride_px=5, scale=4),
    replace(SMALL, reproject_units=(10, 9), middle_maps=(3, 3, 3), dense_units=(8,)),
]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 4), (8, 8), (13, 30)])
def test_pictures_of_any_size(config: FlipboardConfig, size: tuple[int, int]) -> None:
    network = trained(config)
    output = network(torch.rand(2, 3, *size))
    assert output.shape == (2, 3, config.scale * size[0], config.scale * size[1])
    assert output.min() >= 0
    assert output.max() <= 1


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("size", [(47, 64), (50, 33), (1, 70)])
def test_tiles_give_the_pixels_of_the_whole(config: FlipboardConfig, size: tuple[int, int]) -> None:
    network = trained(config)
    picture = photo(*size)
    whole = network_enlarger(network, tile_px=1000)(picture)
    tiled = network_enlarger(network, tile_px=1)(picture)
    assert len(plan_spans(64, 4 * network.margin_px, network.margin_px)) > 1
    # Sums of other lengths may round to the neighbouring byte, never further.
    assert np.abs(whole.astype(int) - tiled).max() <= 1
    assert (whole != tiled).mean() < 1e-3


@pytest.mark.parametrize("size", [(47, 64), (50, 33)])
def test_tiles_give_the_whole_under_the_self_ensemble(size: tuple[int, int]) -> None:
    network = trained(replace(SMALL, stride_px=4))

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return network(torch.from_numpy(batch)).numpy()

    ensemble = self_ensemble(run, align_px=network.align_px)
    picture = photo(*size)
    whole = ensemble(to_float(picture).numpy())[0]
    margin = network.margin_px
    pieces = enlarge_in_tiles(
        ensemble, picture, scale=Fraction(2), tile=4 * margin, margin=margin, align=network.align_px
    )
    for row, column, piece in pieces:
        rows = slice(2 * row.keep_start, 2 * row.keep_end)
        columns = slice(2 * column.keep_start, 2 * column.keep_end)
        assert np.abs(whole[:, rows, columns] - piece).max() <= 1e-5


def test_tiles_out_of_step_would_show() -> None:
    # What `align_px` is for: the same tiles one pixel aside cut other windows.
    network = trained(replace(SMALL, stride_px=4))
    image = torch.rand(1, 3, 40, 40)
    with torch.inference_mode():
        moved = network.core(image[:, :, 1:])[:, :, 30:40]
        assert (network.core(image)[:, :, 32:42] - moved).abs().max() > 1e-3


def test_a_network_is_rebuilt_from_what_json_keeps() -> None:
    network = build("flipboard", {"middle_maps": [4, 4, 4], "patch_px": 8})
    assert isinstance(network, Flipboard)
    assert network.config.middle_maps == (4, 4, 4)


def test_work_per_pixel_is_counted_by_window() -> None:
    network = Flipboard(SMALL)
    area, output = 64, 3 * 8 * 8
    layers = area * (6 * 3 * 25 + 3 * 2 * 9 + 3 * 3 * 9)
    layers += 6 * area * 10 + 10 * 2 * area + 3 * area * 12 + 12 * 12 + 12 * output
    assert macs_per_output_pixel(network) == layers / 16


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("first_filter_px", 4, "must be odd"),
        ("dense_keep", 0.0, "dense-keep must lie in"),
        ("first_keep", 1.5, "first-keep must lie in"),
        ("stride_px", 3, "stride-px must divide"),
        ("border_px", 4, "border-px must be 1 to 128"),
        ("first_maps", 0, "maps and units"),
        ("colour", "grey", "colour must be"),
        ("anchor", "nearest", "anchor must be"),
        ("scale", 5, "scale must be"),
        ("weight_gain", float("nan"), "weight-gain"),
    ],
)
def test_settings_out_of_range_are_told(field: str, value: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(SMALL, **{field: value})
