"""How a photo store lies on disk: shards of photos, and an index of the shards.

    DIR/store.json                  the index: scale and shards
    DIR/shards/train-00000/         some photos of one split; never changed after that
        photos.json                 their names, hashes and sizes
        reduced.bin  full.bin       their pixels, photo after photo: uint8 RGB
        LAYER.bin                   further layers, see `pixels.store.layers`
    DIR/layers/LAYER.json           what a further layer holds

A store grows by whole shards: existing ones stay as they are, whatever their size. Stores written
by earlier versions also hold the mean and standard deviation of their pixels, which are not read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

from pixels.resize import Pair
from pixels.scale import scale_json
from plumbing.disk import whole_file, whole_folder

FORMAT = 2
INDEX = "store.json"
SHARDS = "shards"
PHOTOS = "photos.json"
SHARD_BYTES = 1 << 28
"""Full-size pixels in one shard; also the most that is lost when the writer is killed."""

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPhoto:
    """One photo of a store, or a smaller copy of one."""

    name: str
    """File name, for reports; copies share it."""
    sha256: str
    """Hash of the photo's file; copies share it."""
    height: int
    """Height of the reduced photo, in pixels."""
    width: int
    """Width of the reduced photo, in pixels."""


def split_of(sha256: str) -> Split:
    """Assign a photo to a split (80, 10 and 10 percent) by its content, so it never moves."""
    last = int(sha256[:8], 16) % 10
    return "validation" if last == 0 else "test" if last == 1 else "train"


def fingerprint_of(names: Sequence[str], *numbers: int | Fraction) -> str:
    """Hash these contents and settings, in any order of the contents: 64 hexadecimal digits."""
    text = "\n".join([*sorted(names), *map(str, numbers)])
    return hashlib.sha256(text.encode()).hexdigest()


class ShardWriter:
    """Writes photos of one split into new shards; leaving the context completes the last one."""

    def __init__(self, folder: Path, split: Split, *, shard_bytes: int = SHARD_BYTES) -> None:
        """Continue after the shards of `split` that `folder` already holds."""
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
        """Write one photo, or copies of it in several sizes, into one shard."""
        if not self._photos:
            self._begin()
        for reduced, full in pairs:
            self._files[0].write(reduced.tobytes())
            self._files[1].write(full.tobytes())
            height, width = reduced.shape[:2]
            self._photos.append(StoredPhoto(name=name, sha256=sha256, height=height, width=width))
        if self._files[1].tell() >= self._shard_bytes:
            self._finish()

    def _begin(self) -> None:
        path = self._shards / f"{self._split}-{self._number:05}"
        self._folder = self._open.enter_context(whole_folder(path))
        self._files: list[BinaryIO] = [
            self._open.enter_context(layer_file(self._folder, layer).open("wb"))
            for layer in ("reduced", "full")
        ]

    def _finish(self) -> None:
        if self._photos:
            index = {"photos": [asdict(photo) for photo in self._photos]}
            (self._folder / PHOTOS).write_text(json.dumps(index), encoding="utf-8")
            self._photos = []
            self._number += 1
            self._open.close()


def layer_file(shard: Path, layer: str) -> Path:
    """Name a shard's complete file of a layer."""
    return shard / f"{layer}.bin"


def layer_description(folder: Path, layer: str) -> Path:
    """Name the file of a store that says what a layer holds."""
    return folder / "layers" / f"{layer}.json"


def read_photos(shard: Path) -> list[StoredPhoto]:
    """List the photos of one shard.

    Raises:
        OSError, ValueError, KeyError, TypeError: The shard is missing or was altered.
    """
    index = json.loads((shard / PHOTOS).read_text(encoding="utf-8"))
    photos = [StoredPhoto(**photo) for photo in index["photos"]]
    for photo in photos:
        if not (isinstance(photo.height, int) and isinstance(photo.width, int)):
            raise TypeError(f"{shard}: {photo} has no size")
    return photos


def write_index(folder: Path, *, scale: Fraction, skipped: Sequence[dict[str, str]] = ()) -> None:
    """Write the index of a store, with all shards in its folder."""
    shards = sorted(path.name for path in (folder / SHARDS).iterdir() if path.is_dir())
    shards = [name for name in shards if not name.startswith(".")]
    content: dict[str, Any] = {"format": FORMAT, "scale": scale_json(scale), "shards": shards}
    content["left_out"] = list(skipped)  # the key that stores have had from the first
    with whole_file(folder / INDEX) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
