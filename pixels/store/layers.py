"""Further layers of a store: pictures made from those that it has, picture by picture."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixels.store.shards import LayerKind
from plumbing.command import UserError
from plumbing.disk import whole_file
from plumbing.parallel import in_order
from plumbing.progress import track

if TYPE_CHECKING:
    from pixels.store.store import PhotoStore

Place = tuple[int, int]
"""Numbers of a photo and of a variant."""


def grow_layer(
    store: PhotoStore,
    layer: str,
    kind: LayerKind,
    make: Callable[[Place], NDArray[np.uint8]],
    doing: str,
    *,
    workers: int = 1,
    processes: bool = False,
) -> None:
    """Write what is missing of a layer. A killed writer goes on at the picture it was at.

    Args:
        store: Whose layer it is.
        layer: Its name, new or not.
        kind: What it holds.
        make: Gives the picture of a photo and variant.
        doing: What the progress bar says.
        workers: How many pictures to make at a time.
        processes: Whether by processes; `make` is then sent to them.

    Raises:
        UserError: A layer of this name and another kind is there.
        ValueError: A picture has another size than promised.
    """
    _describe(store, layer, kind)
    whole = {number for number, shard in enumerate(store.shards) if _file(shard, layer).is_file()}
    open_ends = [number not in whole for number in range(len(store.shards))]
    missing: list[Place] = []
    for photo in range(len(store.photos)):
        if open_ends[store.shard_of(photo)]:
            there = _grown(store.shards[store.shard_of(photo)], layer)
            missing += [
                (photo, variant)
                for variant in range(kind.variants)
                if store.offset_in_shard(photo, layer, variant) + _size(store, photo, kind) > there
            ]
    made = in_order(make, missing, workers=workers, processes=processes)
    _append(store, layer, kind, zip(track(missing, doing), made, strict=True))
    for number, shard in enumerate(store.shards):
        if open_ends[number]:
            _close(store, number, _growing(shard, layer), _file(shard, layer), layer)


def _describe(store: PhotoStore, layer: str, kind: LayerKind) -> None:
    path = store.layer_description(layer)
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        with whole_file(path) as temporary:
            temporary.write_text(json.dumps(asdict(kind)), encoding="utf-8")
    if store.kind(layer) != kind:
        raise UserError(f"{store.folder} holds another layer {layer}: delete {path} and its files")


def _append(
    store: PhotoStore,
    layer: str,
    kind: LayerKind,
    pictures: Iterator[tuple[Place, NDArray[np.uint8]]],
) -> None:
    for (photo, variant), picture in pictures:
        promised = tuple(kind.factor * length for length in store.photo(photo, "reduced").shape[:2])
        if picture.shape != (*promised, 3):
            raise ValueError(f"layer {layer}: {picture.shape} is not the full size {promised}")
        start = store.offset_in_shard(photo, layer, variant)
        path = _growing(store.shards[store.shard_of(photo)], layer)
        try:
            with path.open("r+b" if path.exists() else "wb") as file:
                file.truncate(start)  # half a picture may be there
                file.seek(start)
                file.write(picture.tobytes())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            error.filename = str(path)  # which a full disk does not say
            raise


def _close(store: PhotoStore, shard: int, growing: Path, path: Path, layer: str) -> None:
    if growing.stat().st_size != store.shard_size(shard, layer):
        raise ValueError(f"{growing} has {growing.stat().st_size} bytes")
    growing.replace(path)


def _size(store: PhotoStore, photo: int, kind: LayerKind) -> int:
    return kind.factor**2 * store.photo(photo, "reduced").size


def _file(shard: Path, layer: str) -> Path:
    return shard / f"{layer}.bin"


def _growing(shard: Path, layer: str) -> Path:
    return shard / f"{layer}.growing"


def _grown(shard: Path, layer: str) -> int:
    path = _growing(shard, layer)
    return path.stat().st_size if path.is_file() else 0
