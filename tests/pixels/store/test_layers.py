"""Layers of several variants, and shards."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pixels.resize import reduce_photo
from pixels.sending.degrade import VERSION, degrade_in_blocks
from pixels.store.build import open_or_build_store
from pixels.store.layers import LayerWriter, add_layer
from pixels.store.layout import LayerKind
from pixels.store.shards import PHOTOS, ShardWriter, layer_description, write_index
from pixels.store.store import PhotoStore
from pixels.store.web_layer import WEB, add_web_layer
from plumbing.command import UserError
from tests.made.photos import noise, photo, write_photos


def small_store(folder: Path) -> PhotoStore:
    paths = sorted(write_photos(folder / "in", [(60, 90), (84, 44), (50, 50)]).iterdir())
    return open_or_build_store(paths, folder / "stores", scale=Fraction(2), smallest_px=8)


def sharded_store(folder: Path, counts: dict[str, int], shard_bytes: int = 1) -> PhotoStore:
    """A store with every photo in a shard of its own, or as many as fit in the bytes."""
    for split, count in counts.items():
        with ShardWriter(folder, split, shard_bytes=shard_bytes) as writer:  # pyright: ignore
            for number in range(count):
                pair = reduce_photo(noise(40 + 2 * number, 50, number), Fraction(2))
                writer.add(f"{split}{number}", f"{number:064x}", pair)
    write_index(folder, scale=Fraction(2))
    return PhotoStore(folder)


def test_web_holds_variants_of_each_photo(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    add_web_layer(store, 3, workers=1)
    for number, stored in enumerate(store.photos):
        for variant in range(3):
            seed = (int(stored.sha256[:16], 16), variant)
            expected = degrade_in_blocks(store.photo(number, "full"), Fraction(2), seed)
            assert np.array_equal(store.photo(number, WEB, variant), expected)
        assert not np.array_equal(store.photo(number, WEB, 0), store.photo(number, WEB, 1))


def test_layers_of_another_version_are_refused(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    add_web_layer(store, 3, workers=1)
    described = layer_description(store.folder, WEB)
    kind = json.loads(described.read_text())
    assert kind == {"factor": 1, "variants": 3, "version": VERSION}
    del kind["version"]  # as the first version wrote it
    described.write_text(json.dumps(kind))
    with pytest.raises(UserError, match="another version, in other ways: delete it and prepare"):
        add_web_layer(PhotoStore(store.folder), 3, workers=1)


def test_crops_of_variants_go_together(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    add_web_layer(store, 3, workers=1)
    add_layer(store, "twice", lambda x: x.repeat(2, axis=0).repeat(2, axis=1), "doubling", WEB)
    assert store.kind("twice").variants == 3
    layers = [WEB, "full", "twice"]
    web, full, twice = store.crops(np.random.default_rng(5), 60, 12, layers)
    assert np.array_equal(twice, web.repeat(2, axis=2).repeat(2, axis=3))
    places = store.places(np.random.default_rng(5), 60, 12, layers)
    assert set(places.variant.tolist()) == {0, 1, 2}
    # The same chances cut the same places of the clean layers.
    _, clean = store.crops(np.random.default_rng(5), 60, 12, ["reduced", "full"])
    assert np.array_equal(clean, full)


def test_layers_of_different_variants_do_not_go_together(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    add_web_layer(store, 3, workers=1)
    (store.folder / "layers" / "odd.json").write_text('{"factor": 1, "variants": 2}')
    with pytest.raises(ValueError, match="do not go together"):
        store.places(np.random.default_rng(0), 4, 8, [WEB, "odd"])


@pytest.mark.process
def test_processes_make_what_one_makes(tmp_path: Path) -> None:
    one, other = small_store(tmp_path / "a"), small_store(tmp_path / "b")
    add_web_layer(one, 2, workers=1)
    add_web_layer(other, 2, workers=2, processes=True)
    for mine, its in zip(one.shards, other.shards, strict=True):
        assert (mine / "web.bin").read_bytes() == (its / "web.bin").read_bytes()


def test_a_layer_keeps_the_variants_that_it_began_with(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    add_web_layer(store, 2, workers=1)
    add_web_layer(PhotoStore(store.folder), 5, workers=1)
    assert PhotoStore(store.folder).kind(WEB).variants == 2
    add_web_layer(store, 1, sending="fine", workers=1)
    assert store.kind("fine").variants == 1
    assert not np.array_equal(store.photo(0, "fine", 0), store.photo(0, WEB, 0))


def test_a_layer_of_another_kind_is_refused(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    add_layer(store, "mine", lambda x: x.repeat(2, axis=0).repeat(2, axis=1), "doubling")
    add_web_layer(store, 2, workers=1)
    with pytest.raises(UserError, match="holds another layer mine"):
        add_layer(store, "mine", lambda x: x, "doubling", WEB)


def test_shards_and_splits(tmp_path: Path) -> None:
    store = sharded_store(tmp_path, {"train": 5, "test": 2})
    assert [shard.name for shard in store.shards] == [
        *("test-00000", "test-00001"),
        *(f"train-{number:05}" for number in range(5)),
    ]
    train = PhotoStore(tmp_path, "train")
    assert [photo.name for photo in train.photos] == [f"train{number}" for number in range(5)]
    for number in range(5):
        assert np.array_equal(train.photo(number, "full"), noise(40 + 2 * number, 50, number))
    assert PhotoStore(tmp_path, "validation").photos == []


def test_crops_do_not_depend_on_the_shards(tmp_path: Path) -> None:
    many = sharded_store(tmp_path / "many", {"train": 6})
    one = sharded_store(tmp_path / "one", {"train": 6}, shard_bytes=1 << 30)
    assert (len(many.shards), len(one.shards)) == (6, 1)
    assert many.fingerprint == one.fingerprint
    for a, b in zip(
        many.crops(np.random.default_rng(1), 50, 10, ["reduced", "full"]),
        one.crops(np.random.default_rng(1), 50, 10, ["reduced", "full"]),
        strict=True,
    ):
        assert np.array_equal(a, b)


def test_a_store_that_grows_grows_its_layers(tmp_path: Path) -> None:
    store = sharded_store(tmp_path, {"train": 2})
    made: list[int] = []

    def doubled(small: np.ndarray) -> np.ndarray:
        made.append(len(small))
        return small.repeat(2, axis=0).repeat(2, axis=1)

    add_layer(store, "twice", doubled, "doubling")
    with ShardWriter(tmp_path, "train") as writer:
        writer.add("new", "f" * 64, reduce_photo(photo(70, 30), Fraction(2)))
    write_index(tmp_path, scale=Fraction(2))
    grown = PhotoStore(tmp_path)
    assert not grown.has_layer("twice")
    add_layer(grown, "twice", doubled, "doubling")
    assert made == [20, 21, 35]
    assert grown.has_layer("twice")


def test_a_writer_says_what_is_missing_and_stays_incomplete_until_closed(tmp_path: Path) -> None:
    store = sharded_store(tmp_path, {"train": 2})
    kind = LayerKind(factor=Fraction(1), variants=2)
    writer = LayerWriter(store, "same", kind)
    assert writer.missing == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for place in writer.missing[:3]:
        writer.append(place, store.photo(place[0], "reduced"))
    with pytest.raises(ValueError, match="bytes"):
        writer.close()
    writer = LayerWriter(PhotoStore(tmp_path), "same", kind)
    assert writer.missing == [(1, 1)]
    assert not store.has_layer("same")
    writer.append((1, 1), store.photo(1, "reduced"))
    writer.close()
    for number, variant in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        expected = store.photo(number, "reduced")
        assert np.array_equal(store.photo(number, "same", variant), expected)
    assert LayerWriter(store, "same", kind).missing == []


def test_a_store_written_by_an_earlier_version_is_read_and_grows(tmp_path: Path) -> None:
    store = sharded_store(tmp_path, {"train": 2})
    for shard in store.shards:
        index = json.loads((shard / PHOTOS).read_text())
        index["statistics"] = {"pixels": 1, "sums": [1, 2, 3], "squares": [1, 4, 9]}
        (shard / PHOTOS).write_text(json.dumps(index))
    index = json.loads((tmp_path / "store.json").read_text())
    index |= {"mean": [0.5, 0.5, 0.5], "deviation": [0.1, 0.1, 0.1]}
    (tmp_path / "store.json").write_text(json.dumps(index))
    with ShardWriter(tmp_path, "train") as writer:
        writer.add("new", "f" * 64, reduce_photo(photo(70, 30), Fraction(2)))
    assert len(PhotoStore(tmp_path).photos) == 2
    write_index(tmp_path, scale=Fraction(2))
    grown = PhotoStore(tmp_path, "train")
    assert [len(grown.photo(number, "full")) for number in range(3)] == [40, 42, 70]
