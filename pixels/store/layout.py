"""Where each picture of a layer lies in the files of a store's shards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixels.store.shards import StoredPhoto

_CHANNELS = 3


@dataclass(frozen=True, kw_only=True)
class LayerKind:
    """What a layer holds of each photo."""

    factor: int
    """Size of its pictures as a multiple of the reduced photo's."""
    variants: int = 1
    """Number of pictures of each photo."""
    version: int = 1
    """Version of the code that made the pictures; another version makes other pictures."""


class Layout:
    """Where each picture of a layer lies in the files of a store's shards.

    Every shard has one file for each layer: 8-bit RGB, photo after photo, and for each photo
    variant after variant.

    Attributes:
        sizes: (photos, 2): height and width of each reduced photo, in pixels.
        areas: (photos,): their product.
        shard_of: (photos,): number of the shard that holds each photo.
    """

    def __init__(self, shards: Sequence[Sequence[StoredPhoto]]) -> None:
        """Lay out the photos of some shards."""
        sizes = [(photo.height, photo.width) for photos in shards for photo in photos]
        self.sizes = np.array(sizes, np.int64).reshape(-1, 2)
        self.areas = self.sizes.prod(axis=1)
        self.shard_of = np.repeat(np.arange(len(shards)), [len(photos) for photos in shards])
        ends = np.concatenate([[0], np.cumsum(self.areas)])
        shard_ends = ends[np.cumsum([0, *map(len, shards)])]
        self._shard_areas = np.diff(shard_ends)
        self._areas_before = ends[:-1] - shard_ends[self.shard_of]

    def shape(self, kind: LayerKind, photo: int) -> tuple[int, int, int]:
        """Give the shape of a photo's pictures: (height, width, 3)."""
        height, width = self.sizes[photo].tolist()
        return kind.factor * height, kind.factor * width, _CHANNELS

    def start(self, kind: LayerKind, photo: int, variant: int = 0) -> int:
        """Give the first byte of a picture in its shard's file.

        All variants of a photo are the same picture where the layer has only one.
        """
        areas = kind.variants * int(self._areas_before[photo])
        areas += min(variant, kind.variants - 1) * int(self.areas[photo])
        return _CHANNELS * kind.factor**2 * areas

    def shard_bytes(self, kind: LayerKind) -> list[int]:
        """Give the size of each shard's complete file."""
        sizes = _CHANNELS * kind.factor**2 * kind.variants * self._shard_areas
        return [int(size) for size in sizes]

    def starts_of_all(self, kind: LayerKind) -> NDArray[np.int64]:
        """Give the first byte of each photo, (photos,), in the files of all shards joined."""
        before = np.concatenate([[0], np.cumsum(self.shard_bytes(kind))])
        own = _CHANNELS * kind.factor**2 * kind.variants * self._areas_before
        return (before[self.shard_of] + own).astype(np.int64)
