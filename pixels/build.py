"""Photos -> a store made on the fly, named by its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from pixels.command import UserError
from pixels.disk import sha256_of, whole_folder
from pixels.files import ImageError, read_picture
from pixels.parallel import core_count, in_order
from pixels.progress import track
from pixels.shards import Pair, ShardWriter, fingerprint_of, reduce_photo, split_of, write_index
from pixels.store import LeftOut, PhotoStore


def open_or_build_store(
    paths: Sequence[Path], stores: Path, *, scale: int, smallest_px: int
) -> PhotoStore:
    """Open the store of exactly these photos, or make it; all are for training.

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
    key = fingerprint_of([sha256 for sha256, _ in unique], scale, smallest_px)
    folder = stores / key[:16]
    if not folder.exists():
        with whole_folder(folder) as temporary:
            _write_store(temporary, unique, scale=scale, smallest_px=smallest_px)
    return PhotoStore(folder)


def held_out(path: Path) -> bool:
    """Whether a photo is one of the tenth kept for validation: by content, so for ever."""
    return split_of(sha256_of(path)) == "validation"


def load_pair(path: Path, *, scale: int, smallest_px: int) -> Pair | LeftOut:
    """Read a photo and reduce it; or tell why it cannot be used."""
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


def _write_store(
    folder: Path, photos: Sequence[tuple[str, Path]], *, scale: int, smallest_px: int
) -> None:
    left_out: list[LeftOut] = []
    kept = 0
    load = partial(load_pair, scale=scale, smallest_px=smallest_px)
    with ShardWriter(folder, "train") as writer:
        loaded = in_order(load, [path for _, path in photos], workers=core_count())
        for (sha256, path), pair in zip(track(photos, "decoding photos"), loaded, strict=True):
            if isinstance(pair, LeftOut):
                left_out.append(pair)
            else:
                writer.add(path.name, sha256, pair)
                kept += 1
    if not kept:
        raise UserError(f"none of the {len(photos)} photos can be used; {left_out[0].reason}")
    write_index(folder, scale=scale, left_out=[asdict(entry) for entry in left_out])
