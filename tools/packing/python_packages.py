"""The sdist and the wheel, built so that the same tree gives the same bytes."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from plumbing.command import UserError
from plumbing.disk import whole_file

_ORDINARY_UMASK = 0o022  # modes are written into the wheel


def build_sdist(tree: Path, out: Path, epoch: int) -> Path:
    """Build the sdist of a tree, with one time for all files and without owners.

    Args:
        tree: A checkout with the page's built scripts.
        out: Folder to write to.
        epoch: That time, in seconds since 1970.

    Raises:
        UserError: It failed.
    """
    sdist = _built("build_sdist", tree, out, epoch)
    packed = io.BytesIO()
    with (
        tarfile.open(sdist) as before,
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=epoch) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as after,
    ):
        for member in sorted(before.getmembers(), key=lambda member: member.name):
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, epoch
            plain.mode = 0o755 if member.isdir() else 0o644
            after.addfile(plain, before.extractfile(member) if member.isfile() else None)
    with whole_file(sdist) as temporary:
        temporary.write_bytes(packed.getvalue())
    return sdist


def build_wheel(sdist: Path, out: Path, epoch: int) -> Path:
    """Build the wheel of an sdist.

    Args:
        sdist: The sdist.
        out: Folder to write to.
        epoch: The time of all files, in seconds since 1970.

    Raises:
        UserError: It failed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        with tarfile.open(sdist) as archive:
            archive.extractall(temporary, filter="data")
        (source,) = Path(temporary).iterdir()
        return _built("build_wheel", source, out, epoch)


def _built(hook: str, source: Path, out: Path, epoch: int) -> Path:
    """Call a hook of the build system, in a process of its own, and return what it wrote.

    Raises:
        UserError: It failed.
    """
    program = f"import sys; from setuptools import build_meta; build_meta.{hook}(sys.argv[1])"
    with tempfile.TemporaryDirectory() as temporary:
        process = subprocess.run(
            [sys.executable, "-c", program, temporary],
            cwd=source,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
            umask=_ORDINARY_UMASK if os.name == "posix" else -1,
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode != 0:
            raise UserError(f"{hook} failed: {process.stderr.strip()[-2000:]}")
        (written,) = Path(temporary).iterdir()
        with whole_file(out / written.name) as target:
            shutil.copyfile(written, target)
    return out / written.name
