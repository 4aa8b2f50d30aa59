"""Photo files -> a store named after its contents."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.resize import Pair, reduce_photo, resize
from pixels.stills.files import ImageError, read_picture
from pixels.store.shards import ShardWriter, fingerprint_of, split_of, write_index
from pixels.store.store import PhotoStore, SkippedPhoto
from plumbing.command import UserError
from plumbing.disk import sha256_of, whole_folder
from plumbing.parallel import core_count, in_order
from plumbing.progress import console, track


def open_or_build_store(
    paths: Sequence[Path], stores: Path, *, scale: Fraction, smallest_px: int
) -> PhotoStore:
    """Open the store of exactly these photos, or make it; all of them are for training.

    Args:
        paths: Photo files. Unreadable and small ones are skipped and listed in the store.
        stores: Folder of stores; each is a subfolder named after its contents.
        scale: How many times smaller the reduced photos are.
        smallest_px: Least side of a reduced photo.

    Returns:
        The store, with at least one photo.

    Raises:
        UserError: No photo can be used.
    """
    hashed: dict[str, Path] = {}
    reason = ""
    for path in track(paths, "reading photos"):
        try:
            hashed[sha256_of(path)] = path
        except OSError as error:
            reason = f"{path}: cannot be read: {os.strerror(error.errno or 0).lower()}"
            console.print(f"skipped: {reason}", style="yellow", soft_wrap=True)
    if not hashed:
        raise UserError(f"none of the {len(paths)} photos can be read; {reason}")
    unique = sorted(hashed.items(), key=lambda item: item[1].name)
    key = fingerprint_of([sha256 for sha256, _ in unique], scale, smallest_px)
    folder = stores / key[:16]
    if not folder.exists():
        with whole_folder(folder) as temporary:
            _write_store(temporary, unique, scale=scale, smallest_px=smallest_px)
    return PhotoStore(folder)


def held_out(path: Path) -> bool:
    """Whether a photo is in the tenth held out for validation; its content decides, for good.

    One that cannot be read is not: whoever makes the store reports it.
    """
    try:
        return split_of(sha256_of(path)) == "validation"
    except OSError:
        return False


def load_pairs(
    path: Path, *, scale: Fraction, short_sides: Sequence[int] = (), smallest_px: int = 1
) -> list[Pair] | SkippedPhoto:
    """Read a photo and make the training pairs of its copies, or say why it cannot be used.

    Args:
        path: The photo.
        scale: How many times smaller the reduced photos are.
        short_sides: Make a copy with each of these shorter sides, in pixels; photos are not
            enlarged. Empty: only the photo at its own size.
        smallest_px: Least side of the reduced photo.
    """
    try:
        photo = read_picture(path).rgb
    except ImageError as error:
        return SkippedPhoto(name=path.name, reason=str(error))
    need = -(-smallest_px // scale.denominator) * scale.numerator
    if min(photo.shape[:2]) < need:
        size = f"{photo.shape[1]}x{photo.shape[0]}"
        return SkippedPhoto(
            name=path.name,
            reason=f"{path}: {size} is too small to crop, {need}x{need} pixels are needed",
        )
    short = min(photo.shape[:2])
    sides = sorted({min(side, short) for side in short_sides or (short,)}, reverse=True)
    return [reduce_photo(_with_short_side(photo, side), scale) for side in sides]


def _with_short_side(photo: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = photo.shape[:2]
    if side == min(height, width):
        return photo
    share = side / min(height, width)
    return resize(photo, (round(share * height), round(share * width)))


def _write_store(
    folder: Path, photos: Sequence[tuple[str, Path]], *, scale: Fraction, smallest_px: int
) -> None:
    skipped: list[SkippedPhoto] = []
    kept = 0
    load = partial(load_pairs, scale=scale, smallest_px=smallest_px)
    with ShardWriter(folder, "train") as writer:
        loaded = in_order(load, [path for _, path in photos], workers=core_count())
        for (sha256, path), pairs in zip(track(photos, "decoding photos"), loaded, strict=True):
            if isinstance(pairs, SkippedPhoto):
                skipped.append(pairs)
            else:
                writer.add(path.name, sha256, *pairs)
                kept += 1
    if not kept:
        raise UserError(f"none of the {len(photos)} photos can be used; {skipped[0].reason}")
    write_index(folder, scale=scale, skipped=[asdict(entry) for entry in skipped])
