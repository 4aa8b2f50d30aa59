"""Compare an exported model, in each runtime, with the PyTorch network, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from export.check.any_size import any_size
from export.check.errors import RuntimeFaultError
from export.check.pictures import LARGE_PX, check_batches, check_pictures, tiled_picture
from export.check.results import Agreement, compare
from export.check.runtime import Runtime
from export.check.whole_bytes import rounded, rounding
from pixels.tiling import Enlarge, enlarge_in_tiles, enlarged_slice
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.registry import Network, macs_per_output_pixel


def check_runtime(runtime: Runtime, network: Network, reference: Enlarge) -> Iterator[Agreement]:
    """Compare a runtime with the reference on every check picture, in batches, and in tiles.

    A student in whole numbers must give the very bytes: nothing is tolerated.

    Args:
        runtime: The runtime to check.
        network: Has scale, margin and alignment: a margin that is too small shows at tile borders.
        reference: The PyTorch network.

    Yields:
        One result per picture. A picture on which the runtime fails is a disagreement.
    """
    pictures = check_pictures() | (check_batches() if runtime.batches else {})
    if isinstance(network, IntegerChain):
        pictures = {name: rounded(picture) for name, picture in pictures.items()}
        runtime = replace(runtime, run=rounding(runtime.run), tolerance=0.0)
        reference = rounding(reference)
    run, reference = (any_size(of, network.scale) for of in (runtime.run, reference))
    for name, picture in pictures.items():
        if not too_much(runtime, network, name, picture):
            yield _attempt(runtime, name, reference(picture), lambda p=picture: run(p))
    tile = 2 * network.margin_px + 24
    tile += -tile % network.align_px
    photo = tiled_picture(tile, network.align_px)
    whole = reference(photo.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0))
    name = f"photo {photo.shape[0]}x{photo.shape[1]} in {tile} px tiles"
    yield _attempt(runtime, name, whole, lambda: _in_tiles(runtime, network, photo, tile, whole))


def too_much(runtime: Runtime, network: Network, name: str, picture: NDArray[np.float32]) -> bool:
    """Check whether a picture takes too long in a slow runtime."""
    if runtime.most_gmacs is None or picture[0, 0].size < LARGE_PX**2:
        return False
    macs = picture[:, 0].size * float(network.scale) ** 2 * macs_per_output_pixel(network)
    # One large picture shows what large sizes can break.
    return macs > runtime.most_gmacs * 1e9 or not name.startswith("photo")


def left_out(runtime: Runtime, network: Network) -> list[str]:
    """List the pictures that `check_runtime` leaves out."""
    return [name for name, p in check_pictures().items() if too_much(runtime, network, name, p)]


def _attempt(
    runtime: Runtime,
    picture: str,
    reference: NDArray[np.float32],
    run: Callable[[], NDArray[np.float32]],
) -> Agreement:
    try:
        return compare(runtime.name, picture, reference, run(), runtime.tolerance)
    except RuntimeFaultError as fault:
        return Agreement(
            runtime=runtime.name,
            picture=picture,
            max_error=float("inf"),
            tolerance=runtime.tolerance,
            place=f"the start of it: {fault}",
        )


def _in_tiles(
    runtime: Runtime,
    network: Network,
    photo: NDArray[np.uint8],
    tile: int,
    like: NDArray[np.float32],
) -> NDArray[np.float32]:
    scale, joined = network.scale, np.full_like(like, np.nan)
    try:
        for row, column, piece in enlarge_in_tiles(
            runtime.run,
            photo,
            scale=scale,
            tile=tile,
            margin=network.margin_px,
            align=network.align_px,
        ):
            rows = enlarged_slice(row.keep_start, row.keep_end, scale)
            columns = enlarged_slice(column.keep_start, column.keep_end, scale)
            joined[0, :, rows, columns] = piece
    except ValueError as error:
        raise RuntimeFaultError(str(error)) from error
    return joined
