"""How a photo store lies on disk: shards of photos, and an index of the shards.

    DIR/store.json                  the index: scale, shards, mean and standard deviation
    DIR/shards/train-00000/         some photos of one split, never changed once it is there
        photos.json                 their names, hashes and sizes
        reduced.bin  full.bin       their pixels, one photo after the other: uint8 RGB
        LAYER.bin                   further layers, see `pixels.store.layers`
    DIR/layers/LAYER.json           what a further layer is made from

A store grows by further shards: what is there is not touched, whatever its size.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pixels.resize import reduced_size, resize
from plumbing.disk import whole_file, whole_folder

FORMAT = 2
INDEX = "store.json"
SHARDS = "shards"
PHOTOS = "photos.json"
SHARD_BYTES = 1 << 28
"""Of full-size pixels; also what is done again, at most, after a sudden end."""

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A photo reduced, (height, width, 3), and as it was, scale times as large."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPhoto:
    """One picture of a store: a photo, or a copy of it made smaller first."""

    name: str
    """File name, for reports; copies share it."""
    sha256: str
    """Of the file it was read from; copies share it."""
    height: int
    """Of the reduced photo, in pixels."""
    width: int
    """Of the reduced photo, in pixels."""


@dataclass(frozen=True, kw_only=True)
class LayerKind:
    """What a layer holds of each photo."""

    factor: int
    """Times the size of the reduced photo."""
    variants: int = 1
    """How many pictures there are of each photo."""
    version: int = 1
    """Of what made it: another one gives other pictures."""


@dataclass(kw_only=True)
class Statistics:
    """Sums over pixels, exact, from which mean and standard deviation follow."""

    pixels: int = 0
    sums: list[int] = field(default_factory=lambda: [0, 0, 0])
    squares: list[int] = field(default_factory=lambda: [0, 0, 0])

    def add(self, photo: NDArray[np.uint8]) -> None:
        """Count the pixels of a photo, (height, width, 3)."""
        levels = np.arange(256, dtype=np.int64)
        counts = [np.bincount(photo[..., channel].ravel(), minlength=256) for channel in range(3)]
        self.join(
            Statistics(
                pixels=photo.shape[0] * photo.shape[1],
                sums=[int(count @ levels) for count in counts],
                squares=[int(count @ levels**2) for count in counts],
            )
        )

    def join(self, other: Statistics) -> None:
        """Add what another one has counted."""
        self.pixels += other.pixels
        self.sums = [a + b for a, b in zip(self.sums, other.sums, strict=True)]
        self.squares = [a + b for a, b in zip(self.squares, other.squares, strict=True)]

    def mean_and_deviation(self) -> tuple[list[float], list[float]]:
        """Mean and standard deviation of each channel, of pixels in [0, 1]."""
        mean = [total / self.pixels for total in self.sums]
        variance = [
            square / self.pixels - middle**2
            for square, middle in zip(self.squares, mean, strict=True)
        ]
        return [m / 255.0 for m in mean], [max(0.0, v) ** 0.5 / 255.0 for v in variance]


def reduce_photo(photo: NDArray[np.uint8], scale: int) -> Pair:
    """Make the training pair of one photo: cut to a multiple of `scale`, reduce by bicubic.

    Args:
        photo: (height, width, 3), 0 to 255, at least `scale` pixels a side.
        scale: How many times smaller the reduced photo is.

    Returns:
        The reduced photo and the cut original.
    """
    height, width = reduced_size((photo.shape[0], photo.shape[1]), scale)
    original = np.ascontiguousarray(photo[: height * scale, : width * scale])
    return resize(original, (height, width)), original


def split_of(sha256: str) -> Split:
    """Tell which split a photo belongs to: by content, so for ever; 80, 10 and 10 percent."""
    last = int(sha256[:8], 16) % 10
    return "validation" if last == 0 else "test" if last == 1 else "train"


def fingerprint_of(names: Sequence[str], *numbers: int) -> str:
    """Name exactly these contents with these settings: 64 hexadecimal digits."""
    text = "\n".join([*sorted(names), *map(str, numbers)])
    return hashlib.sha256(text.encode()).hexdigest()


class ShardWriter:
    """Writes photos of one split into new shards; a context, which finishes the last one."""

    def __init__(self, folder: Path, split: Split, *, shard_bytes: int = SHARD_BYTES) -> None:
        """Go on after the shards of `split` that the store in `folder` has."""
        self._shards, self._split, self._shard_bytes = folder / SHARDS, split, shard_bytes
        self._number = len(list(self._shards.glob(f"{split}-*")))
        self._open = ExitStack()
        self._photos: list[StoredPhoto] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._finish()
        else:
            self._open.__exit__(kind, error, trace)

    def add(self, name: str, sha256: str, *pairs: Pair) -> None:
        """Write one photo, or copies of it of several sizes, all into one shard."""
        if not self._photos:
            self._begin()
        for reduced, full in pairs:
            self._files[0].write(reduced.tobytes())
            self._files[1].write(full.tobytes())
            self._statistics.add(full)
            height, width = reduced.shape[:2]
            self._photos.append(StoredPhoto(name=name, sha256=sha256, height=height, width=width))
        if self._files[1].tell() >= self._shard_bytes:
            self._finish()

    def _begin(self) -> None:
        path = self._shards / f"{self._split}-{self._number:05}"
        self._folder = self._open.enter_context(whole_folder(path))
        self._files: list[BinaryIO] = [
            self._open.enter_context((self._folder / f"{layer}.bin").open("wb"))
            for layer in ("reduced", "full")
        ]
        self._statistics = Statistics()

    def _finish(self) -> None:
        if self._photos:
            index = {
                "photos": [asdict(photo) for photo in self._photos],
                "statistics": asdict(self._statistics),
            }
            (self._folder / PHOTOS).write_text(json.dumps(index), encoding="utf-8")
            self._photos = []
            self._number += 1
            self._open.close()


def read_photos(shard: Path) -> list[StoredPhoto]:
    """List the photos of one shard.

    Raises:
        OSError, ValueError, KeyError, TypeError: It is missing or altered.
    """
    index = json.loads((shard / PHOTOS).read_text(encoding="utf-8"))
    photos = [StoredPhoto(**photo) for photo in index["photos"]]
    for photo in photos:
        if not (isinstance(photo.height, int) and isinstance(photo.width, int)):
            raise TypeError(f"{shard}: {photo} has no size")
    return photos


def write_index(folder: Path, *, scale: int, left_out: Sequence[dict[str, str]] = ()) -> None:
    """Make all shards that lie in a store's folder part of the store."""
    shards = sorted(path.name for path in (folder / SHARDS).iterdir() if path.is_dir())
    shards = [name for name in shards if not name.startswith(".")]
    total = Statistics()
    for name in shards:
        if name.startswith("train-"):
            index = json.loads((folder / SHARDS / name / PHOTOS).read_text(encoding="utf-8"))
            total.join(Statistics(**index["statistics"]))
    content: dict[str, Any] = {"format": FORMAT, "scale": scale, "shards": shards}
    if total.pixels:
        content["mean"], content["deviation"] = total.mean_and_deviation()
    content["left_out"] = list(left_out)
    with whole_file(folder / INDEX) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
