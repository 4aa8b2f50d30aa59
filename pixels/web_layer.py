"""The layer `web` of a store: what a site really sends, in several variants of each photo."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.degrade import degrade_in_blocks
from pixels.layers import Place, grow_layer
from pixels.parallel import core_count
from pixels.shards import LayerKind, Split
from pixels.store import PhotoStore

WEB = "web"
"""Name of the layer."""
VARIANTS = 8
"""Unless asked otherwise: as many bytes as two full-size photos."""


def add_web_layer(
    store: PhotoStore,
    variants: int = VARIANTS,
    *,
    workers: int | None = None,
    processes: bool = False,
) -> None:
    """Write the layer `web`: each photo reduced and compressed as sites do, in several ways.

    Where a layer `web` is there it is completed, with the number of variants that it has.
    """
    if store.layer_description(WEB).is_file():
        variants = store.kind(WEB).variants
    if store.has_layer(WEB):
        return
    grow_layer(
        store,
        WEB,
        LayerKind(factor=1, variants=variants),
        partial(_sent_by_a_site, store.folder, store.split)
        if processes
        else partial(_degraded, store),
        "compressing as sites do",
        workers=workers or core_count(),
        processes=processes,
    )


def _degraded(store: PhotoStore, place: Place) -> NDArray[np.uint8]:
    number, variant = place
    named = int(store.photos[number].sha256[:16], 16)
    return degrade_in_blocks(store.photo(number, "full"), store.scale, (named, variant))


_opened: dict[tuple[Path, Split | None], PhotoStore] = {}


def _sent_by_a_site(folder: Path, split: Split | None, place: Place) -> NDArray[np.uint8]:
    """Do what `_degraded` does in another process, which opens the store for itself, once."""
    if (folder, split) not in _opened:
        _opened[folder, split] = PhotoStore(folder, split)
    return _degraded(_opened[folder, split], place)
