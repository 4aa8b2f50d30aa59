"""What the commands that time pictures require of their flags."""

from __future__ import annotations

from collections.abc import Sequence


def require_runs(sides: Sequence[int], **counts: int) -> None:
    """Require sides of pictures, and numbers of runs or workers, that can be timed.

    Args:
        sides: `--sides`, in pixels.
        **counts: Other flags, by name: each is a number of at least 1.

    Raises:
        ValueError: There is no side, or a number is less than 1.
    """
    if not sides or min(sides) < 1:
        raise ValueError(f"sides must be one or more numbers of at least 1 pixel, got {[*sides]}")
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} must be at least 1, got {count}")
