"""Compare an exported model, in each runtime, with the PyTorch network, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from export.check.any_size import any_size
from export.check.errors import AgreementError, RuntimeFaultError
from export.check.pictures import LARGE_PX, check_batches, check_pictures, tiled_picture
from pixels.tiling import Enlarge, enlarge_in_tiles, enlarged_slice
from teacher.networks.registry import Network, macs_per_output_pixel

CHANNELS = "RGB"

Arithmetic = Literal["float32", "cuda", "browser-gpu"]
"""How a runtime computes, and so how exactly."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A program that runs an exported model."""

    name: str
    """The runtime and its backend."""
    run: Enlarge
    """The exported network."""
    tolerance: float
    """Largest absolute difference to PyTorch allowed, for values in [0, 1]."""
    arithmetic: Arithmetic = "float32"
    """How it computes."""
    batches: bool = False
    """Whether it takes more than one image at a time."""
    most_gmacs: float | None = None
    """For slow runtimes: of the large pictures only the photo is checked, and only if it needs at
    most this many billions of multiply-accumulates. The card lists what was left out."""


@dataclass(frozen=True, kw_only=True)
class Unavailable:
    """A runtime that cannot check a model here."""

    name: str
    """The runtime and its backend, or several of them."""
    reason: str
    """Why not."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """The result of one runtime on one picture."""

    runtime: str
    """The runtime and its backend."""
    picture: str
    """The check picture, with its (height)x(width)."""
    max_error: float
    """Largest absolute difference to PyTorch, for values in [0, 1]; infinite for a wrong size."""
    tolerance: float
    """Largest difference allowed."""
    place: str
    """Position of the largest difference, or what is wrong with the size."""

    @property
    def good(self) -> bool:
        """Whether the difference is within the tolerance; a NaN never is."""
        return self.max_error <= self.tolerance


def check_runtime(runtime: Runtime, network: Network, reference: Enlarge) -> Iterator[Agreement]:
    """Compare a runtime with the reference on every check picture, in batches, and in tiles.

    Args:
        runtime: The runtime to check.
        network: Has scale, margin and alignment: a margin that is too small shows at tile borders.
        reference: The PyTorch network.

    Yields:
        One result per picture. A picture on which the runtime fails is a disagreement.
    """
    pictures = check_pictures() | (check_batches() if runtime.batches else {})
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


def compare(
    runtime: str,
    picture: str,
    reference: NDArray[np.float32],
    output: NDArray[np.float32],
    tolerance: float,
) -> Agreement:
    """Find the largest difference between two outputs, (batch, 3, height, width)."""
    if output.shape != reference.shape:
        error, place = float("inf"), f"the output is {output.shape}, not {reference.shape}"
    else:
        # A NaN counts as infinitely wrong: comparisons with it are false, and would hide it.
        errors = np.nan_to_num(np.abs(output - reference), nan=np.inf)
        image, channel, y, x = np.unravel_index(errors.argmax(), errors.shape)
        error = float(errors.max())
        place = f"y={y} x={x} channel={CHANNELS[channel]}"
        place += f" of image {image}" if len(errors) > 1 else ""
    return Agreement(
        runtime=runtime, picture=picture, max_error=error, tolerance=tolerance, place=place
    )


def require_agreement(name: str, results: Sequence[Agreement]) -> None:
    """Require every result to be good.

    Raises:
        AgreementError: At least one is not, or nothing was checked. The sentence gives the position
            and size of the worst error.
    """
    if not results:
        raise AgreementError(f"{name}: no runtime could check it, so it was not written")
    failures = describe_failures(results)
    if failures:
        raise AgreementError(f"{name} differs from PyTorch in {failures}")


def describe_failures(results: Sequence[Agreement]) -> str:
    """Count the failed checks and describe the worst; empty if all passed."""
    failed = [result for result in results if not result.good]
    if not failed:
        return ""
    worst = max(failed, key=lambda result: result.max_error / result.tolerance)
    return (
        f"{len(failed)} of {len(results)} checks; worst: {worst.runtime}, {worst.picture}: "
        f"error {worst.max_error:.2e} at {worst.place}, allowed {worst.tolerance:.2e}"
    )


def worst_by_runtime(results: Sequence[Agreement]) -> list[tuple[Agreement, int]]:
    """Find each runtime's largest error and number of checks, in the order of the checks."""
    names = dict.fromkeys(result.runtime for result in results)
    grouped = [[result for result in results if result.runtime == name] for name in names]
    return [(max(group, key=lambda result: result.max_error), len(group)) for group in grouped]


def agreement_table(results: Sequence[Agreement]) -> Table:
    """Tabulate each runtime's number of checks and largest error."""
    table = Table("runtime", "checks", "largest error", "allowed", "on")
    for worst, count in worst_by_runtime(results):
        table.add_row(
            worst.runtime,
            str(count),
            f"{worst.max_error:.1e}",
            f"{worst.tolerance:.1e}",
            worst.picture,
            style=None if worst.good else "red",
        )
    return table
