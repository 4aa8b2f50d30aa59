"""A photo store, opened: decoded photos on disk -> aligned random crops.

A store holds *layers* of its photos: `reduced` made smaller, `full` as they were, `web` made
smaller as a site sends them, and what later stages add (a teacher's outputs, say). All are 8-bit
RGB, decoded once and memory-mapped from then on. `web`, and whatever is made from it, holds several
variants of each photo.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.store.layers import grow_layer
from pixels.store.shards import (
    FORMAT,
    INDEX,
    SHARDS,
    LayerKind,
    Split,
    fingerprint_of,
    read_photos,
)
from plumbing.command import UserError

# Each open map keeps a file descriptor; systems often allow 1024.
_OPEN_MAPS = 400


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """One photo that did not make it into the store."""

    name: str
    """File name."""
    reason: str
    """One plain sentence."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """Where to cut crops, and how to turn them; one number of each for each crop."""

    photo: NDArray[np.int64]
    """Number of the photo."""
    top: NDArray[np.int64]
    """First row, in pixels of the reduced photo."""
    left: NDArray[np.int64]
    """First column, in pixels of the reduced photo."""
    turns: NDArray[np.int64]
    """Quarter turns, 0 to 3."""
    flip: NDArray[np.bool_]
    """Whether left and right change places after that."""
    variant: NDArray[np.int64]
    """Which variant, in the layers that have several."""


class PhotoStore:
    """A finished store on disk, opened for reading.

    Attributes:
        folder: Where it lies.
        scale: How many times larger `full` is than `reduced`.
        split: Which part of it was opened; None for all.
        photos: What that part holds, in the order of the layers.
        left_out: What was left out while it was made on the fly, and why.
        mean: Of each channel over all training photos, in [0, 1]; None without any.
        deviation: The standard deviations beside it.
    """

    def __init__(self, folder: Path, split: Split | None = None) -> None:
        """Open the store in `folder`, or one split of it, which may be empty.

        Raises:
            UserError: There is no complete store in `folder`.
        """
        self.folder = folder
        self.split: Split | None = split
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            if index["format"] != FORMAT:
                raise UserError(
                    f"{folder} was made by another version (store format {index['format']}); "
                    "delete it and start again"
                )
            self.scale: int = index["scale"]
            self.mean: list[float] | None = index.get("mean")
            self.deviation: list[float] | None = index.get("deviation")
            self.left_out = [LeftOut(**entry) for entry in index["left_out"]]
            names = [name for name in index["shards"] if split in (None, name.rsplit("-", 1)[0])]
            self.shards = [folder / SHARDS / name for name in names]
            shards = [read_photos(shard) for shard in self.shards]
            self.photos = [photo for photos in shards for photo in photos]
            if not self.photos and split is None:
                raise ValueError("no photos")
            sizes = np.array([(photo.height, photo.width) for photo in self.photos], np.int64)
            self._sizes = sizes.reshape(-1, 2)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{folder} is not a complete photo store; delete it and start again"
            ) from error
        self._areas = self._sizes.prod(axis=1)
        self._shard_of = np.repeat(np.arange(len(shards)), [len(photos) for photos in shards])
        first = np.concatenate([[0], np.cumsum(self._areas)])
        ends = np.cumsum([0, *map(len, shards)])
        self._shard_areas = first[ends[1:]] - first[ends[:-1]]
        self._starts = first[:-1] - first[ends[:-1]][self._shard_of]
        self._ranks = np.cumsum(self._areas) / max(1, first[-1])
        self._maps: OrderedDict[tuple[int, str], NDArray[np.uint8]] = OrderedDict()
        self._kinds: dict[str, LayerKind] = {}

    @property
    def fingerprint(self) -> str:
        """Names exactly these photos, of these sizes, at this scale: 64 hexadecimal digits."""
        names = [f"{photo.sha256} {photo.width}x{photo.height}" for photo in self.photos]
        return fingerprint_of(names, self.scale)

    @property
    def file_count(self) -> int:
        """How many photo files its pictures come from."""
        return len({photo.sha256 for photo in self.photos})

    def kind(self, layer: str) -> LayerKind:
        """Tell what a layer holds of each photo.

        Raises:
            UserError: There is no such layer.
        """
        if layer not in self._kinds:
            if layer in ("reduced", "full"):
                kind = LayerKind(factor=1 if layer == "reduced" else self.scale)
            else:
                path = self.folder / "layers" / f"{layer}.json"
                try:
                    kind = LayerKind(**json.loads(path.read_text(encoding="utf-8")))
                except (OSError, ValueError, TypeError) as error:
                    raise UserError(
                        f"{self.folder}: the layer {layer} is missing or incomplete"
                    ) from error
            self._kinds[layer] = kind
        return self._kinds[layer]

    def has_layer(self, layer: str) -> bool:
        """Whether a layer of this name is there, complete for all photos."""
        described = layer in ("reduced", "full") or self.layer_description(layer).is_file()
        return described and all((shard / f"{layer}.bin").is_file() for shard in self.shards)

    def layer_description(self, layer: str) -> Path:
        """Name the file that says what a layer holds."""
        return self.folder / "layers" / f"{layer}.json"

    def photo(self, number: int, layer: str, variant: int = 0) -> NDArray[np.uint8]:
        """View one photo of a layer: (height, width, 3), 0 to 255, read-only.

        Of a layer without variants there is the same one for each.
        """
        kind = self.kind(layer)
        height, width = (int(kind.factor * length) for length in self._sizes[number])
        flat = self.shard_pixels(int(self._shard_of[number]), layer)
        start = self.offset_in_shard(number, layer, variant)
        return flat[start : start + 3 * height * width].reshape(height, width, 3)

    def offset_in_shard(self, number: int, layer: str, variant: int = 0) -> int:
        """Find the first byte of a photo in its shard's file of a layer."""
        kind = self.kind(layer)
        before = kind.variants * int(self._starts[number])
        before += min(variant, kind.variants - 1) * int(self._areas[number])
        return 3 * kind.factor**2 * before

    def shard_of(self, number: int) -> int:
        """Tell in which of `shards` a photo lies."""
        return int(self._shard_of[number])

    def shard_size(self, shard: int, layer: str) -> int:
        """Bytes of a shard's complete file of a layer."""
        kind = self.kind(layer)
        return 3 * kind.factor**2 * kind.variants * int(self._shard_areas[shard])

    def add_layer(
        self,
        layer: str,
        make: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
        doing: str,
        source: str = "reduced",
    ) -> None:
        """Write a layer of pictures made from smaller ones, or go on writing it.

        Args:
            layer: Its name.
            make: Takes a picture of `source`, gives it back scale times as large.
            doing: What the progress bar says.
            source: The layer that it is made from; its variants become the new one's.
        """
        grow_layer(
            self,
            layer,
            replace(self.kind(source), factor=self.scale * self.kind(source).factor),
            lambda place: make(self.photo(place[0], source, place[1])),
            doing,
        )

    def places(
        self, rng: np.random.Generator, count: int, crop_px: int, layers: Sequence[str]
    ) -> Places:
        """Draw where to cut crops: every place of every photo is as likely.

        Args:
            rng: Where the chances come from.
            count: How many crops.
            crop_px: Side of a crop in the reduced photo.
            layers: Names of the layers. Of those that have variants, all get the same one.

        Raises:
            ValueError: The layers have different numbers of variants.
        """
        variants = {self.kind(layer).variants for layer in layers} - {1}
        if len(variants) > 1:
            raise ValueError(f"layers of {sorted(variants)} variants do not go together")
        numbers = self._ranks.searchsorted(rng.random(count), side="right")
        rows, columns = (self._sizes[numbers] - crop_px + 1).T
        return Places(
            photo=numbers,
            top=rng.integers(rows),
            left=rng.integers(columns),
            turns=rng.integers(4, size=count),
            flip=rng.integers(2, size=count).astype(bool),
            variant=rng.integers(max(variants, default=1), size=count),
        )

    def crops(
        self, rng: np.random.Generator, count: int, crop_px: int, layers: Sequence[str]
    ) -> list[NDArray[np.uint8]]:
        """Draw random crops at the same place in several layers, flipped and turned alike.

        Args:
            rng: Where the chances come from.
            count: How many crops.
            crop_px: Side of a crop in the reduced photo.
            layers: Names of the layers, as for `places`.

        Returns:
            For each layer (count, 3, side, side), side being crop_px or scale * crop_px.
        """
        places = self.places(rng, count, crop_px, layers)
        drawn = []
        for layer in layers:
            factor = self.kind(layer).factor
            side = factor * crop_px
            crops = np.empty((count, 3, side, side), np.uint8)
            for index in range(count):
                picture = self.photo(int(places.photo[index]), layer, int(places.variant[index]))
                y, x = factor * int(places.top[index]), factor * int(places.left[index])
                crop = np.rot90(picture[y : y + side, x : x + side], int(places.turns[index]))
                crop = crop[:, ::-1] if places.flip[index] else crop
                crops[index] = crop.transpose(2, 0, 1)
            drawn.append(crops)
        return drawn

    def shard_pixels(self, shard: int, layer: str) -> NDArray[np.uint8]:
        """View a shard's file of a layer: flat, photo after photo, variant after variant."""
        key = (shard, layer)
        if key in self._maps:
            self._maps.move_to_end(key)
        else:
            path = self.shards[shard] / f"{layer}.bin"
            if not path.is_file() or path.stat().st_size != self.shard_size(shard, layer):
                raise UserError(f"{path} is missing or incomplete; delete {self.folder}")
            self._maps[key] = np.memmap(path, dtype=np.uint8, mode="r")
            if len(self._maps) > _OPEN_MAPS:
                self._maps.popitem(last=False)
        return self._maps[key]
