"""Files that hold several pictures: count them, and say where only the first one is used."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pixels.stills.opening import opened, page_count
from pixels.stills.sniff import HEIC, PNG, TIFF, kind_of

_HEAD_BYTES = 1 << 16  # in a PNG, large profiles may come before the chunk that says that it moves
_MOVES = 2  # flag of a WebP's VP8X chunk


def pictures_in(path: Path) -> int:
    """Count the pictures that a file shows, pages or frames; 1 if it cannot be read.

    The first bytes of most photos say that they are alone; other files are opened, not decoded.
    """
    try:
        with path.open("rb") as file:
            if not _may_have_several(file.read(_HEAD_BYTES)):
                return 1
            file.seek(0)
            with opened(file) as image:
                return page_count(image)
    except Exception:  # Pillow raises all kinds of errors; whoever decodes the file reports why
        return 1


def with_several(paths: Iterable[Path]) -> dict[Path, int]:
    """Count the pictures in those files that have more than one."""
    counts = {path: pictures_in(path) for path in paths}
    return {path: count for path, count in counts.items() if count > 1}


def first_of(count: int) -> str:
    """Say that one of a file's pictures is used."""
    return f"only the first of its {count} pages or frames is used"


def _may_have_several(head: bytes) -> bool:
    kind = kind_of(head)
    if kind is PNG:
        return b"acTL" in head
    if head[:4] == b"RIFF":
        return head[12:16] == b"VP8X" and bool(head[20:21]) and bool(head[20] & _MOVES)
    return kind in (TIFF, HEIC) or head[:4] == b"GIF8" or b"avis" in head[:64]
