"""No export is left on disk unless it agrees with the PyTorch network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from skimage import data

from pixels.command import UserError
from pixels.resize import resize
from pixels.tiling import Enlarge, enlarge_in_tiles

# Largest error allowed anywhere, for values in [0, 1]. A step of an 8-bit pixel is 3.9e-3.
# float32 sums in another order differ by a few 1e-7 a layer; 2e-5 holds for deep teachers and is
# a two-hundredth of a step.
FLOAT32_TOLERANCE = 2e-5
# On a GPU the browser may compute with 16-bit floats (10 bits of mantissa): one step is allowed.
GPU_TOLERANCE = 1.0 / 255.0

_SIZES = ((1, 1), (3, 2), (37, 53))
_PHOTO_SIZE = (96, 128)


class AgreementError(UserError):
    """An exported network gives other pixels than the PyTorch network."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How one runtime did on one picture."""

    runtime: str
    """The runtime and its backend."""
    picture: str
    """What was enlarged, with its (height)x(width)."""
    max_error: float
    """Largest absolute difference to PyTorch, for values in [0, 1]; infinite for a wrong size."""
    tolerance: float
    """What was allowed."""
    place: str
    """Where the largest difference is, or what is wrong with the size."""

    @property
    def good(self) -> bool:
        """Whether the difference is within the tolerance; a NaN never is."""
        return self.max_error <= self.tolerance


@lru_cache(maxsize=1)
def check_pictures() -> dict[str, NDArray[np.float32]]:
    """Make the pictures that exports are checked on.

    Flat grey shows a wrong border, noise shows everything else, odd sizes show a wrong shape, and
    a photo shows what users will see.

    Returns:
        (1, 3, height, width) in [0, 1] by name.
    """
    rng = np.random.default_rng(0)
    pictures = {}
    for height, width in _SIZES:
        size = f"{height}x{width}"
        pictures[f"flat {size}"] = np.full((1, 3, height, width), 0.5, np.float32)
        pictures[f"noise {size}"] = rng.random((1, 3, height, width), dtype=np.float32)
    photo = resize(np.ascontiguousarray(data.astronaut()[:384]), _PHOTO_SIZE)
    name = f"photo {_PHOTO_SIZE[0]}x{_PHOTO_SIZE[1]}"
    pictures[name] = photo.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0)
    return pictures


def check_runtime(
    runtime: str, run: Enlarge, reference: Enlarge, *, scale: int, margin_px: int, tolerance: float
) -> Iterator[Agreement]:
    """Compare a runtime with the reference on every check picture, and on a photo in tiles.

    Args:
        runtime: Its name, for the report.
        run: The exported network.
        reference: The PyTorch network.
        scale: How many times larger the output is.
        margin_px: The network's receptive-field radius: too small a one shows at tile borders.
        tolerance: Largest absolute difference allowed.

    Yields:
        One result per picture.
    """
    for name, picture in check_pictures().items():
        yield compare(runtime, name, reference(picture), run(picture), tolerance)
    size = tuple(max(side, 2 * margin_px + 40) for side in _PHOTO_SIZE)
    photo = resize(np.ascontiguousarray(data.astronaut()), (size[0], size[1]))
    whole = reference(photo.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0))
    tile = 2 * margin_px + 24
    pieces = enlarge_in_tiles(run, photo, scale=scale, tile=tile, margin=margin_px)
    joined = np.full_like(whole, np.nan)
    for row, column, piece in pieces:
        rows = slice(scale * row.keep_start, scale * row.keep_end)
        columns = slice(scale * column.keep_start, scale * column.keep_end)
        joined[0, :, rows, columns] = piece
    name = f"photo {size[0]}x{size[1]} in {tile} px tiles"
    yield compare(runtime, name, whole, joined, tolerance)


def compare(
    runtime: str,
    picture: str,
    reference: NDArray[np.float32],
    output: NDArray[np.float32],
    tolerance: float,
) -> Agreement:
    """Find the largest difference between two outputs, (1, 3, height, width)."""
    if output.shape != reference.shape:
        error, place = float("inf"), f"the output is {output.shape}, not {reference.shape}"
    else:
        # A NaN is as wrong as can be, and must not hide in comparisons that it makes false.
        errors = np.nan_to_num(np.abs(output - reference), nan=np.inf)
        _, channel, y, x = np.unravel_index(errors.argmax(), errors.shape)
        error = float(errors.max())
        place = f"y={y} x={x} channel={'RGB'[channel]}"
    return Agreement(
        runtime=runtime, picture=picture, max_error=error, tolerance=tolerance, place=place
    )


def require_agreement(name: str, results: Sequence[Agreement]) -> None:
    """Insist that every result is good.

    Raises:
        AgreementError: At least one is not, or nothing was checked. The sentence has the place and
            size of the worst.
    """
    if not results:
        raise AgreementError(f"{name}: no runtime could check it, so it was not written")
    bad = [result for result in results if not result.good]
    if bad:
        worst = max(bad, key=lambda result: result.max_error / result.tolerance)
        raise AgreementError(
            f"{name} differs from PyTorch in {len(bad)} of {len(results)} checks and was not "
            f"written; worst: {worst.runtime}, {worst.picture}: error {worst.max_error:.2e} at "
            f"{worst.place}, allowed {worst.tolerance:.2e}"
        )


def worst_by_runtime(results: Sequence[Agreement]) -> list[Agreement]:
    """Keep each runtime's largest error, in the order of the checks."""
    names = dict.fromkeys(result.runtime for result in results)
    return [
        max((result for result in results if result.runtime == name), key=lambda r: r.max_error)
        for name in names
    ]


def agreement_table(results: Sequence[Agreement]) -> Table:
    """Draw up each runtime's number of checks and largest error."""
    table = Table("runtime", "checks", "largest error", "allowed", "on")
    for worst in worst_by_runtime(results):
        count = sum(result.runtime == worst.runtime for result in results)
        table.add_row(
            worst.runtime,
            str(count),
            f"{worst.max_error:.1e}",
            f"{worst.tolerance:.1e}",
            worst.picture,
            style=None if worst.good else "red",
        )
    return table
