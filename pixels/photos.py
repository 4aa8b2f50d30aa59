"""A folder of photos -> a training store on disk -> aligned random crops.

A store is a folder of flat files, one per *layer*: `reduced.bin` holds every photo made smaller,
one after another, `full.bin` the same photos as they were, and later stages add layers of their
own (a teacher's outputs, say). All are 8-bit RGB, decoded once and memory-mapped from then on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.command import UserError
from pixels.disk import sha256_of, whole_file, whole_folder
from pixels.files import ImageError, read_picture
from pixels.progress import track
from pixels.resize import reduced_size, resize

_FORMAT = 1
_INDEX = "store.json"

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A photo reduced, (height, width, 3), and as it was, scale times as large."""


@dataclass(frozen=True, kw_only=True)
class StoredPhoto:
    """One photo of a store."""

    name: str
    """File name, for reports."""
    sha256: str
    """Of the file it was read from."""
    height: int
    """Of the reduced photo, in pixels."""
    width: int
    """Of the reduced photo, in pixels."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """One photo that did not make it into the store."""

    name: str
    """File name."""
    reason: str
    """One plain sentence."""


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


class PhotoStore:
    """A finished store on disk, opened for reading.

    Attributes:
        folder: Where it lies.
        scale: How many times larger `full` is than `reduced`.
        photos: What it holds, in the order of the layers.
        left_out: What was left out of it, and why.
    """

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`.

        Raises:
            UserError: There is no complete store in `folder`.
        """
        try:
            index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
            if index["format"] != _FORMAT:
                raise UserError(
                    f"{folder} was made by another version (store format {index['format']}); "
                    "delete it and start again"
                )
            self.scale: int = index["scale"]
            self.photos = [StoredPhoto(**photo) for photo in index["photos"]]
            self.left_out = [LeftOut(**entry) for entry in index["left_out"]]
            areas = np.array([(photo.height, photo.width) for photo in self.photos]).prod(axis=1)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{folder} is not a complete photo store; delete it and start again"
            ) from error
        self.folder = folder
        self._starts = np.concatenate([[0], np.cumsum(areas)])
        self._shares = areas / areas.sum()
        self._layers: dict[str, NDArray[np.uint8]] = {}

    @property
    def fingerprint(self) -> str:
        """Names exactly these photos at this scale: 64 hexadecimal digits."""
        return _fingerprint([photo.sha256 for photo in self.photos], self.scale)

    def has_layer(self, layer: str) -> bool:
        """Whether a complete layer of this name is there."""
        return (self.folder / f"{layer}.bin").is_file()

    def photo(self, number: int, layer: str) -> NDArray[np.uint8]:
        """View one photo of a layer: (height, width, 3), 0 to 255, read-only."""
        factor = self._factor(layer)
        stored = self.photos[number]
        start = 3 * factor**2 * int(self._starts[number])
        height, width = factor * stored.height, factor * stored.width
        flat = self._open(layer)[start : start + 3 * height * width]
        return flat.reshape(height, width, 3)

    def add_layer(
        self, layer: str, make: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], doing: str
    ) -> None:
        """Write a layer of full-size pictures made from the reduced ones.

        Args:
            layer: Its name.
            make: Takes a reduced photo, gives it back at full size.
            doing: What the progress bar says.
        """
        with whole_file(self.folder / f"{layer}.bin") as temporary, temporary.open("wb") as file:
            for number in track(range(len(self.photos)), doing):
                picture = make(self.photo(number, "reduced"))
                if picture.shape != self.photo(number, "full").shape:
                    raise ValueError(f"layer {layer}: {picture.shape} is not the full size")
                file.write(picture.tobytes())

    def crops(
        self, rng: np.random.Generator, count: int, crop_px: int, layers: Sequence[str]
    ) -> list[NDArray[np.uint8]]:
        """Draw random crops at the same place in several layers, flipped and turned alike.

        Args:
            rng: Where the chances come from.
            count: How many crops.
            crop_px: Side of a crop in the reduced photo.
            layers: Names of the layers.

        Returns:
            For each layer (count, 3, side, side), side being crop_px or scale * crop_px.
        """
        drawn: list[list[NDArray[np.uint8]]] = [[] for _ in layers]
        for number in rng.choice(len(self.photos), size=count, p=self._shares):
            stored = self.photos[number]
            top = int(rng.integers(stored.height - crop_px + 1))
            left = int(rng.integers(stored.width - crop_px + 1))
            turns, flip = int(rng.integers(4)), bool(rng.integers(2))
            for crops, layer in zip(drawn, layers, strict=True):
                factor = self._factor(layer)
                y, x, side = factor * top, factor * left, factor * crop_px
                crop = np.rot90(self.photo(number, layer)[y : y + side, x : x + side], turns)
                crops.append((crop[:, ::-1] if flip else crop).transpose(2, 0, 1))
        return [np.stack(crops) for crops in drawn]

    def _factor(self, layer: str) -> int:
        return 1 if layer == "reduced" else self.scale

    def _open(self, layer: str) -> NDArray[np.uint8]:
        if layer not in self._layers:
            path = self.folder / f"{layer}.bin"
            promised = 3 * self._factor(layer) ** 2 * int(self._starts[-1])
            if not path.is_file() or path.stat().st_size != promised:
                raise UserError(f"{path} is missing or incomplete; delete {self.folder}")
            self._layers[layer] = np.memmap(path, dtype=np.uint8, mode="r")
        return self._layers[layer]


