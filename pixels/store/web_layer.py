"""The layers `web` and `fine` of a store: photos as sites send them, in several variants."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.sending.degrade import VERSION, Sending, degrade_in_blocks
from pixels.store.layers import Place, grow_layer
from pixels.store.layout import LayerKind
from pixels.store.shards import Split, layer_description
from pixels.store.store import PhotoStore
from plumbing.command import UserError
from plumbing.parallel import core_count

WEB: Sending = "web"
"""Name of the default layer; each layer is named after its way of sending."""
VARIANTS = 8
"""Default number of variants: they take as many bytes as two full-size photos."""


def add_web_layer(
    store: PhotoStore,
    variants: int = VARIANTS,
    *,
    sending: Sending = WEB,
    workers: int | None = None,
    processes: bool = False,
) -> None:
    """Write or complete a layer: each photo reduced and compressed as sites do, in several ways.

    Args:
        store: The store to add it to.
        variants: Number of variants of each photo; a layer that exists keeps its own number.
        sending: Name of the layer and how its photos are sent.
        workers: Number of pictures to make at a time; by default one for each core.
        processes: Whether workers are processes.

    Raises:
        UserError: The layer was made by another version, which compressed in other ways.
    """
    if layer_description(store.folder, sending).is_file():
        variants = store.kind(sending).variants
        if store.kind(sending).version != VERSION:
            raise UserError(
                f"{store.folder}: its photos were compressed by another version, in other ways: "
                "delete it and prepare it again"
            )
    grow_layer(
        store,
        sending,
        LayerKind(factor=Fraction(1), variants=variants, version=VERSION),
        partial(_sent_by_a_site, store.folder, store.split, sending)
        if processes
        else partial(_degraded, store, sending),
        "compressing as sites do",
        workers=workers or core_count(),
        processes=processes,
    )


def _degraded(store: PhotoStore, sending: Sending, place: Place) -> NDArray[np.uint8]:
    number, variant = place
    named = int(store.photos[number].sha256[:16], 16)
    photo = store.photo(number, "full")
    return degrade_in_blocks(photo, store.scale, (named, variant), sending=sending)


_opened: dict[tuple[Path, Split | None], PhotoStore] = {}


def _sent_by_a_site(
    folder: Path, split: Split | None, sending: Sending, place: Place
) -> NDArray[np.uint8]:
    """Do what `_degraded` does in a worker process, which opens the store itself, once."""
    if (folder, split) not in _opened:
        _opened[folder, split] = PhotoStore(folder, split)
    return _degraded(_opened[folder, split], sending, place)
