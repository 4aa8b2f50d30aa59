"""Where each picture of a layer lies in the files of a store's shards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pixels.scale import enlarged_size, scale_json
from pixels.store.shards import StoredPhoto

_CHANNELS = 3


@dataclass(frozen=True, kw_only=True)
class LayerKind:
    """What a layer holds of each photo."""

    factor: Fraction
    """Size of its pictures as a multiple of the reduced photo's; sides round up."""
    variants: int = 1
    """Number of pictures of each photo."""
    version: int = 1
    """Version of the code that made the pictures; another version makes other pictures."""

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            TypeError, ValueError: It is something else.
        """
        factor = content.get("factor")
        if not isinstance(factor, (int, str)):
            raise TypeError(f"{factor!r} is not an exact factor")
        try:
            exact: Any = Fraction(factor)
        except ZeroDivisionError as error:
            raise ValueError(f"{factor!r} is not a number") from error
        return cls(**(content | {"factor": exact}))

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON has it."""
        return {
            "factor": scale_json(self.factor),
            "variants": self.variants,
            "version": self.version,
        }


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
        self._ends_of_shards = np.cumsum([0, *map(len, shards)])
        self._areas: dict[Fraction, _Areas] = {}

    def widths(self, kind: LayerKind) -> NDArray[np.int64]:
        """Give the width of each photo's pictures, (photos,)."""
        return -(-self.sizes[:, 1] * kind.factor.numerator // kind.factor.denominator)

    def areas_of(self, kind: LayerKind) -> NDArray[np.int64]:
        """Give the pixels of one picture of each photo, (photos,)."""
        return self._areas_of(kind).each

    def shape(self, kind: LayerKind, photo: int) -> tuple[int, int, int]:
        """Give the shape of a photo's pictures: (height, width, 3)."""
        height, width = self.sizes[photo].tolist()
        return *enlarged_size((height, width), kind.factor), _CHANNELS

    def start(self, kind: LayerKind, photo: int, variant: int = 0) -> int:
        """Give the first byte of a picture in its shard's file.

        All variants of a photo are the same picture where the layer has only one.
        """
        areas = self._areas_of(kind)
        pixels = kind.variants * int(areas.before[photo])
        pixels += min(variant, kind.variants - 1) * int(areas.each[photo])
        return _CHANNELS * pixels

    def shard_bytes(self, kind: LayerKind) -> list[int]:
        """Give the size of each shard's complete file."""
        return [int(area) for area in _CHANNELS * kind.variants * self._areas_of(kind).of_shards]

    def starts_of_all(self, kind: LayerKind) -> NDArray[np.int64]:
        """Give the first byte of each photo, (photos,), in the files of all shards joined."""
        before = np.concatenate([[0], np.cumsum(self.shard_bytes(kind))])
        own = _CHANNELS * kind.variants * self._areas_of(kind).before
        return (before[self.shard_of] + own).astype(np.int64)

    def _areas_of(self, kind: LayerKind) -> _Areas:
        factor = kind.factor
        if factor not in self._areas:
            sides = -(-self.sizes * factor.numerator // factor.denominator)
            each = sides.prod(axis=1)
            ends = np.concatenate([[0], np.cumsum(each)])
            shard_ends = ends[self._ends_of_shards]
            before = ends[:-1] - shard_ends[self.shard_of]
            self._areas[factor] = _Areas(each=each, before=before, of_shards=np.diff(shard_ends))
        return self._areas[factor]


@dataclass(frozen=True, kw_only=True)
class _Areas:
    """Pixels of a layer's pictures, one variant each."""

    each: NDArray[np.int64]
    """(photos,)."""
    before: NDArray[np.int64]
    """(photos,): of the photos before it in the same shard."""
    of_shards: NDArray[np.int64]
    """(shards,)."""
