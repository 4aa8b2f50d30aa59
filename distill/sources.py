"""Sources of training crops: with the true photo, with the teacher's output, or with both.

A teacher helps most where true photos are scarce. A student can also learn from photos without a
larger version: those a site has only at the size it sends, training photos at full size, and other
people's photos of any quality.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from distill.losses import weights_of, weights_of_judges
from distill.teaching import Teacher
from pixels.stills.listing import list_pictures
from pixels.store.build import open_or_build_store
from pixels.store.shards import ShardWriter, write_index
from pixels.store.store import PhotoStore
from pixels.tiling import enlarged_slice
from plumbing.command import UsageError
from plumbing.disk import whole_folder
from teacher.recipes.stages import Stage, StagedRecipe
from teacher.training.data import Photos
from teacher.training.device_store import DeviceStore, fits_on
from teacher.training.feed import Batch

# Side of the middle that is kept of a zoomed photo, in pixels of the reduced photo.
_ZOOMED_PX = 256


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """Photos whose larger version is taken from the teacher alone."""

    lr_only_photos: Path | None = None
    """Folder of photos that exist only at the size that is sent: the teacher enlarges them as they
    are."""
    zoomed_photos: int = 0
    """Number of training photos to use at full size too: the teacher enlarges them."""
    other_photos: Path | None = None
    """Folder of photos of any kind and quality, for example from other sites: they are reduced, and
    the teacher's output is the target."""
    teacher_sees: Literal["clean", "same"] = "clean"
    """With `--degradation web`: whether the teacher enlarges the clean reduced photo, or the same
    compressed photo as the student, which suits a teacher trained on compressed photos."""
    teacher_only_share: float = 0.25
    """Share of the crops of each batch that come from these photos, if there are any."""

    def __post_init__(self) -> None:
        if self.zoomed_photos < 0:
            raise ValueError(f"zoomed-photos must be at least 0, got {self.zoomed_photos}")
        if not 0.0 < self.teacher_only_share < 1.0:
            raise ValueError(
                f"teacher-only-share must lie between 0 and 1, got {self.teacher_only_share}"
            )

    @property
    def any(self) -> bool:
        """Whether there are any such photos."""
        return bool(self.lr_only_photos or self.zoomed_photos or self.other_photos)


@dataclass(frozen=True, kw_only=True)
class BatchSource:
    """Layers of one store that crops are cut from together."""

    name: str
    """For the record of the run."""
    store: PhotoStore
    """Holds the layers."""
    small: str
    """Layer with the student's input."""
    truth: str | None
    """Layer with the true photos, if they are known."""
    taught: str | None
    """Layer with the teacher's output, if it is needed."""
    on_gpu: DeviceStore | None = None
    """The same layers in a GPU's memory; crops are then cut there."""

    def crops(
        self, rng: np.random.Generator, count: int, crop_px: int, layers: Sequence[str]
    ) -> list[Tensor]:
        """Cut crops of crop_px a side from `small`, and the same places from the other layers."""
        # crop_px counts pixels of `small`, which may be the photo at full size.
        side = int(crop_px / self.store.kind(self.small).factor)
        if self.on_gpu is not None:
            return self.on_gpu.crops(rng, count, side, layers)
        return [torch.from_numpy(layer) for layer in self.store.crops(rng, count, side, layers)]

    def moved_to(self, device: torch.device) -> BatchSource:
        """Copy the layers to a GPU's memory if they fit; otherwise they stay on disk."""
        layers = [layer for layer in (self.small, self.truth, self.taught) if layer]
        if device.type != "cuda" or not fits_on(self.store, layers, device):
            return self
        return replace(self, on_gpu=DeviceStore(self.store, layers, device))


def gather(
    photos: Photos,
    teacher: Teacher | None,
    config: SourceConfig,
    *,
    stores: Path,
    recipe: StagedRecipe,
) -> list[BatchSource]:
    """List the sources of crops, and compute the teacher's output where it is missing.

    Args:
        photos: The training photos.
        teacher: Enlarges what the stores do not hold yet.
        config: Photos without a larger version; they need a teacher.
        stores: Folder for the stores of those photos.
        recipe: Determines whether the teacher is needed where the truth is known, and the size of
            crops.

    Raises:
        UserError: A folder cannot be used.
        UsageError: Crops do not fit the scale.
    """
    store, crop_px = photos.store, recipe.largest_crop_px
    needed = teacher is not None and any(stage.teacher > 0.0 for stage in recipe.stages)
    shown = photos.input if config.teacher_sees == "same" else "reduced"
    taught = teacher.taught(store, shown) if teacher and needed else None
    sources = [
        BatchSource(name="truth", store=store, small=photos.input, truth="full", taught=taught)
    ]
    if not config.any or teacher is None:
        return sources
    # They are cut from photos at full size, at places that are whole pixels in all layers.
    step = store.scale.numerator * store.scale.denominator
    if any(stage.crop_px % step for stage in recipe.stages):
        raise UsageError(
            f"photos without a larger version need crops divisible by {step} at --scale "
            f"{store.scale}: change the stages' crop-px"
        )

    def add(name: str, of: PhotoStore, small: str) -> None:
        taught = teacher.taught(of, small)
        sources.append(BatchSource(name=name, store=of, small=small, truth=None, taught=taught))

    def opened(folder: Path, smallest_px: int) -> PhotoStore:
        paths = list_pictures(folder)
        return open_or_build_store(paths, stores, scale=store.scale, smallest_px=smallest_px)

    if config.lr_only_photos is not None:
        # These are never reduced: the student's input is the layer that the store calls full.
        add("lr-only", opened(config.lr_only_photos, int(crop_px / store.scale)), "full")
    if config.zoomed_photos:
        add("zoomed", _middles(store, config.zoomed_photos, stores, crop_px), "full")
    if config.other_photos is not None:
        add("other", opened(config.other_photos, crop_px), "reduced")
    return sources


