"""Read the chunks of a PNG, and leave out those that no picture depends on.

A browser shows a PNG whatever is wrong with its texts: it never looks at them, and it skips an
ancillary chunk whose checksum is wrong. Pillow refuses such files, so it never sees those chunks.

Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025, sections 5.3,
5.4 and 13.2.
"""

from __future__ import annotations

import bisect
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO

from pixels.stills.png_rows import SIGNATURE

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# Ancillary by their names, but an animation is not whole without them.
_FRAMES = (b"acTL", b"fcTL", b"fdAT")
_PART_BYTES = 1 << 20


@dataclass(frozen=True)
class PngChunk:
    """Where one chunk lies in a file."""

    name: bytes
    """Its four letters."""
    start: int
    """Where its length begins."""
    length: int
    """Bytes of its body."""

    @property
    def body(self) -> slice:
        """Where its body lies."""
        return slice(self.start + 8, self.start + 8 + self.length)

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.start + 12 + self.length

    @property
    def ancillary(self) -> bool:
        """Whether a picture can be shown without it: its first letter is small."""
        return bool(self.name[0] & 0x20)


def chunks_of(file: BinaryIO) -> Iterator[PngChunk]:
    """List the chunks of a PNG up to its end or to where it is damaged; the last may be cut off."""
    size = file.seek(0, io.SEEK_END)
    at = len(SIGNATURE)
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        found = PngChunk(head[4:], at, int.from_bytes(head[:4], "big"))
        if not found.name.isalpha():
            return
        yield found
        if found.name == b"IEND":
            return
        at = found.end


def can_be_left_out(file: BinaryIO, chunk: PngChunk) -> bool:
    """Whether a browser shows the picture without this chunk: a text, or one with a wrong CRC."""
    if not chunk.ancillary or chunk.name in _FRAMES:
        return False
    return chunk.name in _TEXTS or not _is_whole(file, chunk)


def without_texts(file: BinaryIO) -> BinaryIO:
    """Give a PNG without the chunks that no picture depends on; the file itself if it has none.

    Args:
        file: An open PNG.

    Returns:
        A file to read from; nothing of it is copied into memory.
    """
    spans, start, size = [], 0, file.seek(0, io.SEEK_END)
    for chunk in chunks_of(file):
        if can_be_left_out(file, chunk):
            spans.append((start, chunk.start))
            start = min(chunk.end, size)
    file.seek(0)
    if not spans:
        return file
    spans.append((start, size))
    return io.BufferedReader(_Spliced(file, spans))


def _is_whole(file: BinaryIO, chunk: PngChunk) -> bool:
    """Whether the chunk's checksum is right."""
    file.seek(chunk.start + 8)
    check, rest = zlib.crc32(chunk.name), chunk.length
    while rest:
        part = file.read(min(rest, _PART_BYTES))
        if not part:
            return False
        check, rest = zlib.crc32(part, check), rest - len(part)
    return check == int.from_bytes(file.read(4), "big")


class _Spliced(io.RawIOBase):
    """Some parts of a file, read as if they were all of it."""

    def __init__(self, file: BinaryIO, spans: list[tuple[int, int]]) -> None:
        self._file, self._spans, self._at = file, spans, 0
        self._ends = list(accumulate(end - start for start, end in spans))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._ends[-1]}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        number = bisect.bisect_right(self._ends, self._at)
        if number == len(self._ends):
            return 0
        left = self._ends[number] - self._at
        self._file.seek(self._spans[number][1] - left)
        part = self._file.read(min(left, len(view)))
        view[: len(part)] = part
        self._at += len(part)
        return len(part)
