from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixels.resize import reduce_photo, resize
from pixels.store.build import held_out, open_or_build_store
from pixels.store.layers import add_layer
from pixels.store.shards import ShardWriter, write_index
from pixels.store.store import PhotoStore
from plumbing.command import UserError
from tests.made.photos import noise, photo, write_photos

BOTH = ["reduced", "full"]


def store_of(
    folder: Path, *photos: NDArray[np.uint8], scale: int = 2, smallest_px: int = 8
) -> PhotoStore:
    """Store pictures under the names 0.png, 1.png, ..."""
    (folder / "in").mkdir(parents=True)
    for number, pixels in enumerate(photos):
        Image.fromarray(pixels).save(folder / "in" / f"{number}.png")
    paths = sorted((folder / "in").iterdir())
    return open_or_build_store(
        paths, folder / "stores", scale=Fraction(scale), smallest_px=smallest_px
    )


def slopes(height: int, width: int) -> NDArray[np.uint8]:
    """Red says which row a pixel is from, green which column."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([y, x, 0 * x], axis=-1).astype(np.uint8)


def of_photos(crops: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Crops as pictures: (count, side, side, 3)."""
    return np.concatenate(crops).transpose(0, 2, 3, 1)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_photos_are_cut_to_a_multiple_and_reduced(tmp_path: Path, scale: int) -> None:
    pixels = photo(61, 47)
    store = store_of(tmp_path, pixels, scale=scale)
    height, width = 61 // scale, 47 // scale
    cut = pixels[: height * scale, : width * scale]
    assert np.array_equal(store.photo(0, "full"), cut)
    assert np.array_equal(store.photo(0, "reduced"), resize(cut, (height, width)))
    for stored, made in zip(
        (store.photo(0, "reduced"), store.photo(0, "full")),
        reduce_photo(pixels, Fraction(scale)),
        strict=True,
    ):
        assert np.array_equal(stored, made)


def test_photos_of_different_sizes_lie_one_after_the_other(tmp_path: Path) -> None:
    pictures = [photo(31, 45, 0), photo(60, 22, 1), photo(40, 40, 2)]
    store = store_of(tmp_path, *pictures)
    assert [stored.name for stored in store.photos] == ["0.png", "1.png", "2.png"]
    for number, picture in enumerate(pictures):
        assert np.array_equal(store.photo(number, "reduced"), reduce_photo(picture, Fraction(2))[0])
        assert np.array_equal(store.photo(number, "full"), reduce_photo(picture, Fraction(2))[1])


@pytest.mark.parametrize("scale", [2, 3])
def test_crops_of_all_layers_show_the_same_place(tmp_path: Path, scale: int) -> None:
    store = store_of(tmp_path, noise(90, 72), noise(60, 90, seed=1), scale=scale)
    add_layer(
        store,
        "again",
        lambda reduced: resize(reduced, (scale * reduced.shape[0], scale * reduced.shape[1])),
        "repeating",
    )
    layers = ["reduced", "full", "again"]
    reduced, full, again = store.crops(np.random.default_rng(0), 40, 12, layers)
    assert reduced.shape == (40, 3, 12, 12)
    assert full.shape == again.shape == (40, 3, 12 * scale, 12 * scale)
    inside = slice(5, -5)  # where a crop's own edge has no influence
    for small, large, repeated in zip(reduced, full, again, strict=True):
        made = resize(large.transpose(1, 2, 0), (12, 12))
        # A turn swaps which axis is rounded first: one step of difference.
        difference = np.abs(made.astype(int) - small.transpose(1, 2, 0))
        assert difference[inside, inside].max() <= 1
        back = resize(small.transpose(1, 2, 0), (12 * scale, 12 * scale)).astype(int)
        edge = 3 * scale
        difference = np.abs(back - repeated.transpose(1, 2, 0))
        assert difference[edge:-edge, edge:-edge].max() <= 1


