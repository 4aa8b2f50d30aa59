"""Photos for training: from a prepared store or a folder of photos to batches of crops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixels.quality.psnr_ssim import smallest_measurable_px
from pixels.resize import Pair, reduce_photo
from pixels.sending.degrade import VERSION, degrade
from pixels.stills.files import ImageError, read_picture
from pixels.stills.listing import list_pictures
from pixels.store.build import held_out, open_or_build_store
from pixels.store.store import PhotoStore
from pixels.store.web_layer import add_web_layer
from plumbing.command import UsageError, UserError
from plumbing.progress import console
from teacher.recipes.schedule import CropSchedule
from teacher.training.device_store import DeviceStore, fits_on
from teacher.training.feed import Batch

DegradationKind = Literal["clean", "web", "fine", "published"]

_VALIDATION_PHOTOS = 8
# Validation runs many times in a training: the centre of each photo is enough.
_VALIDATION_PX = 192


@dataclass(frozen=True, kw_only=True)
class PhotosConfig:
    """The photos to train and validate on."""

    photos: Path | None = None
    """Folder of full-resolution training photos, decoded into `stores/` next to the run folder."""
    store: Path | None = None
    """Store written by `python -m teacher.prepare`, instead of --photos; its splits are used."""
    validation: Path | None = None
    """Folder of photos to validate on; by default the validation split of a store, or a tenth of a
    folder, held out by content."""


@dataclass(frozen=True, kw_only=True)
class DataConfig(PhotosConfig):
    """The photos to train and validate on."""

    degradation: DegradationKind = "clean"
    """The network's input. `clean`: photos reduced with bicubic. `web`: what sites really send,
    reduced with various filters and compressed as JPEG, WebP or AVIF at encoder qualities 40 to 95.
    `fine`: reduced with bicubic and compressed at 65 to 97. `published`: as `python -m
    export.publish` sends photos for a phone, mostly AVIF, at settings that depend on the scale."""


@dataclass(frozen=True, kw_only=True)
class Photos:
    """Photos ready for training."""

    store: PhotoStore
    """Photos to train on."""
    validation: list[Pair]
    """Pairs to validate on: reduced and original, cropped from the centre; may be empty."""
    input: str = "reduced"
    """Name of the layer that holds the network's input."""

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the degradation that determine a training's result; none for `clean`."""
        if self.input == "reduced":
            return {}
        variants = self.store.kind(self.input).variants
        return {"degradation": {"kind": self.input, "variants": variants, "version": VERSION}}


def prepare_photos(config: DataConfig, *, scale: Fraction, crop_px: int, stores: Path) -> Photos:
    """Open the store or read the folders that a command names.

    Args:
        config: Which photos.
        scale: Scale of the network.
        crop_px: Side of the largest crop: smaller reduced photos cannot be used.
        stores: Folder for a store that is made from a folder of photos.

    Raises:
        UsageError: Neither or both of a folder and a store are given, or crops do not fit `scale`.
        UserError: A folder is missing or empty, no photo in it can be used, or the store does not
            fit.
    """
    if (config.photos is None) == (config.store is None):
        raise UsageError("give either --photos or --store")
    require_crops(crop_px, scale)
    if config.store is not None:
        store = _open_store(config.store, crop_px, scale)
        measured: Iterator[NDArray[np.uint8]] = _stored_middles(config.store, scale)
    else:
        store, held = _store_on_the_fly(config, scale, crop_px, stores)
        measured = _middles(held, scale)
    if config.validation is not None:
        measured = _middles(list_pictures(config.validation), scale)
    if config.degradation != "clean":
        add_web_layer(store, sending=config.degradation)
    pairs = _validation_pairs(measured, scale, config.degradation)
    if not pairs:
        console.print("no validation: no photo could be held out (give some with --validation)")
    return Photos(
        store=store,
        validation=pairs,
        input="reduced" if config.degradation == "clean" else config.degradation,
    )


def require_crops(crop_px: int, scale: Fraction) -> None:
    """Require crops that consist of whole blocks.

    Raises:
        UsageError: `crop_px` is not a multiple of `down`.
    """
    if crop_px % scale.denominator:
        raise UsageError(
            f"--crop-px must be a multiple of {scale.denominator} pixels at --scale {scale}, got "
            f"{crop_px}"
        )