def open_or_build_store(
    paths: Sequence[Path], stores: Path, *, scale: int, smallest_px: int
) -> PhotoStore:
    """Open the store of exactly these photos, or make it.

    Args:
        paths: Photo files. Unreadable and too small ones are left out and listed.
        stores: Folder of stores; each lies in a sub-folder named by its content.
        scale: How many times smaller the reduced photos are.
        smallest_px: Sides of a reduced photo must have at least this many pixels.

    Returns:
        The store, with at least one photo.

    Raises:
        UserError: No photo can be used.
    """
    hashed = {sha256_of(path): path for path in track(paths, "reading photos")}
    unique = sorted(hashed.items(), key=lambda item: item[1].name)
    key = _fingerprint([sha256 for sha256, _ in unique], scale, smallest_px)
    folder = stores / key[:16]
    if not folder.exists():
        with whole_folder(folder) as temporary:
            _write_store(temporary, unique, scale=scale, smallest_px=smallest_px)
    return PhotoStore(folder)


def held_out(path: Path) -> bool:
    """Whether a photo is one of the tenth kept for validation: by content, so for ever."""
    return int(sha256_of(path)[:8], 16) % 10 == 0


def _write_store(
    folder: Path, photos: Sequence[tuple[str, Path]], *, scale: int, smallest_px: int
) -> None:
    kept: list[StoredPhoto] = []
    left_out: list[LeftOut] = []

    def load(item: tuple[str, Path]) -> Pair | LeftOut:
        path = item[1]
        try:
            photo = read_picture(path).rgb
        except ImageError as error:
            return LeftOut(name=path.name, reason=str(error))
        if min(photo.shape[:2]) < scale * smallest_px:
            size = f"{photo.shape[1]}x{photo.shape[0]}"
            need = scale * smallest_px
            return LeftOut(
                name=path.name,
                reason=f"{path}: {size} is too small to crop, {need}x{need} pixels are needed",
            )
        return reduce_photo(photo, scale)

    with (folder / "reduced.bin").open("wb") as reduced, (folder / "full.bin").open("wb") as full:
        loaded = _in_parallel(load, photos)
        for (sha256, path), pair in zip(track(photos, "decoding photos"), loaded, strict=True):
            if isinstance(pair, LeftOut):
                left_out.append(pair)
                continue
            reduced.write(pair[0].tobytes())
            full.write(pair[1].tobytes())
            height, width = pair[0].shape[:2]
            kept.append(StoredPhoto(name=path.name, sha256=sha256, height=height, width=width))
    if not kept:
        raise UserError(f"none of the {len(photos)} photos can be used; {left_out[0].reason}")
    index = {
        "format": _FORMAT,
        "scale": scale,
        "photos": [asdict(photo) for photo in kept],
        "left_out": [asdict(entry) for entry in left_out],
    }
    (folder / _INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")


def _in_parallel(
    load: Callable[[tuple[str, Path]], Pair | LeftOut], photos: Sequence[tuple[str, Path]]
) -> Iterator[Pair | LeftOut]:
    """Load photos in threads, in order, a few ahead of the reader and no more: they are large."""
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(photos), 2 * workers):
            yield from pool.map(load, photos[start : start + 2 * workers])


def _fingerprint(hashes: Sequence[str], *numbers: int) -> str:
    text = "\n".join([*sorted(hashes), *map(str, numbers)])
    return hashlib.sha256(text.encode()).hexdigest()