def test_crops_come_in_all_eight_turns(tmp_path: Path) -> None:
    store = store_of(tmp_path, slopes(60, 80))
    crops = of_photos(store.crops(np.random.default_rng(1), 200, 10, ["full"])).astype(int)
    down, right = crops[:, 1, 0] - crops[:, 0, 0], crops[:, 0, 1] - crops[:, 0, 0]
    turns = {(*map(int, a[:2]), *map(int, b[:2])) for a, b in zip(down, right, strict=True)}
    straight = {(y, 0, 0, x) for y in (1, -1) for x in (1, -1)}
    assert turns == straight | {(0, x, y, 0) for y in (1, -1) for x in (1, -1)}


def test_crops_reach_every_edge_and_nothing_beyond(tmp_path: Path) -> None:
    store = store_of(tmp_path, slopes(40, 60))
    (crops,) = store.crops(np.random.default_rng(2), 600, 15, ["full"])
    assert (crops[:, 0].min(), crops[:, 0].max()) == (0, 39)
    assert (crops[:, 1].min(), crops[:, 1].max()) == (0, 59)


def test_a_crop_may_be_the_whole_photo(tmp_path: Path) -> None:
    store = store_of(tmp_path, photo(16, 16))
    (crops,) = store.crops(np.random.default_rng(0), 20, 8, ["full"])
    assert any(np.array_equal(crop, photo(16, 16).transpose(2, 0, 1)) for crop in crops)