def crop_batches(
    photos: Photos, schedule: CropSchedule, *, seed: int, device: torch.device
) -> Callable[[int], Batch]:
    """Cut the batch of any step: reduced crops and originals, uint8 (batch, 3, side, side) each.

    A batch depends on the seed and the step alone. On a GPU with room for all photos they are
    copied there once, and the crops are cut there.
    """
    store, layers = photos.store, [photos.input, "full"]
    if device.type == "cuda" and fits_on(store, layers, device):
        kept = DeviceStore(store, layers, device)
        return lambda step: kept.crops(
            np.random.default_rng((seed, step)), *schedule.crops_at(step)
        )

    def batch_at(step: int) -> list[Tensor]:
        crops = store.crops(np.random.default_rng((seed, step)), *schedule.crops_at(step), layers)
        return [torch.from_numpy(crop) for crop in crops]

    return batch_at


def _open_store(folder: Path, crop_px: int, scale: Fraction) -> PhotoStore:
    store = PhotoStore(folder, "train")
    if store.scale != scale:
        raise UserError(
            f"{folder} holds photos for scale {store.scale}, but the network's scale is {scale}: "
            f"prepare another store with --scale {scale}"
        )
    if not store.photos:
        raise UserError(f"{folder} holds no photos to train on: prepare it with more photos")
    smallest = min(min(photo.height, photo.width) for photo in store.photos)
    if smallest < crop_px:
        raise UserError(
            f"{folder} holds reduced photos with sides of {smallest} pixels: --crop-px must be at "
            f"most {smallest}, got {crop_px}"
        )
    return store


def _store_on_the_fly(
    config: DataConfig, scale: Fraction, crop_px: int, stores: Path
) -> tuple[PhotoStore, list[Path]]:
    """Make the store; return it and the photos held out of it."""
    assert config.photos is not None
    paths, measured = list_pictures(config.photos), []
    if config.validation is None:
        measured = [path for path in paths if held_out(path)]
        # All of a few photos may be held out; training needs them more.
        paths = [path for path in paths if path not in set(measured)] or paths
    else:
        # To fail before the work, not after it.
        list_pictures(config.validation, quiet=True)
    store = open_or_build_store(paths, stores, scale=scale, smallest_px=crop_px)
    for entry in store.skipped:
        console.print(f"skipped: {entry.reason}", style="yellow", soft_wrap=True)
    return store, measured


def _stored_middles(folder: Path, scale: Fraction) -> Iterator[NDArray[np.uint8]]:
    store = PhotoStore(folder, "validation")
    for number in range(len(store.photos)):
        photo = store.photo(number, "full")
        if min(photo.shape[:2]) >= smallest_measurable_px(scale):
            yield _middle(photo, scale)


def _middles(paths: Sequence[Path], scale: Fraction) -> Iterator[NDArray[np.uint8]]:
    """Crop the photos that can be read and are large enough."""
    for path in paths:
        try:
            photo = read_picture(path).rgb
        except ImageError as error:
            console.print(f"skipped: {error}", style="yellow", soft_wrap=True)
            continue
        if min(photo.shape[:2]) < smallest_measurable_px(scale):
            console.print(
                f"skipped: {path} is too small to measure", style="yellow", soft_wrap=True
            )
            continue
        yield _middle(photo, scale)


def _middle(photo: NDArray[np.uint8], scale: Fraction) -> NDArray[np.uint8]:
    side = int(_VALIDATION_PX * scale)
    top, left = (max(0, (length - side) // 2) for length in photo.shape[:2])
    return photo[top : top + side, left : left + side]


def _validation_pairs(
    photos: Iterator[NDArray[np.uint8]], scale: Fraction, degradation: DegradationKind
) -> list[Pair]:
    """Reduce the first photos in the same way as the training's input."""
    pairs: list[Pair] = []
    for number, photo in enumerate(photos):
        reduced, original = reduce_photo(photo, scale)
        if degradation != "clean":
            reduced = degrade(original, scale, np.random.default_rng(number), degradation)
        pairs.append((reduced, original))
        if len(pairs) == _VALIDATION_PHOTOS:
            break
    return pairs
