"""Where crops come from, and what is known of each: the truth, the teacher's word, or both.

A teacher is worth most where truth is scarce. Beside photos whose larger version is known, a
student can learn from what has none: photos that a site has only at the size it sends, training
photos seen at full size, other people's photos of any quality.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from distill.losses import weights_of
from distill.teaching import Teacher
from pixels.stills.files import list_pictures
from pixels.store.build import open_or_build_store
from pixels.store.shards import ShardWriter, write_index
from pixels.store.store import PhotoStore
from plumbing.command import UsageError
from plumbing.disk import whole_folder
from teacher.recipes.stages import Stage, StagedRecipe
from teacher.training.data import Photos
from teacher.training.device_store import DeviceStore, fits_on
from teacher.training.feed import Batch

# Side of what is seen of a zoomed photo, in pixels of the reduced one.
_ZOOMED_PX = 256


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """Photos of which only the teacher knows what they look like twice as large."""

    lr_only_photos: Path | None = None
    """Folder of photos that exist at the size that is sent, and no larger: the teacher enlarges
    them as they are."""
    zoomed_photos: int = 0
    """So many of the training photos are seen at full size as well: the teacher enlarges them."""
    other_photos: Path | None = None
    """Folder of photos of any kind and quality, of other people's sites, say: they are reduced,
    and the teacher's word is taken for what they were."""
    teacher_sees: Literal["clean", "same"] = "clean"
    """With `--degradation web`: whether the teacher enlarges the clean reduced photo or the very
    compressed one that the student sees, which suits a teacher that was trained on such."""
    teacher_only_share: float = 0.25
    """Part of the crops of each batch that come from these, where there are any."""

    def __post_init__(self) -> None:
        if self.zoomed_photos < 0:
            raise ValueError(f"zoomed-photos must be at least 0, got {self.zoomed_photos}")
        if not 0.0 < self.teacher_only_share < 1.0:
            raise ValueError(
                f"teacher-only-share must lie between 0 and 1, got {self.teacher_only_share}"
            )

    @property
    def any(self) -> bool:
        """Whether any of them is asked for."""
        return bool(self.lr_only_photos or self.zoomed_photos or self.other_photos)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Layers of one store that belong together."""

    name: str
    """For records."""
    store: PhotoStore
    """Where they lie."""
    small: str
    """Layer that the student sees."""
    truth: str | None
    """Layer that it should be, where that is known."""
    taught: str | None
    """Layer that the teacher made of it, where it was asked."""
    on_gpu: DeviceStore | None = None
    """The same layers in a GPU's memory, where crops are cut then."""

    def crops(
        self, rng: np.random.Generator, count: int, crop_px: int, layers: Sequence[str]
    ) -> list[Tensor]:
        """Cut crops of crop_px a side in `small`, and the same places in the other layers."""
        # Crops are measured in the reduced photo, where `small` may be larger than that.
        side = crop_px // self.store.kind(self.small).factor
        if self.on_gpu is not None:
            return self.on_gpu.crops(rng, count, side, layers)
        return [torch.from_numpy(layer) for layer in self.store.crops(rng, count, side, layers)]

    def moved_to(self, device: torch.device) -> Source:
        """Give the source with its layers on a device; as it is, where there is no room for them.

        On the CPU they stay on disk.
        """
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
) -> list[Source]:
    """Ask the teacher for whatever the training needs, and list where crops come from.

    Args:
        photos: The training photos.
        teacher: Asked for what is not in the stores yet.
        config: What else to learn from; needs a teacher.
        stores: Folder where stores of further photos lie.
        recipe: Says whether the teacher is heard where the truth is known, and how large crops are.

    Raises:
        UserError: A folder cannot be used.
        UsageError: Crops do not fit the scale.
    """
    store, crop_px = photos.store, recipe.largest_crop_px
    heard = teacher is not None and any(stage.teacher > 0.0 for stage in recipe.stages)
    seen = photos.input if config.teacher_sees == "same" else "reduced"
    taught = teacher.taught(store, seen) if teacher and heard else None
    sources = [Source(name="truth", store=store, small=photos.input, truth="full", taught=taught)]
    if not config.any or teacher is None:
        return sources
    if any(stage.crop_px % store.scale for stage in recipe.stages):
        raise UsageError(
            f"photos without a larger version need crops that --scale {store.scale} divides: "
            "change the stages' crop-px"
        )

    def add(name: str, of: PhotoStore, small: str) -> None:
        made = teacher.taught(of, small)
        sources.append(Source(name=name, store=of, small=small, truth=None, taught=made))

    def opened(folder: Path, smallest_px: int) -> PhotoStore:
        paths = list_pictures(folder)
        return open_or_build_store(paths, stores, scale=store.scale, smallest_px=smallest_px)

    if config.lr_only_photos is not None:
        # Never reduced: what such a store calls full is what the student sees.
        add("lr-only", opened(config.lr_only_photos, crop_px // store.scale), "full")
    if config.zoomed_photos:
        add("zoomed", _middles(store, config.zoomed_photos, stores, crop_px), "full")
    if config.other_photos is not None:
        add("other", opened(config.other_photos, crop_px), "reduced")
    return sources


def _middles(store: PhotoStore, count: int, stores: Path, crop_px: int) -> PhotoStore:
    """Make a store of the middles of some photos of another one, spread over all of it.

    The middles alone: at full size a photo takes a teacher scale^2 times as long, and its output
    as much room.
    """
    side = max(_ZOOMED_PX, crop_px)
    folder = stores / f"zoomed-{store.fingerprint[:16]}-{count}-{side}"
    if not folder.exists():
        chosen = np.linspace(0, len(store.photos) - 1, min(count, len(store.photos))).astype(int)
        with whole_folder(folder) as temporary:
            with ShardWriter(temporary, "train") as writer:
                for number in chosen.tolist():
                    photo = store.photos[number]
                    top, left = (max(0, n - side) // 2 for n in (photo.height, photo.width))
                    reduced, full = (
                        store.photo(number, layer)[
                            factor * top : factor * (top + side),
                            factor * left : factor * (left + side),
                        ]
                        for layer, factor in (("reduced", 1), ("full", store.scale))
                    )
                    writer.add(photo.name, photo.sha256, (reduced, full))
            write_index(temporary, scale=store.scale)
    return PhotoStore(folder)


def mixed_batches(
    recipe: StagedRecipe, sources: Sequence[Source], *, teacher_only_share: float, seed: int
) -> Callable[[int], Batch]:
    """Cut the batch of a step from several sources.

    Args:
        recipe: Says how many crops of what size a step takes, and what each distance weighs.
        sources: Those with a truth share their part of a batch equally among them, and so do
            those without.
        teacher_only_share: Part of those without a truth, where there are both kinds.
        seed: Decides every crop.

    Returns:
        What `distill.losses.distances` takes, for a step.
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
        return [*map(_joined, layers[:3]), torch.cat(layers[3])]

    return batch_at


def _rows(source: Source, rng: np.random.Generator, count: int, stage: Stage) -> list[Tensor]:
    """Cut one source's part of a batch; what is not needed or not there is (count, 3, 0, 0)."""
    truth = stage.truth if source.truth else 0.0
    teacher = (stage.teacher if source.truth else 1.0) if source.taught else 0.0
    wanted = [source.small, source.truth if truth else None, source.taught if teacher else None]
    cut = iter(source.crops(rng, count, stage.crop_px, [layer for layer in wanted if layer]))
    nothing = torch.empty((count, 3, 0, 0), dtype=torch.uint8)
    weights = weights_of(
        truth=torch.full((count,), truth), teacher=torch.full((count,), teacher), norm=stage.norm
    )
    return [*(next(cut) if layer else nothing for layer in wanted), weights]


def _joined(parts: Sequence[Tensor]) -> Tensor:
    """Put crops of all sources into one layer; black where one of them has none."""
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
