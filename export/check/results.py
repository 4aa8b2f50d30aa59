"""What checks of an exported model find: differences, whether they are allowed, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from export.check.errors import AgreementError

CHANNELS = "RGB"
_EQUAL = 1e-9
"""What a tolerance of 0, which asks for equality, counts as beside others."""


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
    worst = max(failed, key=lambda result: result.max_error / max(result.tolerance, _EQUAL))
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
