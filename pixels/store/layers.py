"""Further layers of a store: pictures made from those that it has, one by one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.store.layout import LayerKind
from pixels.store.shards import layer_description, layer_file
from pixels.store.store import PhotoStore
from plumbing.command import UserError
from plumbing.disk import whole_file
from plumbing.parallel import in_order
from plumbing.progress import track

Place = tuple[int, int]
"""Number of a photo and number of a variant."""


def add_layer(
    store: PhotoStore,
    layer: str,
    make: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    doing: str,
    source: str = "reduced",
) -> None:
    """Write a layer of enlarged pictures, or complete it.

    Args:
        store: The store to add it to.
        layer: Name of the layer.
        make: Enlarges a picture of `source` by the store's scale.
        doing: Text of the progress bar.
        source: The layer to enlarge; the new layer gets the same variants.

    Raises:
        UserError: The store has a layer of this name and another kind.
        ValueError: `make` returned a picture of the wrong size.
    """
    kind = store.kind(source)
    grow_layer(
        store,
        layer,
        replace(kind, factor=store.scale * kind.factor),
        lambda place: make(store.photo(place[0], source, place[1])),
        doing,
    )


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
    """Write the pictures that a layer lacks. After a kill, the next call continues there.

    Args:
        store: The store to add them to.
        layer: Name of the layer, new or not.
        kind: What it holds.
        make: Makes the picture of a photo and variant.
        doing: Text of the progress bar.
        workers: Number of pictures to make at a time.
        processes: Whether to make them in processes, to which `make` is sent.

    Raises:
        UserError: The store has a layer of this name and another kind.
        ValueError: `make` returned a picture of the wrong size.
    """
    writer = LayerWriter(store, layer, kind)
    pictures = in_order(make, writer.missing, workers=workers, processes=processes)
    for place, picture in zip(track(writer.missing, doing), pictures, strict=True):
        writer.append(place, picture)
    writer.close()


class LayerWriter:
    """Writes the pictures that a layer lacks.

    A shard's file grows under another name, `LAYER.growing`, until it is complete.

    Attributes:
        missing: The pictures to append, in this order.
    """

    def __init__(self, store: PhotoStore, layer: str, kind: LayerKind) -> None:
        """Begin or continue a layer.

        Raises:
            UserError: The store has a layer of this name and another kind.
        """
        self._layer, self._kind, self._layout = layer, kind, store.layout
        self._shards = store.shards
        _describe(store, layer, kind)
        self._incomplete = [
            number
            for number, shard in enumerate(store.shards)
            if not layer_file(shard, layer).is_file()
        ]
        self.missing = self._find_missing()

    def append(self, place: Place, picture: NDArray[np.uint8]) -> None:
        """Write the next missing picture, and wait until it has reached the disk.

        Raises:
            ValueError: It does not have the size that the layer's kind promises.
        """
        photo, variant = place
        expected = self._layout.shape(self._kind, photo)
        if picture.shape != expected:
            raise ValueError(f"layer {self._layer}: got {picture.shape}, expected {expected}")
        start = self._layout.start(self._kind, photo, variant)
        path = self._growing(int(self._layout.shard_of[photo]))
        try:
            with path.open("r+b" if path.exists() else "wb") as file:
                file.truncate(start)  # half a picture may be there
                file.seek(start)
                file.write(picture.tobytes())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            error.filename = str(path)  # a full disk does not name it
            raise

    def close(self) -> None:
        """Give the files their final names once nothing is missing.

        Raises:
            ValueError: A file is not complete.
        """
        sizes = self._layout.shard_bytes(self._kind)
        for shard in self._incomplete:
            growing = self._growing(shard)
            if growing.stat().st_size != sizes[shard]:
                raise ValueError(f"{growing} has {growing.stat().st_size} bytes")
            growing.replace(layer_file(self._shards[shard], self._layer))

    def _find_missing(self) -> list[Place]:
        written = {}
        for shard in self._incomplete:
            path = self._growing(shard)
            written[shard] = path.stat().st_size if path.is_file() else 0
        missing = []
        for photo, shard in enumerate(self._layout.shard_of.tolist()):
            if shard in written:
                size = int(np.prod(self._layout.shape(self._kind, photo)))
                missing += [
                    (photo, variant)
                    for variant in range(self._kind.variants)
                    if self._layout.start(self._kind, photo, variant) + size > written[shard]
                ]
        return missing

    def _growing(self, shard: int) -> Path:
        return self._shards[shard] / f"{self._layer}.growing"


def _describe(store: PhotoStore, layer: str, kind: LayerKind) -> None:
    path = layer_description(store.folder, layer)
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        with whole_file(path) as temporary:
            temporary.write_text(json.dumps(kind.to_json()), encoding="utf-8")
    if store.kind(layer) != kind:
        raise UserError(f"{store.folder} holds another layer {layer}: delete {path} and its files")
