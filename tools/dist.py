"""Write what is distributed into dist/: the sdist, the wheel, and the npm packages.

They are built from the last commit and from web_demo/dist, which `make dist` builds before. The
wheel is built from the sdist. The same commit gives the same bytes: times are those of the commit,
and owners are left out. Beside each file lies its SHA-256.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from plumbing.amounts import in_bytes
from plumbing.command import UserError, run_command
from plumbing.disk import sha256_of, whole_file
from plumbing.paths import DIST, ROOT, WEB_DEMO


@dataclass(frozen=True, kw_only=True)
class DistConfig:
    """Settings of `python -m tools.dist`."""

    out: Path = ROOT / "dist"
    """Folder to write."""
    npm: bool = True
    """Pack the npm packages as well, which needs Node.js."""


def main(config: DistConfig) -> None:
    """Build everything, and print what was written."""
    if not (DIST / "half-size.js").is_file():
        raise UserError(f"{DIST} holds no scripts: build them with `make web`")
    config.out.mkdir(parents=True, exist_ok=True)
    epoch = int(_git("log", "-1", "--format=%ct").decode())
    with tempfile.TemporaryDirectory() as temporary:
        tree, unpacked = Path(temporary) / "tree", Path(temporary) / "unpacked"
        checked_out(tree)
        sdist = build_sdist(tree, config.out, epoch)
        with tarfile.open(sdist) as archive:
            archive.extractall(unpacked, filter="data")
        (source,) = unpacked.iterdir()
        wheel = build_wheel(source, config.out, epoch)
    for path in (sdist, wheel):
        with whole_file(path.with_name(f"{path.name}.sha256")) as temporary_file:
            temporary_file.write_text(f"{sha256_of(path)}  {path.name}\n", encoding="utf-8")
        Console().print(f"wrote {path}, {in_bytes(path.stat().st_size)}", soft_wrap=True)
    if config.npm:
        script = str(WEB_DEMO / "scripts" / "pack.mjs")
        subprocess.run(["node", script, "--out", str(config.out.resolve())], check=True)


def checked_out(folder: Path) -> None:
    """Copy the last commit and the built scripts into a new folder."""
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "HEAD"))) as archive:
        archive.extractall(folder, filter="data")
    shutil.copytree(DIST, folder / "web_demo" / "dist")


def build_sdist(tree: Path, out: Path, epoch: int) -> Path:
    """Build the sdist of a tree, with the times of the commit and without owners."""
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


def build_wheel(source: Path, out: Path, epoch: int) -> Path:
    """Build the wheel of an unpacked sdist."""
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


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


if __name__ == "__main__":
    run_command(DistConfig, main)
