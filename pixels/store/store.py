"""A photo store, opened for reading: memory-mapped photos -> aligned random crops.

A store holds *layers* of its photos: `full`, the photos themselves; `reduced`, made smaller; `web`,
made smaller and compressed as sites do; and what later stages add, such as a teacher's outputs. All
are 8-bit RGB, decoded once and memory-mapped from then on. `web`, and layers made from it, hold
several variants of each photo.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.scale import parse_scale
from pixels.store.layout import LayerKind, Layout
from pixels.store.shards import (
    FORMAT,
    INDEX,
    SHARDS,
    Split,
    fingerprint_of,
    layer_description,
    layer_file,
    read_photos,
)
from plumbing.command import UserError

# Each open map keeps a file descriptor; systems often allow 1024.
_OPEN_MAPS = 400


@dataclass(frozen=True, kw_only=True)
class SkippedPhoto:
    """A photo that is not in the store."""

    name: str
    """File name."""
    reason: str
    """One plain sentence."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """Where to cut crops and how to turn them: arrays with one entry for each crop."""

    photo: NDArray[np.int64]
    """Number of the photo."""
    top: NDArray[np.int64]
    """First row, in pixels of the reduced photo."""
    left: NDArray[np.int64]
    """First column, in pixels of the reduced photo."""
    turns: NDArray[np.int64]
    """Quarter turns, 0 to 3."""
    flip: NDArray[np.bool_]
    """Whether left and right are swapped after that."""
    variant: NDArray[np.int64]
    """Number of the variant, in layers that have several."""


class PhotoStore:
    """A complete store on disk, opened for reading.

    Attributes:
        folder: The store's folder.
        scale: Size of `full` as a multiple of `reduced`.
        split: The part that was opened; None for all.
        shards: Folders of that part's shards.
        photos: The photos of that part, in the order of the layers.
        layout: Where their pictures lie in the shards' files.
        skipped: Photos that could not be used when the store was made from a folder.
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
            self.scale = parse_scale(index["scale"])
            self.skipped = [SkippedPhoto(**entry) for entry in index["left_out"]]
            names = [name for name in index["shards"] if split in (None, name.rsplit("-", 1)[0])]
            self.shards = [folder / SHARDS / name for name in names]
            shards = [read_photos(shard) for shard in self.shards]
            self.photos = [photo for photos in shards for photo in photos]
            if not self.photos and split is None:
                raise ValueError("no photos")
            self.layout = Layout(shards)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{folder} is not a complete photo store; delete it and start again"
            ) from error
        areas = self.layout.areas
        self._ranks = np.cumsum(areas) / max(1, areas.sum())
        self._maps: OrderedDict[tuple[int, str], NDArray[np.uint8]] = OrderedDict()
        self._kinds: dict[str, LayerKind] = {}

    @property
    def fingerprint(self) -> str:
        """Identify these photos, sizes and scale: 64 hexadecimal digits."""
        names = [f"{photo.sha256} {photo.width}x{photo.height}" for photo in self.photos]
        return fingerprint_of(names, self.scale)

    @property
    def file_count(self) -> int:
        """Number of photo files that the pictures come from."""
        return len({photo.sha256 for photo in self.photos})

    def kind(self, layer: str) -> LayerKind:
        """Look up what a layer holds of each photo.

        Raises:
            UserError: There is no such layer.
        """
        if layer not in self._kinds:
            if layer in ("reduced", "full"):
                kind = LayerKind(factor=Fraction(1) if layer == "reduced" else self.scale)
            else:
                path = layer_description(self.folder, layer)
                try:
                    kind = LayerKind.from_json(json.loads(path.read_text(encoding="utf-8")))
                except (OSError, ValueError, TypeError) as error:
                    raise UserError(
                        f"{self.folder}: the layer {layer} is missing or incomplete"
                    ) from error
            self._kinds[layer] = kind
        return self._kinds[layer]

    def has_layer(self, layer: str) -> bool:
        """Whether the store has this layer, complete for all photos."""
        described = layer in ("reduced", "full") or layer_description(self.folder, layer).is_file()
        return described and all(layer_file(shard, layer).is_file() for shard in self.shards)

    def photo(self, number: int, layer: str, variant: int = 0) -> NDArray[np.uint8]:
        """View one picture of a layer: (height, width, 3), 0 to 255, read-only.

        In a layer without variants, every variant is the same picture.
        """
        kind = self.kind(layer)
        height, width, channels = self.layout.shape(kind, number)
        start = self.layout.start(kind, number, variant)
        flat = self.shard_pixels(int(self.layout.shard_of[number]), layer)
        return flat[start : start + channels * height * width].reshape(height, width, channels)

    def places(
        self, rng: np.random.Generator, count: int, crop_px: int, layers: Sequence[str]
    ) -> Places:
        """Draw places to cut crops at; every place in every photo is equally likely.

        With layers whose factor is a fraction, places are multiples of the least step that is a
        whole number of pixels in all layers: of `down` for a scale `up/down`.

        Args:
            rng: Source of randomness.
            count: Number of crops.
            crop_px: Side of a crop in the reduced photo; a multiple of that step.
            layers: Names of the layers. Those that have variants get the same one.

        Raises:
            ValueError: The layers have different numbers of variants, or the crop does not fit
                them.
        """
        variants = {self.kind(layer).variants for layer in layers} - {1}
        if len(variants) > 1:
            raise ValueError(f"layers of {sorted(variants)} variants do not go together")
        step = math.lcm(*(self.kind(layer).factor.denominator for layer in layers))
        if crop_px % step:
            raise ValueError(f"crops of {crop_px} px are not a multiple of {step} px")
        numbers = self._ranks.searchsorted(rng.random(count), side="right")
        rows, columns = ((self.layout.sizes[numbers] - crop_px) // step + 1).T
        return Places(
            photo=numbers,
            top=step * rng.integers(rows),
            left=step * rng.integers(columns),
            turns=rng.integers(4, size=count),
            flip=rng.integers(2, size=count).astype(bool),
            variant=rng.integers(max(variants, default=1), size=count),
        )

    def crops(
        self, rng: np.random.Generator, count: int, crop_px: int, layers: Sequence[str]
    ) -> list[NDArray[np.uint8]]:
        """Draw random crops at the same places in several layers, turned and flipped alike.

        Args:
            rng: Source of randomness.
            count: Number of crops.
            crop_px: Side of a crop in the reduced photo, as for `places`.
            layers: Names of the layers, as for `places`.

        Returns:
            For each layer (count, 3, side, side), where side is crop_px times the layer's factor.
        """
        places = self.places(rng, count, crop_px, layers)
        drawn = []
        for layer in layers:
            factor = self.kind(layer).factor
            side = int(factor * crop_px)
            crops = np.empty((count, 3, side, side), np.uint8)
            for index in range(count):
                picture = self.photo(int(places.photo[index]), layer, int(places.variant[index]))
                y, x = (int(factor * int(start[index])) for start in (places.top, places.left))
                crop = np.rot90(picture[y : y + side, x : x + side], int(places.turns[index]))
                crop = crop[:, ::-1] if places.flip[index] else crop
                crops[index] = crop.transpose(2, 0, 1)
            drawn.append(crops)
        return drawn

    def shard_pixels(self, shard: int, layer: str) -> NDArray[np.uint8]:
        """View a shard's file of a layer: flat, photo after photo, variant after variant.

        Raises:
            UserError: The file is missing or incomplete.
        """
        key = (shard, layer)
        if key in self._maps:
            self._maps.move_to_end(key)
        else:
            path = layer_file(self.shards[shard], layer)
            size = self.layout.shard_bytes(self.kind(layer))[shard]
            if not path.is_file() or path.stat().st_size != size:
                raise UserError(f"{path} is missing or incomplete; delete {self.folder}")
            self._maps[key] = np.memmap(path, dtype=np.uint8, mode="r")
            if len(self._maps) > _OPEN_MAPS:
                self._maps.popitem(last=False)
        return self._maps[key]