def _middles(store: PhotoStore, count: int, stores: Path, crop_px: int) -> PhotoStore:
    """Store the middles of some photos of another store, evenly spread over it.

    Only the middles: the teacher takes scale^2 times longer for a photo at full size, and its
    output takes scale^2 times more room.
    """
    side = max(_ZOOMED_PX, crop_px)
    down = store.scale.denominator
    side += -side % down
    folder = stores / f"zoomed-{store.fingerprint[:16]}-{count}-{side}"
    if not folder.exists():
        chosen = np.linspace(0, len(store.photos) - 1, min(count, len(store.photos))).astype(int)
        with whole_folder(folder) as temporary:
            with ShardWriter(temporary, "train") as writer:
                for number in chosen.tolist():
                    photo = store.photos[number]
                    top, left = (
                        max(0, n - side) // 2 // down * down for n in (photo.height, photo.width)
                    )
                    reduced, full = (
                        store.photo(number, layer)[
                            enlarged_slice(top, top + side, factor),
                            enlarged_slice(left, left + side, factor),
                        ]
                        for layer, factor in (("reduced", Fraction(1)), ("full", store.scale))
                    )
                    writer.add(photo.name, photo.sha256, (reduced, full))
            write_index(temporary, scale=store.scale)
    return PhotoStore(folder)


def mixed_batches(
    recipe: StagedRecipe, sources: Sequence[BatchSource], *, teacher_only_share: float, seed: int
) -> Callable[[int], Batch]:
    """Cut the batch of a step from several sources.

    Args:
        recipe: Determines number and size of a step's crops, and the weight of each distance.
        sources: Sources with a truth share their part of a batch equally, and so do those without.
        teacher_only_share: Part of the sources without a truth, if there are both kinds.
        seed: Determines every crop.

    Returns:
        A function from the step to the batch that `distill.losses.distances` takes.
    """
    without = [source.truth is None for source in sources]
    parts = np.array([teacher_only_share if alone else 1 - teacher_only_share for alone in without])
    parts /= [sum(alone == other for other in without) for alone in without]
    parts /= parts.sum()

    def batch_at(step: int) -> Batch:
        stage = recipe.stage_at(step)
        rng = np.random.default_rng((seed, step))
        counts = rng.multinomial(stage.batch, parts)
        rows = [
            _rows(source, rng, int(count), stage)
            for source, count in zip(sources, counts, strict=True)
            if count
        ]
        layers = list(zip(*rows, strict=True))
        return [*map(_joined, layers[:3]), *map(torch.cat, layers[3:])]

    return batch_at


def _rows(source: BatchSource, rng: np.random.Generator, count: int, stage: Stage) -> list[Tensor]:
    """Cut one source's part of a batch; a layer that is missing or not needed is empty."""
    truth = stage.truth if source.truth else 0.0
    teacher = (stage.teacher if source.truth else 1.0) if source.taught else 0.0
    judged = bool(source.truth) and stage.is_judged
    wanted = [
        source.small,
        source.truth if truth or judged else None,
        source.taught if teacher else None,
    ]
    cut = iter(source.crops(rng, count, stage.crop_px, [layer for layer in wanted if layer]))
    empty = torch.empty((count, 3, 0, 0), dtype=torch.uint8)
    weights = weights_of(
        truth=torch.full((count,), truth), teacher=torch.full((count,), teacher), norm=stage.norm
    )
    known = torch.full((count,), float(judged))
    judges = weights_of_judges(known, **stage.judges)
    return [*(next(cut) if layer else empty for layer in wanted), weights, *judges]


def _joined(parts: Sequence[Tensor]) -> Tensor:
    """Join the crops of all sources into one layer; black where a source has none."""
    side = max(part.shape[-1] for part in parts)
    device = next((part.device for part in parts if part.is_cuda), parts[0].device)
    return torch.cat(
        [
            (part if part.shape[-1] == side else part.new_zeros(len(part), 3, side, side)).to(
                device
            )
            for part in parts
        ]
    )
