"""A photo store in GPU memory: crops are cut there, without the CPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pixels.store.store import PhotoStore, Places
from plumbing.progress import track

# The network, its optimiser and its feature maps need the rest.
_SHARE = 0.6


def bytes_of(store: PhotoStore, layers: Sequence[str]) -> int:
    """Add up the sizes of some layers of a store."""
    return sum(sum(store.layout.shard_bytes(store.kind(layer))) for layer in layers)


def fits_on(store: PhotoStore, layers: Sequence[str], device: torch.device) -> bool:
    """Whether a GPU has room for the layers next to a training."""
    free, _ = torch.cuda.mem_get_info(device)
    return bytes_of(store, layers) <= _SHARE * free


class DeviceStore:
    """Layers of a store, copied to a device in their order on disk, shard by shard."""

    def __init__(self, store: PhotoStore, layers: Sequence[str], device: torch.device) -> None:
        """Copy the layers, which takes `bytes_of(store, layers)` of the device's memory."""
        self._store, self._layers, self._device = store, list(layers), device
        self._flat = {layer: self._copied(layer) for layer in self._layers}
        # Crops are cut in parallel with the training, not after all the work queued there.
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        if self._stream is not None:
            torch.cuda.synchronize(device)
        self._starts = {
            layer: store.layout.starts_of_all(store.kind(layer)) for layer in self._layers
        }

    def crops(
        self,
        rng: np.random.Generator,
        count: int,
        crop_px: int,
        layers: Sequence[str] | None = None,
    ) -> list[Tensor]:
        """Draw the same crops as `PhotoStore.crops`, on the device.

        Args:
            rng: Source of randomness.
            count: Number of crops.
            crop_px: Side of a crop in the reduced photo, as for `PhotoStore.places`.
            layers: A subset of the layers; by default all.

        Returns:
            For each layer uint8 (count, 3, side, side), complete; they can be used and freed on the
            current stream like any other tensor.
        """
        layers = self._layers if layers is None else list(layers)
        places = self._store.places(rng, count, crop_px, layers)
        if self._stream is None:
            return [self._cut(layer, places, crop_px) for layer in layers]
        with torch.cuda.stream(self._stream):
            crops = [self._cut(layer, places, crop_px) for layer in layers]
        self._stream.synchronize()
        for crop in crops:
            # Otherwise its memory may be reused for the next crops once it is freed, while work
            # that reads it may still be queued on the caller's stream.
            crop.record_stream(torch.cuda.current_stream(self._device))
        return crops

    def _cut(self, layer: str, places: Places, crop_px: int) -> Tensor:
        kind, layout = self._store.kind(layer), self._store.layout
        side = int(kind.factor * crop_px)
        top, left = (
            first * kind.factor.numerator // kind.factor.denominator
            for first in (places.top, places.left)
        )
        start = self._starts[layer][places.photo]
        if kind.variants > 1:
            start = start + 3 * layout.areas_of(kind)[places.photo] * places.variant
        row = 3 * layout.widths(kind)[places.photo]
        # A rotated crop has the same pixels, read from another corner with other strides.
        corner, down, right = _walk(places.turns, places.flip, side)
        first = start + row * (top + corner[:, 0])
        first += 3 * (left + corner[:, 1])
        steps = np.stack(
            [first, row * down[:, 0] + 3 * down[:, 1], row * right[:, 0] + 3 * right[:, 1]]
        )
        first, down_by, right_by = torch.from_numpy(steps).to(self._device).unbind()
        along = torch.arange(side, device=self._device)
        index = first[:, None, None] + down_by[:, None, None] * along[:, None]
        index = index + right_by[:, None, None] * along
        channel = torch.arange(3, device=self._device)[:, None, None]
        return self._flat[layer][index[:, None] + channel]

    def _copied(self, layer: str) -> Tensor:
        store = self._store
        sizes = store.layout.shard_bytes(store.kind(layer))
        flat = torch.empty(sum(sizes), dtype=torch.uint8, device=self._device)
        at = 0
        for shard in track(range(len(sizes)), f"copying {layer} to the GPU"):
            pixels = np.array(store.shard_pixels(shard, layer))  # writable, as torch wants it
            flat[at : at + sizes[shard]] = torch.from_numpy(pixels)
            at += sizes[shard]
        return flat


def _walk(
    turns: np.ndarray, flip: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute how to read a rotated crop from the picture, as `np.rot90` and then a flip would.

    Returns:
        The crop's first pixel, its step down and its step to the right: (count, 2) each, rows and
        columns of the picture.
    """
    last = side - 1
    # For a crop rotated k times anticlockwise.
    corners = np.array([(0, 0), (0, last), (last, last), (last, 0)])
    downs = np.array([(1, 0), (0, -1), (-1, 0), (0, 1)])
    rights = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])
    corner, down, right = corners[turns], downs[turns], rights[turns]
    corner = np.where(flip[:, None], corner + last * right, corner)
    right = np.where(flip[:, None], -right, right)
    return corner, down, right
