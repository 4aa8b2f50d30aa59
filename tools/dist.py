"""Write what is distributed into dist/: sdist, wheel, npm packages, and the zip for any page.

They are built from the last commit and from web_demo/dist, which `make dist` builds before. The
wheel is built from the sdist. The same commit gives the same bytes: times are those of the commit,
and owners are left out. Beside each file lies its SHA-256.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from plumbing.amounts import in_bytes
from plumbing.command import UserError, run_command
from plumbing.disk import sha256_of, whole_file
from plumbing.paths import DIST, ROOT
from tools.packing.page_zip import build_zip
from tools.packing.python_packages import build_sdist, build_wheel


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
    out = config.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    if _git("status", "--porcelain", "--untracked-files=no"):
        Console(stderr=True).print("note: what is not committed is left out, but for built scripts")
    epoch = int(_git("log", "-1", "--format=%ct").decode())
    with tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary) / "tree"
        checked_out(tree)
        project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        sdist = build_sdist(tree, out, epoch)
        written = [
            sdist,
            build_wheel(sdist, out, epoch),
            build_zip(tree, out, project["version"], epoch),
        ]
        for path in written:
            with whole_file(path.with_name(f"{path.name}.sha256")) as beside:
                beside.write_text(f"{sha256_of(path)}  {path.name}\n", encoding="utf-8")
            Console().print(f"wrote {path}, {in_bytes(path.stat().st_size)}", soft_wrap=True)
        if config.npm:
            script = tree / "web_demo" / "scripts" / "pack.mjs"
            subprocess.run(["node", str(script), "--out", str(out)], check=True)


def checked_out(folder: Path) -> None:
    """Copy the last commit and the built scripts into a new folder."""
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "HEAD"))) as archive:
        archive.extractall(folder, filter="data")
    shutil.copytree(DIST, folder / "web_demo" / "dist")


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


if __name__ == "__main__":
    run_command(DistConfig, main)
