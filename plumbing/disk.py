"""Write a file or a folder completely, or not at all.

A file or folder with its final name is complete: it was written under a temporary name next to it,
flushed to the disk, and renamed. A killed process leaves at most a `.part-*` entry, which readers
ignore and the next writer of the same name removes.
"""

from __future__ import annotations

import csv
import errno
import gzip
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath

from plumbing.names import as_text, fitted

_TEMPORARY = ".part-"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; rename it to `path` if the block succeeds.

    Args:
        path: The file to create or replace. Its folder must exist.

    Yields:
        A path in the same folder with the same suffix.

    Raises:
        OSError: The disk is full or the folder is not writable; `path` is then unchanged.
    """
    temporary = _fresh_temporary(path)
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        _name_final(error, temporary, path)
        raise


@contextmanager
def whole_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a temporary folder to fill; rename it to `path` if the block succeeds.

    Args:
        path: The folder to create, with missing parents.
        replace: Whether an existing folder may be replaced.

    Yields:
        An empty folder next to `path`.

    Raises:
        FileExistsError: `path` exists and `replace` is false.
        NotADirectoryError: `path` is a file, which is never replaced.
    """
    if path.exists() and not replace:
        raise FileExistsError(f"{path} already exists")
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _fresh_temporary(path)
    temporary.mkdir()
    old = path.with_name(fitted(f"{_TEMPORARY}old-{path.name}"))
    try:
        yield temporary
        for file in temporary.rglob("*"):
            _flush(file)
        if old.exists():
            shutil.rmtree(old)
        if path.exists():
            path.rename(old)  # a folder cannot be renamed over one that has something in it
        temporary.rename(path)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if old.exists() and not path.exists():
            old.rename(path)
        _name_final(error, temporary, path)
        raise
    shutil.rmtree(old, ignore_errors=True)
    _flush(path.parent)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a CSV file with a header line, whole or not at all.

    Args:
        path: The file to create or replace.
        columns: Names of the columns, in order.
        rows: A value for each column; names that are not UTF-8 become text.
    """
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in rows:
            written = {
                column: as_text(value) if isinstance(value, str | PurePath) else value
                for column, value in row.items()
            }
            writer.writerow(written)


def gzip_size(content: bytes) -> int:
    """Count the bytes of `content` as a web server sends it: gzip -9."""
    return len(gzip.compress(content, compresslevel=9, mtime=0))


def sha256_of(path: Path) -> str:
    """Hash a file: 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fresh_temporary(path: Path) -> Path:
    """Name the temporary entry for `path`, and remove one that a killed writer left."""
    temporary = path.with_name(fitted(f"{_TEMPORARY}{path.name}"))
    if temporary.is_dir():
        shutil.rmtree(temporary)
    else:
        temporary.unlink(missing_ok=True)
    return temporary


def _name_final(error: BaseException, temporary: Path, path: Path) -> None:
    """Replace the temporary name in a system error, or a missing one, with the name users know."""
    if isinstance(error, OSError) and str(error.filename or temporary).startswith(str(temporary)):
        error.filename = str(path)


def _flush(path: Path) -> None:
    """Wait until the bytes of a file, or the names in a folder, have reached the disk."""
    if path.is_dir():
        if os.name == "nt":
            return  # Windows cannot open folders; its renames are durable enough for us
        _sync(path, os.O_RDONLY)
        return
    try:
        _sync(path, os.O_RDWR)  # Windows flushes only what was opened for writing
    except PermissionError:  # a copy of a read-only file
        if os.name != "nt":
            _sync(path, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
