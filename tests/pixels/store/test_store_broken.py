"""Photo stores that meet bad photos, altered files and sudden ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pixels.store.build import open_or_build_store
from pixels.store.store import PhotoStore
from plumbing.command import UserError
from plumbing.paths import ROOT
from tests.made.photos import noise, photo, write_photos


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    paths = sorted(write_photos(tmp_path / "photos", [(30, 40), (44, 33)]).iterdir())
    return open_or_build_store(paths, tmp_path / "stores", scale=Fraction(2), smallest_px=8)


def test_unreadable_and_small_photos_are_skipped_and_listed(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos", [(30, 40), (15, 100), (16, 16)])
    whole = (folder / "photo0.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_text("no photo")
    paths = sorted(folder.iterdir())
    store = open_or_build_store(paths, tmp_path / "stores", scale=Fraction(2), smallest_px=8)
    for opened in (store, PhotoStore(store.folder)):
        assert [stored.name for stored in opened.photos] == ["photo0.png", "photo2.png"]
        reasons = {entry.name: entry.reason for entry in opened.skipped}
        assert set(reasons) == {"cut.png", "text.jpg", "photo1.png"}
        assert str(folder / "cut.png") in reasons["cut.png"]
        assert str(folder / "text.jpg") in reasons["text.jpg"]
        assert "100x15 is too small to crop, 16x16 pixels are needed" in reasons["photo1.png"]
    assert np.array_equal(store.photo(1, "full"), photo(16, 16, 2))


def test_no_usable_photo_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    paths = sorted(write_photos(tmp_path / "photos", [(14, 30), (10, 10)]).iterdir())
    with pytest.raises(UserError, match=r"none of the 2 photos can be used; .*photo0\.png.*small"):
        open_or_build_store(paths, tmp_path / "stores", scale=Fraction(2), smallest_px=8)
    assert list((tmp_path / "stores").iterdir()) == []


@pytest.mark.parametrize("layer", ["reduced", "full"])
@pytest.mark.parametrize("change", ["cut", "longer", "missing"])
def test_a_layer_of_wrong_length_is_reported(store: PhotoStore, layer: str, change: str) -> None:
    path = store.shards[0] / f"{layer}.bin"
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-1], "longer": data + b"\0", "missing": b""}[change])
    if change == "missing":
        path.unlink()
    opened = PhotoStore(store.folder)
    with pytest.raises(UserError, match=rf"{layer}\.bin is missing or incomplete"):
        opened.crops(np.random.default_rng(0), 1, 8, [layer])


def without(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda index: {key: value for key, value in index.items() if key != name}


def with_photo(**fields: object) -> Callable[[dict[str, Any]], Any]:
    return lambda index: index | {"photos": [index["photos"][0] | fields, *index["photos"][1:]]}


ALTERED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no shards": lambda index: index | {"shards": []},
    "shards missing": without("shards"),
    "a shard that is not there": lambda index: index | {"shards": ["train-00007"]},
    "a shard without a name": lambda index: index | {"shards": [None]},
    "scale missing": without("scale"),
    "format missing": without("format"),
    "a list": lambda index: [index],
    "another format": lambda index: index | {"format": 1},
}
ALTERED_SHARD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no photos at all": lambda index: index | {"photos": []},
    "photos missing": without("photos"),
    "a list": lambda index: [index],
    "a photo of one field": lambda index: index | {"photos": [{"name": "a"}]},
    "a photo with a stray field": with_photo(depth=3),
    "height as text": with_photo(height="12"),
    "no height": with_photo(height=None),
}


def alter(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_index_is_reported(store: PhotoStore, name: str) -> None:
    alter(store.folder / "store.json", ALTERED[name])
    with pytest.raises(UserError, match=str(store.folder)):
        PhotoStore(store.folder)


@pytest.mark.parametrize("name", ALTERED_SHARD)
def test_an_altered_index_of_a_shard_is_reported(store: PhotoStore, name: str) -> None:
    alter(store.shards[0] / "photos.json", ALTERED_SHARD[name])
    with pytest.raises(UserError, match=str(store.folder)):
        PhotoStore(store.folder)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'{"format": 1, "sc', b"null"])
def test_an_index_that_is_not_json_is_reported(store: PhotoStore, content: bytes) -> None:
    (store.folder / "store.json").write_bytes(content)
    with pytest.raises(UserError, match="not a complete photo store"):
        PhotoStore(store.folder)


@pytest.mark.parametrize("height", [14, 16])
def test_sizes_that_do_not_fit_the_layers_are_reported(store: PhotoStore, height: int) -> None:
    alter(store.shards[0] / "photos.json", with_photo(height=height))
    with pytest.raises(UserError, match="missing or incomplete"):
        PhotoStore(store.folder).photo(0, "full")


def test_other_folders_are_not_stores(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="not a complete photo store"):
            PhotoStore(folder)


def build(photos: Path, stores: Path, before: str = "") -> list[str]:
    """A command that builds a store, after something else."""
    program = f"""
from pathlib import Path
from pixels.store.build import open_or_build_store
{before}
paths = sorted(Path({str(photos)!r}).iterdir())
open_or_build_store(paths, Path({str(stores)!r}), scale=2, smallest_px=8)
"""
    return [sys.executable, "-B", "-c", program]


@pytest.mark.process
def test_a_build_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos", [(60, 60), (60, 61)])
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (15000, 15000))"
    done = subprocess.run(
        build(photos, tmp_path / "stores", limit),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "File too large: " in done.stderr.splitlines()[-1]
    assert list((tmp_path / "stores").iterdir()) == []


@pytest.mark.process
def test_a_killed_build_leaves_no_store_and_can_be_repeated(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(4):
        Image.fromarray(noise(700, 700, number)).save(
            tmp_path / "photos" / f"{number}.png", compress_level=1
        )
    stores = tmp_path / "stores"
    with subprocess.Popen(build(tmp_path / "photos", stores), cwd=ROOT) as process:
        # Decoding begins when the first layer is there.
        while not list(stores.glob("*/shards/*/reduced.bin")):
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
    assert process.returncode == -9
    for folder in stores.iterdir():
        with pytest.raises(UserError):
            PhotoStore(folder)
    paths = sorted((tmp_path / "photos").iterdir())
    store = open_or_build_store(paths, stores, scale=Fraction(2), smallest_px=8)
    assert [folder.name for folder in stores.iterdir()] == [store.folder.name]
    assert np.array_equal(store.photo(3, "full"), noise(700, 700, 3))