def test_the_same_chances_give_the_same_crops(tmp_path: Path) -> None:
    store = store_of(tmp_path, noise(50, 60), noise(40, 90, seed=1))
    first, again, other = (
        of_photos(store.crops(np.random.default_rng(seed), 6, 9, ["full"])) for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_large_photos_are_drawn_more_often_by_their_area(tmp_path: Path) -> None:
    dark, light = np.zeros((20, 20, 3), np.uint8), np.full((60, 60, 3), 255, np.uint8)
    store = store_of(tmp_path, dark, light)
    (crops,) = store.crops(np.random.default_rng(0), 3000, 8, ["reduced"])
    assert (crops[:, 0, 0, 0] == 255).mean() == pytest.approx(0.9, abs=0.025)


def test_the_same_photos_give_the_same_store_under_any_name_and_order(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "a", [(30, 40), (44, 33)])
    paths = sorted(folder.iterdir())
    store = open_or_build_store(paths, tmp_path / "stores", scale=Fraction(2), smallest_px=8)
    untouched = (store.shards[0] / "full.bin").stat().st_mtime_ns
    other = tmp_path / "b"
    other.mkdir()
    renamed = [path.rename(other / f"z{9 - n}.png") for n, path in enumerate(paths)]
    again = open_or_build_store(renamed, tmp_path / "stores", scale=Fraction(2), smallest_px=8)
    assert again.folder == store.folder
    assert (again.shards[0] / "full.bin").stat().st_mtime_ns == untouched
    assert again.fingerprint == store.fingerprint
    for scale, smallest_px in ((3, 8), (2, 9)):
        changed = open_or_build_store(
            renamed, tmp_path / "stores", scale=Fraction(scale), smallest_px=smallest_px
        )
        assert changed.folder != store.folder
    fewer = open_or_build_store(renamed[:1], tmp_path / "stores", scale=Fraction(2), smallest_px=8)
    assert fewer.fingerprint != store.fingerprint


def test_a_photo_given_twice_counts_once(tmp_path: Path) -> None:
    store = store_of(tmp_path, photo(30, 40), photo(30, 40), photo(30, 40, 1))
    assert len(store.photos) == 2


def test_held_out_is_a_tenth_decided_by_content_alone(tmp_path: Path) -> None:
    path, other_name = tmp_path / "a.png", tmp_path / "b.jpg"
    held = 0
    for number in range(150):
        path.write_bytes(f"photo {number}".encode())
        held += held_out(path)
        if number % 30 == 0:
            other_name.write_bytes(path.read_bytes())
            assert held_out(other_name) == held_out(path)
    assert 7 <= held <= 25


def test_an_added_layer_exists_once_it_is_complete(tmp_path: Path) -> None:
    store = store_of(tmp_path, photo(30, 40), photo(24, 20, 1))
    assert not store.has_layer("twice")
    add_layer(store, "twice", lambda small: small.repeat(2, axis=0).repeat(2, axis=1), "doubling")
    assert store.has_layer("twice")
    reopened = PhotoStore(store.folder)
    for number in range(2):
        expected = store.photo(number, "reduced").repeat(2, axis=0).repeat(2, axis=1)
        assert np.array_equal(reopened.photo(number, "twice"), expected)


def test_an_interrupted_layer_is_incomplete_and_continues_where_it_stopped(tmp_path: Path) -> None:
    store = store_of(tmp_path, photo(30, 40), photo(24, 20, 1), photo(40, 22, 2))
    asked: list[int] = []

    def stop(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if small.shape[0] == 12:
            raise KeyboardInterrupt
        return doubled(small)

    def doubled(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
        asked.append(small.shape[0])
        return small.repeat(2, axis=0).repeat(2, axis=1)

    with pytest.raises(KeyboardInterrupt):
        add_layer(store, "twice", stop, "doubling")
    assert not store.has_layer("twice")
    (growing,) = store.folder.glob("shards/*/twice.growing")
    with growing.open("ab") as file:
        file.write(b"half a picture")
    again = PhotoStore(store.folder)
    add_layer(again, "twice", doubled, "doubling")
    assert asked == [15, 12, 20]
    assert again.has_layer("twice")
    for number in range(3):
        small = again.photo(number, "reduced")
        twice = small.repeat(2, axis=0).repeat(2, axis=1)
        assert np.array_equal(again.photo(number, "twice"), twice)


def test_a_layer_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    store = store_of(tmp_path, photo(30, 40))
    with pytest.raises(ValueError, match="expected"):
        add_layer(store, "same", lambda small: small, "keeping")
    assert not store.has_layer("same")


def test_a_missing_layer_is_reported(tmp_path: Path) -> None:
    store = store_of(tmp_path, photo(30, 40))
    with pytest.raises(UserError, match="layer teacher is missing"):
        store.photo(0, "teacher")


@pytest.mark.parametrize("scale", [Fraction(3, 2), Fraction(4, 3)], ids=str)
def test_crops_of_a_ratio_begin_with_a_block_in_every_layer(
    tmp_path: Path, scale: Fraction
) -> None:
    up, down = scale.numerator, scale.denominator

    def places(height: int, width: int) -> NDArray[np.uint8]:
        """Each pixel holds its own place."""
        rows, columns = np.mgrid[0:height, 0:width]
        return np.stack([rows, columns, 0 * rows], axis=-1).astype(np.uint8)

    with ShardWriter(tmp_path, "train") as writer:
        for number, (rows, columns) in enumerate([(20, 27), (24, 21)]):
            small, large = places(down * rows, down * columns), places(up * rows, up * columns)
            writer.add(f"{number}", f"{number:064x}", (small, large))
    write_index(tmp_path, scale=scale)
    store = PhotoStore(tmp_path)
    assert store.scale == scale
    crop_px = 4 * down
    reduced, full = store.crops(np.random.default_rng(0), 200, crop_px, ["reduced", "full"])
    assert full.shape == (200, 3, 4 * up, 4 * up)
    first = [layer.reshape(200, 3, -1).min(axis=2)[:, :2].astype(int) for layer in (reduced, full)]
    assert (first[0] % down == 0).all()
    assert np.array_equal(first[0] * up // down, first[1])
    assert len(np.unique(first[0], axis=0)) > 100
    # They are turned alike: the corner pixel of both is the corner of the same block.
    corners = [layer[:, :2, 0, 0].astype(int) for layer in (reduced, full)]
    assert np.array_equal(corners[0] // down, corners[1] // up)
    with pytest.raises(ValueError, match=f"not a multiple of {down} px"):
        store.crops(np.random.default_rng(0), 1, crop_px + 1, ["reduced", "full"])
    # Alone, a layer of whole pixels has no steps.
    [any_place] = store.crops(np.random.default_rng(0), 99, crop_px + 1, ["reduced"])
    assert (any_place.reshape(99, 3, -1).min(axis=2)[:, 0] % down != 0).any()
