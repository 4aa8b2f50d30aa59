"""Crops on a device, and how long a training waits for them."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pixels.resize import reduce_photo
from pixels.scale import HALF, enlarged_size
from pixels.sending.degrade import VERSION, degrade
from pixels.store.layers import add_layer
from pixels.store.shards import ShardWriter, write_index
from pixels.store.store import PhotoStore
from pixels.store.web_layer import WEB, add_web_layer
from plumbing.command import UsageError, UserError
from teacher.training.data import DataConfig, Photos, prepare_photos
from teacher.training.device_store import DeviceStore, bytes_of
from teacher.training.feed import Feed
from tests.made.photos import noise, photo, write_photos


def store_in(folder: Path, scale: Fraction = HALF) -> Path:
    for split, count in (("train", 4), ("validation", 2)):
        with ShardWriter(folder, split, shard_bytes=20_000) as writer:  # pyright: ignore
            for number in range(count):
                pixels = photo(64 + 6 * number, 100 - 4 * number, number)
                sha256 = f"{len(split) + number:064x}"
                writer.add(f"{split}{number}", sha256, reduce_photo(pixels, scale))
    write_index(folder, scale=scale)
    return folder


def prepare(
    folder: Path, config: DataConfig, *, scale: Fraction = HALF, crop_px: int = 10
) -> Photos:
    return prepare_photos(config, scale=scale, crop_px=crop_px, stores=folder / "stores")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("scale", [HALF, Fraction(3), Fraction(3, 2), Fraction(4, 3)], ids=str)
def test_a_device_cuts_the_very_crops_that_the_disk_gives(
    tmp_path: Path, device: str, scale: Fraction
) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no GPU")
    store = PhotoStore(store_in(tmp_path, scale), "train")
    assert len(store.shards) > 1
    add_web_layer(store, 3, workers=1)
    add_layer(store, "said", lambda x: noise(*enlarged_size(x.shape[:2], scale)), "noise", WEB)
    layers = ["reduced", "full", WEB, "said"]
    kept = DeviceStore(store, layers, torch.device(device))
    for seed in range(3):
        there = kept.crops(np.random.default_rng(seed), 64, 12)
        here = store.crops(np.random.default_rng(seed), 64, 12, layers)
        for a, b in zip(there, here, strict=True):
            assert a.device.type == device
            assert np.array_equal(a.cpu().numpy(), b)
    sizes = [path.stat().st_size for path in (tmp_path / "shards").glob("train-*/*.bin")]
    assert bytes_of(store, layers) == sum(sizes)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_crops_that_wait_to_be_read_on_a_gpu_are_not_overwritten(tmp_path: Path) -> None:
    store = PhotoStore(store_in(tmp_path), "train")
    kept = DeviceStore(store, ["full"], torch.device("cuda"))
    torch.cuda._sleep(1_000_000_000)  # as a training does that has steps waiting
    read = [kept.crops(np.random.default_rng(seed), 64, 9)[0].clone() for seed in range(20)]
    for seed, crops in enumerate(read):
        [expected] = store.crops(np.random.default_rng(seed), 64, 9, ["full"])
        assert np.array_equal(crops.cpu().numpy(), expected)


def test_of_a_store_its_own_validation_is_measured(tmp_path: Path) -> None:
    folder = store_in(tmp_path / "store")
    photos = prepare(tmp_path, DataConfig(store=folder))
    assert [entry.name for entry in photos.store.photos] == [f"train{n}" for n in range(4)]
    assert photos.settings == {}
    for number, (reduced, original) in enumerate(photos.validation):
        pair = reduce_photo(photo(64 + 6 * number, 100 - 4 * number, number), Fraction(2))
        assert np.array_equal(reduced, pair[0])
        assert np.array_equal(original, pair[1])
    assert len(photos.validation) == 2
    other = write_photos(tmp_path / "other", [(40, 40)])
    config = DataConfig(store=folder, validation=other)
    assert len(prepare(tmp_path, config).validation) == 1


def test_web_is_trained_and_measured_on_what_sites_send(tmp_path: Path) -> None:
    folder = store_in(tmp_path / "store")
    add_web_layer(PhotoStore(folder, "train"), 2, workers=1)
    config = DataConfig(store=folder, degradation="web")
    photos = prepare(tmp_path, config)
    assert photos.input == WEB
    assert photos.settings == {"degradation": {"kind": "web", "variants": 2, "version": VERSION}}
    for number, (reduced, original) in enumerate(photos.validation):
        assert np.array_equal(
            reduced, degrade(original, Fraction(2), np.random.default_rng(number))
        )
    write_photos(tmp_path / "in", [(60, 60), (50, 70)])
    config = DataConfig(photos=tmp_path / "in", degradation="web")
    on_the_fly = prepare(tmp_path, config)
    assert on_the_fly.store.kind(WEB).variants == 8


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    folder = store_in(tmp_path / "store")
    for wrong in (DataConfig(), DataConfig(photos=tmp_path, store=folder)):
        with pytest.raises(UsageError, match="either --photos or --store"):
            prepare(tmp_path, wrong)
    with pytest.raises(UserError, match="--scale 3"):
        prepare(tmp_path, DataConfig(store=folder), scale=Fraction(3))
    with pytest.raises(UserError, match="--crop-px must be at most 32, got 33"):
        prepare(tmp_path, DataConfig(store=folder), crop_px=33)
    (tmp_path / "store.json").write_text("{}")
    with pytest.raises(UserError, match="not a complete photo store"):
        prepare(tmp_path, DataConfig(store=tmp_path))


def slow_batches(seconds: float) -> Feed:
    def batch_at(step: int) -> list[Tensor]:
        time.sleep(seconds)
        return [torch.tensor(step)]

    return Feed(batch_at, 3, 9)


def test_a_feed_gives_every_batch_and_measures_the_waiting() -> None:
    slow = slow_batches(0.05)
    assert [int(batch[0]) for batch in slow] == list(range(3, 9))
    assert slow.waiting_share > 0.9
    fast = slow_batches(0.001)
    for _ in fast:
        time.sleep(0.05)
    assert fast.waiting_share < 0.2
    assert fast.logged() == {"time/waiting_share": fast.waiting_share}
